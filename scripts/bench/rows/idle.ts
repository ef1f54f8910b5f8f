import { setTimeout as sleep } from 'node:timers/promises';
import { sumOf } from '../exposition.ts';
import { atMost, exactly, type Figure, round } from '../figure.ts';
import { makePolicies } from '../policies.ts';
import { cpuMs } from '../processview.ts';
import { whenAllReady } from '../ready.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';

const COUNT = 50;
/** Time between two comparisons, in milliseconds. */
const RESYNC = 10_000;
/** Lists that are closer together than this belong to one comparison. */
const APART = 1_000;
/** Rest before the measurement, so that what the start leaves behind is not counted. */
const CALM = 5_000;

/** 50 policies at rest, with a lease; then drift outside, each time right after a comparison. */
export const idle: Row = {
  name: 'idle',
  async measure({ server, length }) {
    const stage = await Stage.open(server);
    try {
      const watcher = await stage.watch();
      await makePolicies(stage.admin, stage.namespace, COUNT);
      const operator = await stage.startOperator({ resync: `${RESYNC}ms`, 'leader-elect': true });
      await whenAllReady(operator, COUNT, 60_000);
      await sleep(CALM);
      const metrics = async () => (await operator.get('/metrics')).text;
      const before = { cpu: 0, since: await stage.cloud.last(), text: await metrics() };
      before.cpu = await cpuMs(operator.pid);
      const begun = performance.now();
      await sleep((length === 'quick' ? 3 : 6) * RESYNC);
      const cpu = (await cpuMs(operator.pid)) - before.cpu;
      const percent = (cpu / (performance.now() - begun)) * 100;
      const calls = await stage.cloud.requests(before.since);
      const text = await metrics();
      const writes = writesIn(text) - writesIn(before.text);
      return [
        atMost(`idle, ${COUNT} policies: cloud calls an interval`, largestGroup(calls), 1, ''),
        exactly(`idle, ${COUNT} policies: writes other than the lease's`, writes, 0),
        atMost(`idle, ${COUNT} policies, resync 10 s: CPU of one core`, percent, 0.2, '%'),
        ...(await drift(stage, watcher, length === 'quick' ? 1 : 3)),
      ];
    } finally {
      await stage.close();
    }
  },
};

/** Kubernetes writes that the operator made, but those of its lease. */
function writesIn(text: string): number {
  const all = (labels: Readonly<Record<string, string>>) => sumOf(text, 'albsp_kube_requests_total', labels);
  return ['create', 'update', 'patch', 'delete'].reduce(
    (sum, verb) => sum + all({ verb }) - all({ verb, resource: 'leases' }),
    0,
  );
}

/** The most calls of one interval. */
function largestGroup(calls: readonly { readonly at: number }[]): number {
  let largest = 0;
  let group = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const { at } of calls) {
    group = at - last < APART ? group + 1 : 1;
    last = at;
    largest = Math.max(largest, group);
  }
  return largest;
}

/** Renames a policy in the cloud right after a list, the worst moment, and waits until it is put right. */
async function drift(
  stage: Stage,
  watcher: Awaited<ReturnType<Stage['watch']>>,
  times: number,
): Promise<readonly Figure[]> {
  const noticed: number[] = [];
  const lists: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const name = `policy-0000${time}`;
    const id = String(watcher.versions(name).at(-1)?.object.status?.securityPolicyId);
    await newRequest(stage, await stage.cloud.last());
    const since = await stage.cloud.last();
    const begun = Date.now();
    await stage.cloud.rename(id, `drifted-${time}`);
    await newRequest(stage, since);
    const calls = await whenUpdated(stage, since);
    const before = calls.slice(
      0,
      calls.findIndex(({ action }) => action === 'UpdateSecurityPolicyAttribute'),
    );
    noticed.push((before[0]?.at ?? Number.NaN) - begun);
    lists.push(before.length);
    // Until the looks that follow an update are over, so that the next call is a comparison again.
    await sleep(CALM);
  }
  const worst = Math.max(...noticed) / RESYNC;
  return [
    atMost(
      `drift outside noticed, in intervals (worst of ${times}, begun right after a comparison)`,
      worst,
      1,
      '',
    ),
    atMost(
      `drift outside noticed, cloud calls (worst of ${times}: ${lists.map(round).join(', ')})`,
      Math.max(...lists),
      1,
      '',
    ),
  ];
}

/** Waits for a request after the number `since`. */
async function newRequest(stage: Stage, since: number): Promise<void> {
  while ((await stage.cloud.last()) === since) await sleep(20);
}

/** The requests after `since`, once there is an update among them. */
async function whenUpdated(stage: Stage, since: number) {
  for (;;) {
    const calls = await stage.cloud.requests(since);
    if (calls.some(({ action }) => action === 'UpdateSecurityPolicyAttribute')) return calls;
    await sleep(20);
  }
}
