import { eventually } from '../../test/environment/eventually.ts';
import type { Operator } from '../../test/environment/operator.ts';
import { sumOf } from './exposition.ts';
import { makePolicies } from './policies.ts';
import { cpuMs } from './processview.ts';
import type { Stage } from './stage.ts';

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
  let looked = 0;
  const probe = async () => {
    const now = performance.now();
    if (now - looked < every) throw new Error('Not yet');
    looked = now;
    const ready = sumOf((await operator.get('/metrics')).text, 'albsp_policies', { ready: 'True' });
    if (ready < count) throw new Error(`${ready} of ${count} policies are Ready`);
  };
  await eventually(probe, { within: WITHIN_MS, what: 'A crowd that is Ready' });
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
