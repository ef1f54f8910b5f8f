/**
 * How long a provider of keys waits: for one answer, and between two failures.
 * @module
 */
import type { Clock, Millis } from '../../../ports/clock.ts';

/**
 * The outcome of `work`, or of `otherwise` when it is late or rejects. *Guarantees*: never rejects; settles within
 * `limit`. What comes late is dropped.
 */
export function settleWithin<T>(
  clock: Clock,
  limit: Millis,
  work: () => Promise<T>,
  otherwise: (why: 'late' | 'rejected') => T,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const cancel = clock.after(limit, () => resolve(otherwise('late')));
  (async () => resolve(await work()))().catch(() => resolve(otherwise('rejected')));
  return promise.finally(cancel);
}

/** The wait after the `failures`-th failure in a row: `first`, doubled each time, at most `longest`. */
export function pauseAfter(failures: number, first: Millis, longest: Millis): Millis {
  return Math.min(longest, first * 2 ** Math.max(0, failures - 1));
}
