import type { Operator } from '../../test/environment/operator.ts';
import { round } from './figure.ts';
import { makePolicies } from './policies.ts';
import { cpuMs } from './processview.ts';
import { whenAllReady } from './ready.ts';
import type { Run } from './run.ts';
import { Stage } from './stage.ts';

/** How long a crowd may take, in milliseconds. */
const WITHIN_MS = 1_800_000;

/** What an operator did with policies that all waited for it. Times in milliseconds. */
export interface Crowd {
  readonly ms: number;
  readonly cpuMs: number;
  readonly creates: number;
  readonly lists: number;
  readonly operator: Operator;
}

/**
 * Makes `count` policies, starts an operator whose rate limits are lifted, and takes the time from the end of its start
 * until its own metric counts all as Ready, which is looked at each `every` milliseconds.
 */
export async function makeCrowd(stage: Stage, count: number, every: number): Promise<Crowd> {
  await makePolicies(stage.admin, stage.namespace, count);
  const since = await stage.cloud.last();
  const operator = await stage.startOperator({ resync: '1h' }, ['lifted']);
  await operator.whenLog('Working');
  const begun = performance.now();
  const cpuBefore = await cpuMs(operator.pid);
  await whenAllReady(operator, count, WITHIN_MS, every);
  const ms = performance.now() - begun;
  if (!operator.output.includes('bench: rate limits lifted'))
    throw new Error('The rate limits of the operator were not lifted: its bundle has no such constant');
  const counts = await stage.cloud.counts(since);
  return {
    ms,
    cpuMs: (await cpuMs(operator.pid)) - cpuBefore,
    creates: counts.get('CreateSecurityPolicy') ?? 0,
    lists: counts.get('ListSecurityPolicies') ?? 0,
    operator,
  };
}

/** The time that a bare loop takes for as many policies, in milliseconds; the cloud answers `latency` late. */
export async function floorOf(run: Run, count: number, latency: number): Promise<number> {
  const score = await run.score();
  const stage = await Stage.open(run.server, latency);
  try {
    await makePolicies(stage.admin, stage.namespace, count);
    const { ms, lists, events } = await stage.playFloor(score);
    run.tell(`floor of ${count}: ${round(ms)} ms, ${lists} lists, ${events} events`);
    return ms;
  } finally {
    await stage.close();
  }
}
