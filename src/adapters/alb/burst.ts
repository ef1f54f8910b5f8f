import type { Clock, Millis } from '../../ports/clock.ts';

/** A burst is so many creates, begun within so long: fewer are people at work, and each of them is waiting. */
const MANY = 4;
const TOGETHER: Millis = 250;

/** Tells whether more creates are about to be answered, so that it is worth it to wait and look at all of them at once. */
export interface Burst {
  begun(): void;
  ended(): void;
  goesOn(): boolean;
}

export function createBurst(clock: Clock): Burst {
  let running = 0;
  /** When the last creates were begun, newest last; at most `MANY`. */
  const begun: Millis[] = [];
  return {
    begun() {
      running += 1;
      begun.push(clock.monotonic());
      if (begun.length > MANY) begun.shift();
    },
    ended() {
      running -= 1;
    },
    goesOn() {
      if (running > 0) return true;
      const first = begun.length < MANY ? undefined : begun[0];
      return first !== undefined && clock.monotonic() - first < TOGETHER;
    },
  };
}
