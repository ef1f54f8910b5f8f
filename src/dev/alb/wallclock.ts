import type { Clock } from '../../ports/clock.ts';

/** The real time, for a stand-in that runs as a program. Timers do not keep the process alive. */
export const WALL_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delay, fire) => {
    const timer = setTimeout(fire, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
