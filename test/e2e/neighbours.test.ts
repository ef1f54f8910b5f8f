/** What one tenant does to another one of the same operator. */
import { expect, test } from 'vitest';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { ApiRefusal, type Manifest } from '../environment/admin.ts';
import type { KubeRequest } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { describeTiers } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const SPEC: SecurityPolicySpec = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
/** What the API server takes and the operator cannot resolve. */
const BAD: SecurityPolicySpec = { ...SPEC, providerConfigRef: { kind: 'ProviderConfig', name: 'nowhere' } };
const FLOOD = 2_000;
/** Requests of the tests on their way at once. */
const PARALLEL = 50;
/** Edits before the neighbour comes, and those after which the flood ends although it was not served. */
const HEAD_START = 100;
const EDITS = 20_000;
const WITHIN_MS = 120_000;

/** The lists of the resync would count as calls, and a stopped process loses its lease. */
const FLAGS = { resync: '60s', 'visibility-window': '2s', 'leader-elect': false } as const;

/** A namespace beside the world's own, which is the quiet neighbour's. */
async function openSecond(world: World): Promise<string> {
  const name = `${world.namespace}-loud`;
  await world.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

function inNamespace(namespace: string, object: Manifest): Manifest {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Creates bad objects, many at once; one that is turned away for want of room is sent again. */
async function flood(world: World, namespace: string): Promise<void> {
  let next = 0;
  const send = async (): Promise<void> => {
    for (let n = next++; n < FLOOD; n = next++) {
      const bad = inNamespace(namespace, world.policy(`bad-${n}`, BAD));
      await eventually(() => world.admin.create(bad).catch(unlessBusy), { within: WITHIN_MS });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, send));
}

function unlessBusy(failure: unknown): void {
  if (!(failure instanceof ApiRefusal && failure.code === 409)) throw failure;
}

const isStatusWrite = ({ resource, subresource, code }: KubeRequest) =>
  resource === 'securitypolicies' && subresource === 'status' && code === 200;

/** How many status writes of a namespace came before the last one of an object. */
async function writesBefore(world: World, namespace: string, name: string): Promise<number> {
  const writes = (await world.cluster.requests(namespace)).filter(isStatusWrite);
  const last = writes.findLastIndex((one) => one.namespace === world.namespace && one.name === name);
  expect(last).toBeGreaterThanOrEqual(0);
  return writes.slice(0, last).filter((one) => one.namespace === namespace).length;
}

describeTiers(
  'neighbours',
  (tier) => {
    test('two thousand bad objects hold nobody else up, and cost no call of the cloud (S20)', {
      timeout: 4 * WITHIN_MS,
    }, async () => {
      const world = await tier.open();
      const loud = await openSecond(world);
      const operator = await world.startOperator({
        flags: { ...FLAGS, namespace: [world.namespace, loud], 'log-level': 'info' },
      });
      await operator.whenLog('Working');
      // Stopped while they are made, so that all of them stand before the neighbour's.
      await operator.kill('SIGSTOP');
      await flood(world, loud);
      await world.apply('first', SPEC);
      await operator.kill('SIGCONT');
      await world.whenReady('first', WITHIN_MS);
      const first = await writesBefore(world, loud, 'first');
      const applied = performance.now();
      await world.apply('second', SPEC);
      await world.whenReady('second', WITHIN_MS);
      const took = Math.round(performance.now() - applied);
      const second = await writesBefore(world, loud, 'second');
      console.log(
        `[${tier.name}] ready after ${first} of ${FLOOD} writes for bad objects; then within ${took} ms, after ${second}`,
      );
      // In order of arrival it would be all of them.
      expect(first).toBeLessThan(FLOOD / 8);
      expect(second).toBeLessThan(FLOOD);
      await eventually(
        async () =>
          expect((await world.cluster.requests(loud)).filter(isStatusWrite).length).toBeGreaterThan(FLOOD),
        { within: WITHIN_MS },
      );
      const calls = world.alb.ledger.entries().map(({ action }) => action);
      expect(calls.filter((action) => !/^(List|Get)/.test(action))).toEqual(
        Array(2).fill('CreateSecurityPolicy'),
      );
      expect(calls.length).toBeLessThan(30);
    });

    test('a tenant who edits one object without a pause holds nobody else up (S20)', {
      timeout: 2 * WITHIN_MS,
    }, async () => {
      const world = await tier.open();
      const loud = await openSecond(world);
      await world.startOperator({
        flags: { ...FLAGS, namespace: [world.namespace, loud], 'log-level': 'info' },
      });
      await world.admin.create(inNamespace(loud, world.policy('restless', SPEC)));
      const restless = { kind: 'SecurityPolicy', name: 'restless', namespace: loud };
      const begun = performance.now();
      let edits = 0;
      let quiet: Promise<{ readonly took: number; readonly after: number }> | undefined;
      let ready = false;
      // The flood goes on until the neighbour is Ready: only one that is never served sees the end of it.
      while (!ready && edits < EDITS) {
        const ciphers = [edits % 2 === 0 ? 'AES128-SHA' : 'ECDHE-RSA-AES128-GCM-SHA256'];
        await world.admin.patch(restless, { spec: { ciphers } });
        edits += 1;
        if (edits === HEAD_START) {
          quiet = watchQuiet(world, () => edits).finally(() => {
            ready = true;
          });
        }
      }
      const rate = Math.round(edits / ((performance.now() - begun) / 1_000));
      const { took, after } = (await quiet) ?? { took: 0, after: EDITS };
      console.log(`[${tier.name}] ready within ${took} ms, at edit ${after} of ${EDITS}, ${rate} a second`);
      expect(after).toBeLessThan(EDITS);
      // The restless one is served too, at the latest when it rests.
      await eventually(() => expect(world.alb.ledger.commits('CreateSecurityPolicy')).toHaveLength(2), {
        within: WITHIN_MS,
      });
    });
  },
  { server: 'own' },
);

/** Applies the neighbour's object and tells how long it took, and how many edits there were by then. */
async function watchQuiet(world: World, edits: () => number) {
  const applied = performance.now();
  await world.apply('quiet', SPEC);
  await world.whenReady('quiet', WITHIN_MS);
  return { took: Math.round(performance.now() - applied), after: edits() };
}
