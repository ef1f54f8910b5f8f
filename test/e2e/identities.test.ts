/** By whose credentials a policy is looked after: provider configs of both kinds, and what goes wrong with them. */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { eventually, steadily } from '../environment/eventually.ts';
import {
  type ConfigRef,
  FIRST,
  messageOf,
  namesIn,
  openAccounts,
  SECOND,
  using,
  WHOLE,
  writesSince,
} from '../environment/identities.ts';
import { describeTiers } from '../environment/tiers.ts';

const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const EDITED: SecurityPolicySpec = { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] };
const OWN = '1000000000000001';
const WITHIN_MS = 40_000;
/** For what an event brings about, not a timer. */
const AT_ONCE_MS = 5_000;

describeTiers(
  'provider configs',
  (tier) => {
    test('two accounts and the own one stand side by side, each with its policy (I3)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const wide = await accounts.clusterWideWith('wide', accounts.key(FIRST), { region: 'cn-beijing' });
      const tenant = await accounts.tenantWith('tenant', accounts.key(SECOND));
      await world.startOperator({ flags: WHOLE });
      await world.apply('own', SPEC);
      await world.apply('wide', using(wide, SPEC));
      await world.apply('tenant', using(tenant, SPEC));
      const [own, first, second] = await Promise.all(
        ['own', 'wide', 'tenant'].map((name) => world.whenReady(name, WITHIN_MS)),
      );
      expect([own, first, second].map((one) => one?.status.target.accountId)).toEqual([OWN, FIRST, SECOND]);
      expect([own, first, second].map((one) => one?.status.target.region)).toEqual([
        'cn-hangzhou',
        'cn-beijing',
        'cn-hangzhou',
      ]);
      for (const [account, name] of [
        [OWN, 'own'],
        [FIRST, 'wide'],
        [SECOND, 'tenant'],
      ] as const)
        expect(namesIn(world, account)).toEqual([name]);
      for (const [ref, account] of [
        [wide, FIRST],
        [tenant, SECOND],
      ] as const) {
        const { status } = await accounts.when(accounts.reference(ref), { status: 'True' });
        expect(status).toMatchObject({ accountId: account, arn: `acs:ram::${account}:user/albsp` });
      }
      for (const name of ['own', 'wide', 'tenant']) {
        await world.delete(name);
        await world.whenGone(name, WITHIN_MS);
      }
      expect(world.alb.model.live()).toEqual([]);
    });

    test('what is wrong with a config or its Secret is told, and each recovers when mended (A13)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const key = accounts.key(FIRST);
      const flaws = {
        absent: undefined,
        keyless: { accessKeyId: key.id },
        empty: { accessKeyId: key.id, accessKeySecret: '' },
        wrapped: {
          accessKeyId: key.id,
          accessKeySecret: `${key.secret.slice(0, 9)}\n${key.secret.slice(9)}`,
        },
      };
      const names = Object.keys(flaws);
      await accounts.allow([...names, 'nowhere']);
      for (const [name, values] of Object.entries(flaws)) {
        if (values !== undefined) await accounts.put(name, values);
        await accounts.tenant(name, { secretRef: { name } });
      }
      await world.startOperator({ flags: WHOLE });
      for (const name of [...names, 'nowhere'])
        await world.apply(name, using({ kind: 'ProviderConfig', name }, SPEC));
      for (const [name, reason, text] of [
        ['nowhere', 'ProviderConfigNotFound', 'ProviderConfig "nowhere" does not exist'],
        ['absent', 'SecretNotFound', 'does not exist'],
        ['keyless', 'SecretNotFound', 'has no key "accessKeySecret"'],
        ['empty', 'CredentialsInvalid', 'has an empty value at key "accessKeySecret"'],
        ['wrapped', 'CredentialsInvalid', 'key "accessKeySecret" of Secret'],
      ] as const) {
        const expected = { type: 'CredentialsReady', status: 'False', reason } as const;
        expect(messageOf(await world.whenCondition(name, expected, WITHIN_MS), 'CredentialsReady')).toContain(
          text,
        );
        if (name !== 'nowhere')
          await accounts.when(accounts.reference({ kind: 'ProviderConfig', name }), {
            status: 'False',
            reason,
          });
      }
      expect(world.alb.model.live()).toEqual([]);
      for (const name of [...names, 'nowhere']) await accounts.put(name, key);
      await accounts.tenant('nowhere', { secretRef: { name: 'nowhere' } });
      for (const name of [...names, 'nowhere']) await world.whenReady(name, WITHIN_MS);
    });

    test('a newline at the end of a key works and is said in the log (A13)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const key = accounts.key(FIRST);
      const ref = await accounts.tenantWith('keys', key);
      await accounts.put('keys', { accessKeyId: `${key.id}\n`, accessKeySecret: key.secret });
      const operator = await world.startOperator();
      await world.apply('web', using(ref, SPEC));
      await world.whenReady('web', WITHIN_MS);
      const said = operator.lines.filter(
        ({ msg }) => msg === 'White space around a value of a Secret was dropped',
      );
      expect(said).toMatchObject([{ key: 'accessKeyId' }]);
    });

    test('a config that changes, goes and comes re-queues its dependents at once and no others (E9)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const closed = { allowedNamespaces: { matchLabels: { tier: 'nobody' } } };
      const ref = await accounts.clusterWideWith('one', accounts.key(FIRST), closed);
      const other = await accounts.clusterWideWith('other', accounts.key(SECOND), closed);
      const lonely = await accounts.clusterWideWith('lonely', accounts.key(SECOND));
      const operator = await world.startOperator({ flags: { ...WHOLE, resync: '600s' } });
      const passes = async () => {
        const { text } = await operator.get('/metrics');
        const counts = [...text.matchAll(/^albsp_reconcile_total\{[^}]*\} (\d+)/gm)].map(([, count]) =>
          Number(count),
        );
        return counts.reduce((sum, count) => sum + count, 0);
      };
      await world.apply('one', using(ref, SPEC));
      await world.apply('other', using(other, SPEC));
      const refused = { type: 'Ready', status: 'False', reason: 'NamespaceNotAllowed' } as const;
      for (const name of ['one', 'other']) await world.whenCondition(name, refused);
      await accounts.when(accounts.reference(lonely), { status: 'True' });
      await steadily(async () => void (await passes()), { during: 500 });
      const before = await passes();
      const untouched = (await world.get('other')).metadata.resourceVersion;
      await accounts.edit(lonely, { region: 'cn-beijing' });
      await accounts.when(accounts.reference(lonely), { status: 'True' });
      await steadily(async () => expect(await passes()).toBe(before), { during: 1_000 });
      await accounts.edit(ref, { allowedNamespaces: { matchLabels: null } });
      await world.whenReady('one', AT_ONCE_MS);
      expect((await world.get('other')).metadata.resourceVersion).toBe(untouched);
      const manifest = await world.admin.get(accounts.reference(ref));
      await world.admin.delete(accounts.reference(ref));
      const gone = { type: 'CredentialsReady', status: 'False', reason: 'ProviderConfigNotFound' } as const;
      await world.whenCondition('one', gone, AT_ONCE_MS);
      expect(namesIn(world, FIRST)).toEqual(['one']);
      await world.admin.create({
        apiVersion: manifest.apiVersion,
        kind: manifest.kind,
        metadata: { name: ref.name },
        spec: manifest.spec,
      });
      await world.whenCondition('one', { type: 'CredentialsReady', status: 'True' }, AT_ONCE_MS);
      await world.whenReady('one', AT_ONCE_MS);
      expect(world.alb.ledger.commits('CreateSecurityPolicy')).toHaveLength(1);
    });

    test('a rotated Secret is noticed when the old keys are refused (E9)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const old = accounts.key(FIRST);
      const ref = await accounts.tenantWith('keys', old);
      await world.startOperator();
      await world.apply('web', using(ref, SPEC));
      const { status } = await world.whenReady('web', WITHIN_MS);
      world.alb.model.keys.remove(old.id);
      await accounts.put('keys', accounts.key(FIRST));
      await world.apply('web', using(ref, EDITED));
      const ready = await world.whenReady('web', WITHIN_MS);
      expect(ready.status.securityPolicyId).toBe(status.securityPolicyId);
      expect(world.alb.model.live(FIRST)).toMatchObject([{ ciphers: EDITED.ciphers }]);
    });

    test('a config whose keys the cloud refuses in a pass says so at once, and when they work again (A13, E9)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const key = accounts.key(FIRST);
      const ref = await accounts.tenantWith('keys', key);
      const config = accounts.reference(ref);
      await world.startOperator();
      await world.apply('web', using(ref, SPEC));
      await world.whenReady('web', WITHIN_MS);
      await accounts.when(config, { status: 'True' });
      world.alb.model.keys.remove(key.id);
      await world.apply('web', using(ref, EDITED));
      const reason = 'CredentialsInvalid';
      await accounts.when(config, { status: 'False', reason }, AT_ONCE_MS);
      await accounts.when(config, { type: 'Stalled', status: 'True', reason }, AT_ONCE_MS);
      await accounts.put('keys', accounts.key(FIRST));
      const { status } = await accounts.when(config, { status: 'True' }, WITHIN_MS);
      expect(status.conditions).toHaveLength(1);
      await world.whenReady('web', WITHIN_MS);
    });

    test('a Secret that becomes another account halts its objects, and they go on when it is back (I1)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const old = accounts.key(FIRST);
      const ref = await accounts.tenantWith('keys', old);
      await world.startOperator();
      await world.apply('web', using(ref, SPEC));
      const { status } = await world.whenReady('web', WITHIN_MS);
      world.alb.model.keys.remove(old.id);
      await accounts.put('keys', accounts.key(SECOND));
      const since = world.alb.ledger.last;
      await world.apply('web', using(ref, EDITED));
      const expected = { type: 'CredentialsReady', status: 'False', reason: 'AccountChanged' } as const;
      const halted = await world.whenCondition('web', expected, WITHIN_MS);
      expect(messageOf(halted, 'CredentialsReady')).toContain(`account "${SECOND}"`);
      expect(halted.status).toMatchObject({
        securityPolicyId: status.securityPolicyId,
        target: { accountId: FIRST },
      });
      await eventually(
        async () => {
          const { status: now } = await accounts.when(accounts.reference(ref), { status: 'True' });
          expect(now.accountId).toBe(SECOND);
        },
        { within: AT_ONCE_MS },
      );
      expect(writesSince(world, since)).toEqual([]);
      world.alb.model.keys.add(old);
      await accounts.put('keys', old);
      // The keys of the other account still work, so the Secret would be read again within five minutes only.
      await accounts.edit(ref, { region: 'cn-hangzhou' });
      await world.whenReady('web', WITHIN_MS);
      expect(world.alb.model.live()).toMatchObject([
        { id: status.securityPolicyId, ciphers: EDITED.ciphers },
      ]);
    });

    test('a Secret that becomes another account with a create unanswered makes no second policy (I1)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const old = accounts.key(FIRST);
      const ref = await accounts.tenantWith('keys', old);
      const action = 'CreateSecurityPolicy';
      const rule = world.alb.faults.add({ action, fault: { kind: 'hold', at: 'after' } });
      await world.startOperator();
      await world.apply('web', using(ref, SPEC));
      await world.alb.faults.whenHeld(rule);
      world.alb.model.keys.remove(old.id);
      await accounts.put('keys', accounts.key(SECOND));
      world.alb.faults.release(rule, 'drop');
      const expected = { type: 'CredentialsReady', status: 'False', reason: 'AccountChanged' } as const;
      const halted = await world.whenCondition('web', expected, WITHIN_MS);
      expect(halted.status.pendingCreate).toBeDefined();
      expect(namesIn(world, SECOND)).toEqual([]);
      world.alb.model.keys.add(old);
      await accounts.put('keys', old);
      await accounts.edit(ref, { region: 'cn-hangzhou' });
      await world.whenReady('web', WITHIN_MS);
      expect(namesIn(world, FIRST)).toEqual(['web']);
      expect(world.alb.ledger.commits(action)).toHaveLength(1);
      expect(world.alb.model.live(SECOND)).toEqual([]);
    });

    test('an STS that cannot be reached stops changes and calls nothing lost (I1)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const ref = await accounts.tenantWith('keys', accounts.key(FIRST));
      const first = await world.startOperator();
      await world.apply('web', using(ref, SPEC));
      const { status } = await world.whenReady('web', WITHIN_MS);
      await first.kill('SIGTERM');
      await first.whenExited();
      const rule = world.alb.faults.add({
        action: 'GetCallerIdentity',
        times: 10_000,
        fault: { kind: 'refuse', status: 503, code: 'ServiceUnavailable' },
      });
      const since = world.alb.ledger.last;
      await world.startOperator();
      await world.apply('web', using(ref, EDITED));
      const expected = { type: 'CredentialsReady', status: 'Unknown', reason: 'CloudUnavailable' } as const;
      const unknown = await world.whenCondition('web', expected, WITHIN_MS);
      expect(unknown.status.securityPolicyId).toBe(status.securityPolicyId);
      await accounts.when(accounts.reference(ref), { status: 'Unknown', reason: 'CloudUnavailable' });
      expect(writesSince(world, since)).toEqual([]);
      world.alb.faults.remove(rule);
      const ready = await world.whenReady('web', WITHIN_MS);
      expect(ready.status.securityPolicyId).toBe(status.securityPolicyId);
      expect(world.alb.model.live(FIRST)).toMatchObject([{ ciphers: EDITED.ciphers }]);
    });

    test('20 tenants whose keys rotate each sign with their own (S6, O10)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const tenants = Array.from({ length: 20 }, (_, index) => {
        const account = String(4_000_000_000_000_000 + index);
        return { name: `tenant-${index}`, account, key: accounts.key(account) };
      });
      await accounts.allow(tenants.map(({ name }) => name));
      for (const { name, key } of tenants) {
        await accounts.put(name, key);
        await accounts.tenant(name, { secretRef: { name } });
      }
      const operator = await world.startOperator();
      const refOf = (name: string): ConfigRef => ({ kind: 'ProviderConfig', name });
      for (const { name } of tenants) await world.apply(name, using(refOf(name), SPEC));
      for (const { name } of tenants) await world.whenReady(name, WITHIN_MS);
      for (const { name, account, key } of tenants) {
        world.alb.model.keys.remove(key.id);
        await accounts.put(name, accounts.key(account));
        await world.apply(name, using(refOf(name), EDITED));
      }
      for (const { name, account } of tenants) {
        const ready = await world.whenReady(name, 60_000);
        expect(ready.status.target.accountId).toBe(account);
        expect(world.alb.model.live(account)).toMatchObject([
          { name, ciphers: EDITED.ciphers, tags: { [OWNER_TAGS.uid]: ready.metadata.uid } },
        ]);
      }
      const commits = world.alb.ledger.commits();
      expect(commits.filter(({ action }) => action === 'CreateSecurityPolicy')).toHaveLength(20);
      expect(new Set(commits.map(({ account }) => account))).toEqual(
        new Set(tenants.map((one) => one.account)),
      );
      expect(world.alb.ledger.entries().filter(({ code }) => code?.startsWith('Signature') === true)).toEqual(
        [],
      );
      const { text } = await operator.get('/metrics');
      for (const { key } of tenants) expect(text.includes(key.id) || text.includes(key.secret)).toBe(false);
    });
  },
  { server: 'suite' },
);
