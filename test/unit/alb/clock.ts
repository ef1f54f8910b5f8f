import type { Clock, Millis } from '../../../src/ports/clock.ts';

/** Time that moves only when a test moves it. */
export interface VirtualClock extends Clock {
  /** Lets all promises go on, then moves time by `delay`, firing what falls due on the way. */
  advance(delay: Millis): Promise<void>;
  /** Sets the wall time only, as an administrator would. */
  setWall(now: Millis): void;
}

/** One turn of the event loop: every chain of promises has gone on as far as it can. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that starts at 1000 ms monotonic and 2024-05-20T08:00:00Z. */
export function virtualClock(): VirtualClock {
  let monotonic = 1000;
  let wall = Date.parse('2024-05-20T08:00:00Z') - monotonic;
  const timers = new Set<{ readonly at: Millis; readonly fire: () => void }>();
  return {
    now: () => wall + monotonic,
    monotonic: () => monotonic,
    after(delay, fire) {
      const timer = { at: monotonic + delay, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    setWall: (now) => {
      wall = now - monotonic;
    },
    async advance(delay) {
      const end = monotonic + delay;
      await settle();
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        monotonic = Math.max(monotonic, due.at);
        due.fire();
        await settle();
      }
      monotonic = end;
      await settle();
    },
  };
}
