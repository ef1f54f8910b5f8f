/** Credentials that nobody stores, and none at all: rrsa, the role of the node, `--credentials none`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { steadily } from '../environment/eventually.ts';
import { messageOf, namesIn, openAccounts, using, writesSince } from '../environment/identities.ts';
import { describeTiers } from '../environment/tiers.ts';

const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const OWN = '1000000000000001';
const FIRST = '2000000000000002';
const SECOND = '3000000000000003';
/** The whole cluster: what is cluster-wide is only watched then. */
const WHOLE = { namespace: null };
const WITHIN_MS = 40_000;

describeTiers(
  'credentials without a stored key',
  (tier) => {
    const provider = (account: string) => `acs:ram::${account}:oidc-provider/ack-rrsa-c1`;
    const role = (account: string) => `acs:ram::${account}:role/albsp`;

    test('rrsa works for the operator and for a config, and a token that is mended is read anew', async () => {
      const { world, accounts } = await openAccounts(tier);
      const folder = await mkdtemp(join(tmpdir(), 'albsp-token-'));
      world.onClose(() => rm(folder, { recursive: true }));
      const file = join(folder, 'token');
      const token = `canaryHead.${world.namespace}.canarySignature`;
      await writeFile(file, `${token}.expired`);
      const ref = await accounts.clusterWide('rrsa', {
        credentials: { rrsa: { roleArn: role(SECOND), oidcProviderArn: provider(SECOND) } },
      });
      const operator = await world.startOperator({
        flags: { ...WHOLE, credentials: 'rrsa' },
        env: {
          ALIBABA_CLOUD_OIDC_TOKEN_FILE: file,
          ALIBABA_CLOUD_ROLE_ARN: role(FIRST),
          ALIBABA_CLOUD_OIDC_PROVIDER_ARN: provider(FIRST),
        },
      });
      await world.apply('own', SPEC);
      await world.apply('theirs', using(ref, SPEC));
      const expected = { type: 'CredentialsReady', status: 'False', reason: 'TokenExchangeFailed' } as const;
      for (const name of ['own', 'theirs']) await world.whenCondition(name, expected, WITHIN_MS);
      // The keys in the environment would have worked: nothing fell through to them.
      expect(world.alb.model.live()).toEqual([]);
      await writeFile(file, token);
      for (const name of ['own', 'theirs']) await world.whenReady(name, WITHIN_MS);
      expect([namesIn(world, FIRST), namesIn(world, SECOND)]).toEqual([['own'], ['theirs']]);
      const { status } = await accounts.when(accounts.reference(ref), { status: 'True' });
      expect(status.arn).toBe(`acs:ram::${SECOND}:assumed-role/albsp/albsp`);
      expect(operator.output.includes(token)).toBe(false);
      expect(operator.output).not.toMatch(/CAIS\w{20}|STS\.\w{10}/);
    });

    test('ecs-ram-role works for the operator and for a config, and a role that the node has not is told', async () => {
      const { world, accounts } = await openAccounts(tier);
      const ref = await accounts.clusterWide('node', {
        credentials: { ecsRamRole: { roleName: 'node-role' } },
      });
      const other = await accounts.clusterWide('other', {
        credentials: { ecsRamRole: { roleName: 'other' } },
      });
      const operator = await world.startOperator({
        flags: { ...WHOLE, credentials: 'ecs-ram-role', 'metadata-endpoint': world.alb.url },
        env: { ALIBABA_CLOUD_ACCESS_KEY_ID: '', ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' },
      });
      await world.apply('own', SPEC);
      await world.apply('theirs', using(ref, SPEC));
      await world.apply('other', using(other, SPEC));
      for (const name of ['own', 'theirs']) await world.whenReady(name, WITHIN_MS);
      const expected = { type: 'CredentialsReady', status: 'False', reason: 'CredentialsInvalid' } as const;
      const told = await world.whenCondition('other', expected, WITHIN_MS);
      expect(messageOf(told, 'CredentialsReady')).toContain('The node has no RAM role "other"');
      expect(namesIn(world, OWN).toSorted()).toEqual(['own', 'theirs']);
      expect(operator.output).not.toMatch(/CAIS\w{20}|STS\.\w{10}/);
    });

    test('none asks each object for a config, and reaches no other keys', async () => {
      const { world, accounts } = await openAccounts(tier);
      const ref = await accounts.tenantWith('keys', accounts.key(FIRST));
      await world.startOperator({ flags: { credentials: 'none', 'metadata-endpoint': world.alb.url } });
      await world.apply('own', SPEC);
      await world.apply('theirs', using(ref, SPEC));
      await world.whenReady('theirs', WITHIN_MS);
      const expected = { type: 'CredentialsReady', status: 'False', reason: 'CredentialsInvalid' } as const;
      const told = await world.whenCondition('own', expected, WITHIN_MS);
      expect(messageOf(told, 'CredentialsReady')).toContain('each object must name a provider config');
      expect(world.alb.model.live().map(({ name }) => name)).toEqual(['theirs']);
    });

    test('a config whose Secret is missing falls through to no other keys, of the process or of the node', async () => {
      const { world, accounts } = await openAccounts(tier);
      const asked = world.alb.faults.add({
        action: 'MetadataToken',
        nth: 1_000_000,
        fault: { kind: 'reset', at: 'before' },
      });
      const secretRef = { namespace: world.namespace, name: 'missing' };
      await accounts.allow(['missing']);
      const ref = await accounts.clusterWide('secret', { credentials: { secretRef } });
      await world.startOperator({ flags: { ...WHOLE, 'metadata-endpoint': world.alb.url } });
      await world.apply('web', using(ref, SPEC));
      const expected = { type: 'CredentialsReady', status: 'False', reason: 'SecretNotFound' } as const;
      await world.whenCondition('web', expected, WITHIN_MS);
      await steadily(() => expect(world.alb.model.live()).toEqual([]), { during: 1_000 });
      expect(world.alb.faults.list().find(({ name }) => name === asked)?.seen).toBe(0);
      expect(writesSince(world, 0)).toEqual([]);
    });
  },
  { server: 'suite' },
);
