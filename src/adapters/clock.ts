import type { Clock, Millis } from '../ports/clock.ts';

/** The longest delay that setTimeout takes; it fires a longer one after 1 ms. */
const LONGEST: Millis = 2 ** 31 - 1;

/** The clock of this machine. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delay, fire) => {
    const due = performance.now() + delay;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      // setTimeout counts whole milliseconds and may be up to one early: ask again rather than fire before time.
      const left = due - performance.now();
      if (left <= 0) fire();
      else timer = setTimeout(wait, Math.min(LONGEST, Math.ceil(left))).unref();
    };
    timer = setTimeout(wait, Math.min(LONGEST, Math.ceil(Math.max(0, delay)))).unref();
    return () => clearTimeout(timer);
  },
};
