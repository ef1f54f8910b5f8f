import { Admin } from '../../../test/environment/admin.ts';
import { eventually } from '../../../test/environment/eventually.ts';
import { sumOf } from '../exposition.ts';
import { atMost, exactly, type Figure, noted, round } from '../figure.ts';
import { Floor } from '../floor.ts';
import { memoryMb } from '../processview.ts';
import { whenAllReady } from '../ready.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';

/** Policies on a page of a list. */
const PAGE = 100;

/** An operator that starts among 10,000 policies that are Ready. The floor makes them, with as few writes as it can. */
export const restart: Row = {
  name: 'restart',
  async measure(run) {
    const count = run.length === 'quick' ? 1_000 : 10_000;
    const score = await run.score();
    const stage = await Stage.open(run.server);
    const admin = await Admin.of(run.server.adminKubeconfig);
    const floor = new Floor({ admin, score, cloudUrl: stage.cloud.url, keys: stage.keys });
    try {
      await floor.seed(stage.namespace, count);
      return await measured(stage, count);
    } finally {
      await floor.close();
      await admin.close();
      await stage.close();
    }
  },
};

async function measured(stage: Stage, count: number): Promise<readonly Figure[]> {
  const since = await stage.cloud.last();
  const begun = performance.now();
  const operator = await stage.startOperator({ resync: '30s' }, ['blocks']);
  // From here on: what comes before is the loading of the program, when there is nobody to keep waiting yet.
  await operator.whenLog('Serving health and metrics');
  await operator.kill('SIGUSR2');
  await operator.whenLog('Working');
  const synced = performance.now() - begun;
  const passes = async () => sumOf((await operator.get('/metrics')).text, 'albsp_reconcile_total');
  await eventually(
    async () => {
      if ((await passes()) < count) throw new Error('Not all are checked');
    },
    { within: 120_000, what: 'All policies checked' },
  );
  const checked = performance.now() - begun;
  const lists = (await stage.cloud.counts(since)).get('ListSecurityPolicies') ?? 0;
  // One comparison of everything belongs to the life of a restarted operator.
  await eventually(
    async () => {
      const counts = await stage.cloud.counts(since);
      if ((counts.get('ListSecurityPolicies') ?? 0) < lists + Math.ceil(count / PAGE))
        throw new Error('No comparison yet');
    },
    { within: 60_000, what: 'The first comparison' },
  );
  await whenAllReady(operator, count, 10_000);
  const { now, peak } = await memoryMb(operator.pid);
  await operator.kill('SIGUSR2');
  const told = () => operator.lines.filter(({ msg }) => msg === 'bench: blocked');
  await operator.whenLog(() => told().length === 2);
  const blocked = Number(told().at(-1)?.blockedMs);
  const { text } = await operator.get('/metrics');
  const lag = sumOf(text, 'albsp_event_loop_lag_seconds') * 1000;
  const writes = ['create', 'update', 'patch'].reduce(
    (sum, verb) => sum + sumOf(text, 'albsp_kube_requests_total', { verb }),
    0,
  );
  const what = `${count} Ready, restart`;
  return [
    atMost(`${what}: RSS at its peak`, peak, 110, 'MB'),
    noted(`${what}: RSS after the first comparison`, `${round(now)} MB`),
    atMost(`${what}: longest block of the event loop`, blocked, 100, 'ms'),
    noted(`${what}: the same by its metric`, `${round(lag)} ms`),
    atMost(`${what}: start to synced`, synced / 1000, 2, 's'),
    noted(`${what}: start to all checked`, `${round(checked / 1000)} s`),
    atMost(`${what}: lists until all are checked`, lists, Math.ceil(count / PAGE), ''),
    exactly(`${what}: Kubernetes writes`, writes, 0),
  ];
}
