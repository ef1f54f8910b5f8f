/**
 * Looks at single policies, up to 20 ids in one list: it costs N simultaneous creates about N/20 lists, not N.
 * @module
 */
import type { Clock, Millis } from '../../ports/clock.ts';
import type { CloudPolicy, CloudResult } from '../../ports/cloud.ts';

/** Reads the policies of 1 to 20 ids. */
export type ReadIds = (ids: readonly string[]) => Promise<CloudResult<readonly CloudPolicy[]>>;

/** Looks at a policy by a list that is sent after the call. Never used as a snapshot: it says nothing of others. */
export type Sight = (id: string) => Promise<CloudResult<CloudPolicy | undefined>>;

/** ListSecurityPolicies, SecurityPolicyIds: 1 to 20 (API page). */
const MOST_IDS = 20;

/** How long the first id of a batch waits for others in a burst of creates: 20 ids at 80 creates a second. */
export const GATHERING: Millis = 250;
/**
 * How many times as long it waits while the burst goes on: 20 ids at 40 creates a second, and well within the second
 * after which the id is written without its sighting.
 */
const LONGEST = 2;

type Waiter = (result: CloudResult<CloudPolicy | undefined>) => void;

/**
 * Gathers ids. A batch goes when it has 20 ids, at once when nobody else is about to come (`expectsMore`),
 * else after `gathering`, or twice that while the burst goes on.
 */
export function createSight(
  readIds: ReadIds,
  clock: Clock,
  options: { readonly gathering: Millis; readonly expectsMore: () => boolean },
): Sight {
  let batch = new Map<string, Waiter[]>();
  let cancel: (() => void) | undefined;

  function flush(): void {
    cancel?.();
    cancel = undefined;
    const mine = batch;
    if (mine.size === 0) return;
    batch = new Map();
    void readIds([...mine.keys()]).then((result) => {
      const found = new Map(result.kind === 'ok' ? result.value.map((policy) => [policy.id, policy]) : []);
      for (const [id, waiters] of mine) {
        const answer = result.kind === 'ok' ? { kind: 'ok' as const, value: found.get(id) } : result;
        for (const waiter of waiters) waiter(answer);
      }
    });
  }

  function wait(turns: number): void {
    cancel = clock.after(options.gathering, () => {
      if (turns > 1 && options.expectsMore()) wait(turns - 1);
      else flush();
    });
  }

  return (id) =>
    new Promise((resolve) => {
      const waiters = batch.get(id);
      if (waiters !== undefined) {
        waiters.push(resolve);
        return;
      }
      batch.set(id, [resolve]);
      if (batch.size >= MOST_IDS) flush();
      // A microtask later, so that callers of this same turn still share it.
      else if (!options.expectsMore()) queueMicrotask(flush);
      else if (cancel === undefined) wait(LONGEST);
    });
}
