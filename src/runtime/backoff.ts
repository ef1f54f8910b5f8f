import type { Millis } from '../ports/clock.ts';

/** How long a failing key waits. The defaults are client-go's `DefaultTypedControllerRateLimiter`. */
export interface BackoffOptions {
  /** Wait after the first failure; each further one doubles it. Default 5 ms. */
  readonly base?: Millis;
  /** The longest wait of a key by its own failures. Default 1,000 s. */
  readonly max?: Millis;
  /** Retries a second of all keys together, once `burst` is used up. Default 10. */
  readonly perSecond?: number;
  /** Retries that may come at once. Default 100. */
  readonly burst?: number;
}

/**
 * The longer of two waits: an exponential one of the key, and one of a token bucket that all keys share.
 * A failing key costs a map entry until it is forgotten.
 */
export class Backoff {
  readonly #failures = new Map<string, number>();
  readonly #base: Millis;
  readonly #max: Millis;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #countedAt: Millis | undefined;

  constructor(options: BackoffOptions = {}) {
    this.#base = options.base ?? 5;
    this.#max = options.max ?? 1_000_000;
    this.#perSecond = options.perSecond ?? 10;
    this.#burst = options.burst ?? 100;
    this.#tokens = this.#burst;
  }

  /** Counts a failure of `key` at the monotonic time `now` and says how long to wait. */
  next(key: string, now: Millis): Millis {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const own = Math.min(this.#max, this.#base * 2 ** failures);
    return Math.max(own, this.#reserve(now));
  }

  /** The key's last pass did not fail. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures of `key` since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Takes one token, into debt when there is none; the debt is the wait, as in golang.org/x/time/rate. */
  #reserve(now: Millis): Millis {
    const elapsed = now - (this.#countedAt ?? now);
    this.#countedAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#perSecond) / 1000) - 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / this.#perSecond;
  }
}
