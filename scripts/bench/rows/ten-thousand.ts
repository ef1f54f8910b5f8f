import { eventually } from '../../../test/environment/eventually.ts';
import { makeCrowd } from '../crowd.ts';
import { sumOf } from '../exposition.ts';
import { atMost, exactly, type Figure, noted, round } from '../figure.ts';
import { makePolicies } from '../policies.ts';
import { memoryMb } from '../processview.ts';
import { whenAllReady } from '../ready.ts';
import type { Row, Run } from '../run.ts';
import { Stage } from '../stage.ts';

/** Policies on a page of a list. */
const PAGE = 100;

/** 10,000 policies from nothing, linearity against a tenth of them, and a restart among them. */
export const tenThousand: Row = {
  name: 'tenthousand',
  async measure(run) {
    const many = run.length === 'quick' ? 1_000 : 10_000;
    const few = many / 10;
    const small = await fromNothing(run, few, async () => []);
    let restarted: readonly Figure[] = [];
    const large = await fromNothing(run, many, async (stage) => {
      restarted = await restart(stage, many);
      return restarted;
    });
    // Without --full the floor is that of a tenth, ten times: the bare loop keeps nothing, so it is linear.
    const floor = run.length === 'full' ? await floorOf(run, many) : (await floorOf(run, few)) * (many / few);
    const what = `${many} from nothing`;
    return [
      noted(`${what}: all Ready after`, `${round(large.ms / 1000)} s`),
      noted(
        `${what}: the floor${run.length === 'full' ? '' : `, ${many / few} times that of ${few}`}`,
        `${round(floor / 1000)} s`,
      ),
      atMost(`${what}, over the floor`, large.ms / floor, 1.2, 'times'),
      noted(
        `${what}: CPU of the operator`,
        `${round(large.cpuMs / 1000)} s (${few}: ${round(small.cpuMs / 1000)} s)`,
      ),
      noted(`${what}: time, ${few} to ${many}`, `${round(large.ms / small.ms)} times`),
      atMost(
        `${what}: CPU of the operator, ${few} to ${many}`,
        large.cpuMs / small.cpuMs,
        many / few,
        'times',
      ),
      noted(`${what}: lists`, String(large.lists)),
      noted(`${what}: RSS of the operator at its peak`, `${round(large.peak)} MB`),
      ...restarted,
    ];
  },
};

async function fromNothing(run: Run, count: number, then: (stage: Stage) => Promise<readonly Figure[]>) {
  const stage = await Stage.open(run.server);
  try {
    const crowd = await makeCrowd(stage, count, 250);
    const { peak } = await memoryMb(crowd.operator.pid);
    run.tell(
      `${count} from nothing: ${round(crowd.ms)} ms, CPU ${round(crowd.cpuMs)} ms, ${crowd.lists} lists`,
    );
    await crowd.operator.end();
    await then(stage);
    return { ms: crowd.ms, cpuMs: crowd.cpuMs, lists: crowd.lists, peak };
  } finally {
    await stage.close();
  }
}

async function floorOf(run: Run, count: number): Promise<number> {
  const score = await run.score();
  const stage = await Stage.open(run.server);
  try {
    await makePolicies(stage.admin, stage.namespace, count);
    const { ms, lists, events } = await stage.playFloor(score);
    run.tell(`floor of ${count}: ${round(ms)} ms, ${lists} lists, ${events} events`);
    return ms;
  } finally {
    await stage.close();
  }
}

/** An operator among `count` policies that are Ready. */
async function restart(stage: Stage, count: number): Promise<readonly Figure[]> {
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
