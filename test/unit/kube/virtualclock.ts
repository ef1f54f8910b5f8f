import type { Clock, Millis } from '../../../src/ports/clock.ts';

interface Timer {
  readonly at: Millis;
  readonly fire: () => void;
}

/** Time that moves only when a test says so. */
export interface VirtualClock extends Clock {
  /** Moves time on and fires what is due, in order. */
  advance(by: Millis): void;
  /** Delays of the timers that wait, shortest first. */
  delays(): readonly Millis[];
}

export function createVirtualClock(): VirtualClock {
  let now = 1_000_000;
  const timers = new Set<Timer>();
  const sorted = (): Timer[] => [...timers].sort((left, right) => left.at - right.at);
  return {
    now: () => now,
    monotonic: () => now,
    after(delay, fire) {
      const timer = { at: now + delay, fire };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(by) {
      const until = now + by;
      for (let next = sorted()[0]; next !== undefined && next.at <= until; next = sorted()[0]) {
        timers.delete(next);
        now = Math.max(now, next.at);
        next.fire();
      }
      now = until;
    },
    delays: () => sorted().map((timer) => timer.at - now),
  };
}
