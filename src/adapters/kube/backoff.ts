import type { Clock, Millis } from '../../ports/clock.ts';

/** First wait; with the three below, client-go's reflector. */
const BASE: Millis = 800;
/** Longest wait before jitter. */
const CAP: Millis = 30_000;
const FACTOR = 2;
/** A wait is longer than its step by up to this part of it, so that a crowd does not come back at once. */
const JITTER = 1;
/** After this long without a failure the waits start again at `BASE`. */
const HEALTHY: Millis = 120_000;

/** Says how long to wait after each failure in a row. */
export interface Backoff {
  next(): Millis;
}

/** Waits of 0.8 s to 30 s, doubled each time, each longer by up to itself; `random` is in [0, 1). */
export function createBackoff(clock: Clock, random: () => number): Backoff {
  let step = BASE;
  let askedAt: Millis | undefined;
  return {
    next() {
      const now = clock.monotonic();
      if (askedAt !== undefined && now - askedAt > HEALTHY) step = BASE;
      askedAt = now;
      const wait = step * (1 + JITTER * random());
      step = Math.min(step * FACTOR, CAP);
      return wait;
    },
  };
}
