/** What a tenant can reach with a config, and what not. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { eventually } from '../environment/eventually.ts';
import {
  FIRST,
  messageOf,
  namesIn,
  openAccounts,
  SECOND,
  secondCloud,
  using,
  WHOLE,
  writesSince,
} from '../environment/identities.ts';
import { describeTiers } from '../environment/tiers.ts';

const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const WITHIN_MS = 40_000;
/** For what an event brings about, not a timer. */
const AT_ONCE_MS = 5_000;

describeTiers(
  'tenants',
  (tier) => {
    test('a namespace that is not allowed is refused, and no Secret is read for it, until it is labelled (S1)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const ref = await accounts.clusterWideWith('keys', accounts.key(FIRST), {
        allowedNamespaces: { matchLabels: { tier: 'prod' } },
      });
      const name = await accounts.namespace('b', { tier: 'dev' });
      await world.startOperator({ flags: { ...WHOLE, resync: '600s' } });
      await accounts.when(accounts.reference(ref), { status: 'True' });
      const reads = await accounts.secretRequests();
      const web = { kind: 'SecurityPolicy', name: 'web', namespace: name };
      await world.admin.create({
        ...world.policy('web', using(ref, SPEC)),
        metadata: { name: 'web', namespace: name },
      });
      const refused = await accounts.when(web, { status: 'False', reason: 'NamespaceNotAllowed' });
      expect(messageOf(refused, 'CredentialsReady')).toContain(`does not select namespace "${name}"`);
      for (const value of ['1', '2', '3']) {
        const annotations = { 'alb.alicloud.dev/reconcile-requested-at': value };
        await world.admin.patch(web, { metadata: { annotations } });
        await eventually(
          async () => expect((await world.admin.get(web)).status.lastHandledReconcileAt).toBe(value),
          { within: WITHIN_MS },
        );
      }
      expect(await accounts.secretRequests()).toEqual(reads);
      expect(reads).toEqual([`get ${world.namespace}/keys`]);
      expect(writesSince(world, 0)).toEqual([]);
      await world.admin.patch({ kind: 'Namespace', name }, { metadata: { labels: { tier: 'prod' } } });
      await accounts.when(web, { status: 'True' }, AT_ONCE_MS);
      expect(namesIn(world, FIRST)).toEqual(['web']);
      await world.admin.patch({ kind: 'Namespace', name }, { metadata: { labels: { tier: 'dev' } } });
      await accounts.when(
        web,
        { type: 'CredentialsReady', status: 'False', reason: 'NamespaceNotAllowed' },
        AT_ONCE_MS,
      );
      expect(namesIn(world, FIRST)).toEqual(['web']);
    });

    test('a tenant that names the config or Secret of another namespace has nothing of it read (S1)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const ref = await accounts.tenantWith('keys', accounts.key(FIRST));
      const name = await accounts.namespace('b');
      await world.admin.create({
        apiVersion: 'alb.alicloud.dev/v1alpha1',
        kind: 'ProviderConfig',
        metadata: { name: 'mine', namespace: name },
        spec: { secretRef: { name: 'keys' } },
      });
      await accounts.allow(['keys'], name);
      await world.startOperator({ flags: WHOLE });
      await accounts.when(accounts.reference(ref), { status: 'True' });
      const before = (await accounts.secretRequests()).filter((one) => one === `get ${world.namespace}/keys`);
      const policy = (of: string, config: string) => ({
        ...world.policy(of, using({ kind: 'ProviderConfig', name: config }, SPEC)),
        metadata: { name: of, namespace: name },
      });
      await world.admin.create(policy('theirs', 'keys'));
      await world.admin.create(policy('mine', 'mine'));
      const reference = (of: string) => ({ kind: 'SecurityPolicy', name: of, namespace: name });
      await accounts.when(reference('theirs'), { status: 'False', reason: 'ProviderConfigNotFound' });
      await accounts.when(reference('mine'), { status: 'False', reason: 'SecretNotFound' });
      const after = await accounts.secretRequests();
      expect(after.filter((one) => one === `get ${world.namespace}/keys`)).toEqual(before);
      expect(after.filter((one) => !one.startsWith('get '))).toEqual([]);
      expect(world.alb.model.live()).toEqual([]);
    });

    test('the endpoint of a config is where its calls go, and a redirect of it is not followed (S3)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const cloud = await secondCloud(world);
      let hits = 0;
      const sink = createServer((_, response) => {
        hits += 1;
        response.end();
      });
      await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
      world.onClose(() => new Promise((resolve) => sink.close(resolve)));
      const location = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/latest/meta-data/`;
      const rule = cloud.faults.add({ times: 10_000, fault: { kind: 'redirect', location } });
      const key = accounts.key(FIRST, cloud);
      const ref = await accounts.clusterWideWith('keys', key, { endpoint: cloud.url });
      await world.startOperator({ flags: WHOLE });
      await world.apply('web', using(ref, SPEC));
      const told = await world.whenCondition('web', { type: 'Ready', status: 'False' }, WITHIN_MS);
      expect(messageOf(told, 'Ready')).toContain('a redirect, which is not followed');
      cloud.faults.remove(rule);
      await world.whenReady('web', WITHIN_MS);
      expect(hits).toBe(0);
      expect(cloud.model.live(FIRST)).toHaveLength(1);
      expect(world.alb.model.live()).toEqual([]);
    });

    test('keys that the cloud refuses word by word stand in no log, event, status or metric (O10)', async () => {
      const { world, accounts } = await openAccounts(tier);
      const good = accounts.key(FIRST);
      const bad = { ...accounts.key(SECOND), id: good.id };
      const ref = await accounts.tenantWith('keys', bad);
      const token = `canary-token-${world.namespace}`;
      await accounts.put('keys', { accessKeyId: good.id, accessKeySecret: bad.secret, securityToken: token });
      const operator = await world.startOperator();
      await world.apply('web', using(ref, SPEC));
      const expected = { type: 'CredentialsReady', status: 'False', reason: 'CredentialsInvalid' } as const;
      const told = await world.whenCondition('web', expected, WITHIN_MS);
      const config = await accounts.when(accounts.reference(ref), {
        status: 'False',
        reason: 'CredentialsInvalid',
      });
      const { text } = await operator.get('/metrics');
      const all = operator.output + text + JSON.stringify([told, config, await world.events('web')]);
      for (const value of [good.id, bad.secret, token]) expect(all.includes(value)).toBe(false);
    });
  },
  { server: 'suite' },
);
