/**
 * Rate limits of the API, kept on this side: one bucket an account, region and API.
 * @module
 */
import type { Clock, Millis } from '../../ports/clock.ts';

/** At most `limit` calls in any `window`, of which `burst` may come at once. `burst` is at least 1 and below `limit`. */
export interface Rate {
  readonly limit: number;
  readonly window: Millis;
  readonly burst: number;
}

/** Rates by action; `unlimited` for benchmarks on a loopback endpoint. */
export type Rates = 'unlimited' | Readonly<Record<string, Rate>>;

/**
 * 200 calls a minute: documented for CreateSecurityPolicy, DeleteSecurityPolicy, TagResources and UnTagResources.
 * A burst of 50 serves a whole region (its quota of custom policies is 50) without a wait.
 */
const WRITE: Rate = { limit: 200, window: 60_000, burst: 50 };
/** 20 calls a second: documented for ListSecurityPolicies. */
const LIST: Rate = { limit: 20, window: 1000, burst: 10 };

/** The documented rates of ALB (its quota pages; they count an account, a region and an API). */
export const DOCUMENTED_RATES: Readonly<Record<string, Rate>> = {
  CreateSecurityPolicy: WRITE,
  DeleteSecurityPolicy: WRITE,
  TagResources: WRITE,
  UnTagResources: WRITE,
  ListSecurityPolicies: LIST,
};

/**
 * For an API whose limit no public text names (UpdateSecurityPolicyAttribute, ListSecurityPolicyRelations,
 * MoveResourceGroup, GetCallerIdentity): the lowest that is documented in the family.
 */
const UNDOCUMENTED: Rate = WRITE;

/** The longest that a call waits for its turn: a worker never sleeps long, the queue does. */
export const LONGEST_WAIT: Millis = 5000;

/** The outcome of waiting for a turn; `throttled` says when there would have been one. */
export type Turn = { readonly kind: 'go' } | { readonly kind: 'throttled'; readonly retryAfter: Millis };

/** A queue for turns that is generic cell rate: one number, the time at which the bucket would be full again. */
export interface Bucket {
  /** Waits for a turn, at most `longest` (5 s by default); a refused caller takes no turn. */
  take(longest?: Millis): Promise<Turn>;
  /** Nobody goes for `delay`; afterwards turns come at the steady rate, without a burst. */
  stop(delay: Millis): void;
}

/** A bucket of this rate, full at first; without a rate only `stop` holds anyone up. */
export function createBucket(rate: Rate | undefined, clock: Clock): Bucket {
  const interval = rate === undefined ? 0 : rate.window / (rate.limit - rate.burst);
  const tolerance = rate === undefined ? 0 : (rate.burst - 1) * interval;
  let full = Number.NEGATIVE_INFINITY;
  let stopped = Number.NEGATIVE_INFINITY;

  const sleep = (delay: Millis): Promise<void> => new Promise((resolve) => clock.after(delay, resolve));

  return {
    async take(longest = LONGEST_WAIT) {
      const start = clock.monotonic();
      for (;;) {
        const now = clock.monotonic();
        const turn = Math.max(now, stopped, full - tolerance);
        if (turn - start > longest) return { kind: 'throttled', retryAfter: Math.ceil(turn - now) };
        full = Math.max(full, turn) + interval;
        if (turn <= now) return { kind: 'go' };
        await sleep(turn - now);
        // A stop that came meanwhile sends everyone back to ask for a new turn.
        if (stopped <= clock.monotonic()) return { kind: 'go' };
      }
    },
    stop(delay) {
      stopped = Math.max(stopped, clock.monotonic() + delay);
      full = Math.max(full, stopped + tolerance);
    },
  };
}

/** The buckets of a process; give the same to every identity, because identities of one account share its limits. */
export interface Buckets {
  of(account: string, region: string, action: string): Bucket;
}

/** Makes buckets as they are asked for; their number is bounded by accounts, regions and the dozen APIs. */
export function createBuckets(clock: Clock, rates: Rates = {}): Buckets {
  const buckets = new Map<string, Bucket>();
  const rateOf = (action: string): Rate | undefined =>
    rates === 'unlimited' ? undefined : (rates[action] ?? DOCUMENTED_RATES[action] ?? UNDOCUMENTED);
  return {
    of(account, region, action) {
      const key = `${account}\n${region}\n${action}`;
      const known = buckets.get(key);
      if (known !== undefined) return known;
      const made = createBucket(rateOf(action), clock);
      buckets.set(key, made);
      return made;
    },
  };
}
