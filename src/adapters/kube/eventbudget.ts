import type { Clock, Millis } from '../../ports/clock.ts';

/** Bounds the events of each object. */
export interface EventBudget {
  /** Whether the object may have one more event now. */
  take(uid: string): boolean;
}

/** Events at once, as client-go's spam filter allows. */
const BURST = 25;
/** Then one in this time; client-go allows one in 5 minutes, which hides the end of a long story. */
const REFILL: Millis = 12_000;
/** Objects that are remembered; who is forgotten starts with a full budget. */
const OBJECTS = 1024;

/** A token bucket for each of the last 1024 objects. */
export function createEventBudget(clock: Clock): EventBudget {
  const buckets = new Map<string, { readonly left: number; readonly at: Millis }>();
  return {
    take(uid) {
      const now = clock.monotonic();
      const before = buckets.get(uid) ?? { left: BURST, at: now };
      const left = Math.min(BURST, before.left + (now - before.at) / REFILL);
      buckets.delete(uid);
      buckets.set(uid, { left: left >= 1 ? left - 1 : left, at: now });
      const oldest = buckets.keys().next();
      if (buckets.size > OBJECTS && oldest.done !== true) buckets.delete(oldest.value);
      return left >= 1;
    },
  };
}
