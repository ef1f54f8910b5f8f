import type { Clock, Millis } from '../ports/clock.ts';

/** How late the event loop has been lately. */
export interface LoopLag {
  /** The longest delay within the window, including one that is going on. */
  worst(): Millis;
  stop(): void;
}

/** A tick a second costs next to nothing, and a loop that is blocked for less is no concern of a liveness probe. */
const TICK: Millis = 1_000;
/** Ticks that `worst` looks back: half a minute, more than the usual period of a probe and of a scrape. */
const WINDOW = 30;

/** Measures by how much a timer is late. Its ticks do not keep the process alive. */
export function startLoopLag(clock: Clock): LoopLag {
  const lags: Millis[] = [];
  let due = 0;
  let cancel: () => void = () => {};
  const late = (): Millis => Math.max(0, clock.monotonic() - due);
  const schedule = (): void => {
    due = clock.monotonic() + TICK;
    cancel = clock.after(TICK, () => {
      lags.push(late());
      if (lags.length > WINDOW) lags.shift();
      schedule();
    });
  };
  schedule();
  return { worst: () => Math.max(0, late(), ...lags), stop: () => cancel() };
}
