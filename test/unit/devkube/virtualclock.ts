import type { Clock, Millis } from '../../../src/ports/clock.ts';

/** A clock that moves only when told. */
export class VirtualClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<{ readonly at: Millis; readonly fire: () => void }>();

  now(): Millis {
    return this.#now;
  }

  monotonic(): Millis {
    return this.#now;
  }

  after(delay: Millis, fire: () => void): () => void {
    const timer = { at: this.#now + delay, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(by: Millis): void {
    this.#now += by;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.fire();
    }
  }
}
