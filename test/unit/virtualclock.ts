import { setImmediate as realImmediate } from 'node:timers';
import type { Clock, Millis } from '../../src/ports/clock.ts';

interface Timer {
  readonly due: Millis;
  readonly number: number;
  readonly fire: () => void;
}

/** 2026-01-01T00:00:00Z, where virtual wall time starts unless told otherwise. */
const START = Date.UTC(2026, 0, 1);

/**
 * A clock that moves only when the test says so. Monotonic time starts at 1,000 ms, so that code which takes
 * 0 for "never" is found out.
 */
export class VirtualClock implements Clock {
  #monotonic: Millis = 1_000;
  #wallOffset: Millis;
  #timers: Timer[] = [];
  #made = 0;

  constructor(startWallMs: Millis = START) {
    this.#wallOffset = startWallMs - this.#monotonic;
  }

  now(): Millis {
    return this.#monotonic + this.#wallOffset;
  }

  monotonic(): Millis {
    return this.#monotonic;
  }

  after(delay: Millis, fire: () => void): () => void {
    const timer = { due: this.#monotonic + Math.max(0, delay), number: this.#made++, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /**
   * Moves both clocks on by `ms` and fires the timers that come due, in order of due time, then of setting.
   * Promises settle before the first timer, between any two and after the last one.
   */
  async advance(ms: Millis): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#monotonic = Math.max(this.#monotonic, next.due);
      const { fire, number } = next;
      this.#timers = this.#timers.filter((timer) => timer.number !== number);
      fire();
      await this.settle();
    }
    this.#monotonic = Math.max(this.#monotonic, end);
    await this.settle();
  }

  /** Lets all promises settle that need no time: one turn of the real event loop. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      realImmediate(() => resolve());
    });
  }

  /** Moves both clocks on without firing a timer, as for a process that was frozen; `advance(0)` wakes it. */
  freeze(ms: Millis): void {
    this.#monotonic += ms;
  }

  /** Steps the wall clock; monotonic time and timers are untouched. */
  setWall(ms: Millis): void {
    this.#wallOffset = ms - this.#monotonic;
  }

  #next(end: Millis): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > end) continue;
      if (first === undefined || timer.due < first.due) first = timer;
    }
    return first;
  }
}
