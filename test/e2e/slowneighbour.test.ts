/** What a tenant whose cloud does not answer does to another one of the same operator. */
import { expect, test } from 'vitest';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { eventually } from '../environment/eventually.ts';
import { openAccounts, secondCloud, using } from '../environment/identities.ts';
import { describeTiers } from '../environment/tiers.ts';

const SPEC: SecurityPolicySpec = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const ACCOUNT = '2000000000000002';
/** More than there are workers, and no more than a region holds. */
const OBJECTS = 40;
/** A call of the cloud that hangs is given up after 10 s; several passes make a policy Ready. */
const AT_ONCE_MS = 5_000;
const WITHIN_MS = 60_000;

describeTiers(
  'a slow neighbour',
  (tier) => {
    test('forty objects with one config whose cloud hangs hold no other namespace up, and all recover (S20)', {
      timeout: 3 * WITHIN_MS,
    }, async () => {
      const { world, accounts } = await openAccounts(tier);
      const cloud = await secondCloud(world);
      const loud = await accounts.namespace('loud');
      const key = accounts.key(ACCOUNT, cloud);
      const ref = await accounts.clusterWideWith('keys', key, { endpoint: cloud.url });
      const rule = cloud.faults.add({ times: 1_000_000, fault: { kind: 'hang', at: 'before' } });
      const operator = await world.startOperator({ flags: { namespace: null, 'visibility-window': '2s' } });
      for (let n = 0; n < OBJECTS; n++) {
        const bad = world.policy(`slow-${n}`, using(ref, SPEC));
        await world.admin.create({ ...bad, metadata: { ...bad.metadata, namespace: loud } });
      }
      const running = async () => {
        const { text } = await operator.get('/metrics');
        return Number(/^albsp_workqueue_running (\d+)/m.exec(text)?.[1]);
      };
      await eventually(async () => expect(await running()).toBeGreaterThanOrEqual(15), { within: WITHIN_MS });
      const applied = performance.now();
      await world.apply('quiet', SPEC);
      await world.whenReady('quiet', AT_ONCE_MS);
      console.log(`[${tier.name}] ready within ${Math.round(performance.now() - applied)} ms`);
      // All of them wait for one answer about their account.
      expect(cloud.ledger.entries().length).toBeLessThan(OBJECTS);
      cloud.faults.remove(rule);
      await eventually(() => expect(cloud.model.live(ACCOUNT)).toHaveLength(OBJECTS), { within: WITHIN_MS });
      const names = cloud.model.live(ACCOUNT).map(({ name }) => name);
      expect(new Set(names).size).toBe(OBJECTS);
    });
  },
  { server: 'suite' },
);
