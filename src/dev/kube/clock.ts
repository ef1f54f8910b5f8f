import type { Clock } from '../../ports/clock.ts';

/** The clock of this computer. Its timers do not keep the process alive. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (delay, fire) => {
      const timer = setTimeout(fire, delay);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
