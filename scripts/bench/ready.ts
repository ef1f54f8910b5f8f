import { eventually } from '../../test/environment/eventually.ts';
import type { Operator } from '../../test/environment/operator.ts';
import { sumOf } from './exposition.ts';

/**
 * Waits until the operator's own metric counts `count` policies as Ready; it is read every `every` milliseconds,
 * since reading costs the operator time.
 */
export async function whenAllReady(
  operator: Operator,
  count: number,
  within: number,
  every = 50,
): Promise<void> {
  let looked = Number.NEGATIVE_INFINITY;
  const probe = async () => {
    const now = performance.now();
    if (now - looked < every) throw new Error('Not looked at yet');
    looked = now;
    const ready = sumOf((await operator.get('/metrics')).text, 'albsp_policies', { ready: 'True' });
    if (ready < count) throw new Error(`${ready} of ${count} policies are Ready`);
  };
  await eventually(probe, { within, what: `${count} policies that are Ready` });
}
