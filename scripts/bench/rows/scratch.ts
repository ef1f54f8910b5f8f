import { floorOf, makeCrowd } from '../crowd.ts';
import { atMost, noted, round } from '../figure.ts';
import { memoryMb } from '../processview.ts';
import type { Row, Run } from '../run.ts';
import { Stage } from '../stage.ts';

/** How many, by the length of the run: 10,000 take a real API server on two cores several minutes, twice. */
const MANY = { quick: 1_000, usual: 3_000, full: 10_000 } as const;

/** Thousands of policies from nothing, while the cloud answers at once, and a tenth of them before. */
export const scratch: Row = {
  name: 'scratch',
  async measure(run) {
    const many = MANY[run.length];
    const few = many / 10;
    const small = await fromNothing(run, few);
    const large = await fromNothing(run, many);
    const floor = await floorOf(run, many, 0);
    const what = `${many} from nothing`;
    return [
      noted(`${what}: all Ready after`, `${round(large.ms / 1000)} s`),
      noted(`${what}: the floor`, `${round(floor / 1000)} s`),
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
    ];
  },
};

async function fromNothing(run: Run, count: number) {
  const stage = await Stage.open(run.server);
  try {
    const crowd = await makeCrowd(stage, count, 250);
    const { peak } = await memoryMb(crowd.operator.pid);
    run.tell(
      `${count} from nothing: ${round(crowd.ms)} ms, CPU ${round(crowd.cpuMs)} ms, ${crowd.lists} lists`,
    );
    return { ms: crowd.ms, cpuMs: crowd.cpuMs, lists: crowd.lists, peak };
  } finally {
    await stage.close();
  }
}
