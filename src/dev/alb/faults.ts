import type { Millis } from '../../ports/clock.ts';
import type { Json } from './outcome.ts';
import type { Parameters } from './parameters.ts';

/** On which side of the commit a fault strikes. */
export type Side = 'before' | 'after';

/**
 * What goes wrong with one request. Where a kind has no `at`, it strikes before anything is done, but for those whose
 * answer has to be made first (`truncated`, `oversized`, `duplicate`, `drip`).
 * - `refuse`: an error in the API's form.
 * - `reset`: the connection is reset. `hang`: no answer, ever.
 * - `hold`: no answer until the rule is released; then as usual.
 * - `slow`: as usual, but `delay` later.
 * - `html`: a page of a proxy instead of JSON.
 * - `truncated`: `json` is a whole answer with half the text, `length` one cut off below its Content-Length.
 * - `oversized`: a good answer with `bytes` of padding in front.
 * - `drip`: a good answer, one byte each `every`.
 * - `duplicate`: delivered twice; the client sees the answer of the first or second.
 * - `throttle`: refused by rate, telling the wait in one of its known forms.
 * - `body`: any other body.
 * - `redirect`: 302 to another place.
 */
export type Fault =
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly message?: string }
  | { readonly kind: 'reset' | 'hang' | 'hold'; readonly at: Side }
  | { readonly kind: 'slow'; readonly at: Side; readonly delay: Millis }
  | { readonly kind: 'html'; readonly at: Side; readonly status: number }
  | { readonly kind: 'truncated'; readonly form: 'json' | 'length' }
  | { readonly kind: 'oversized'; readonly bytes: number }
  | { readonly kind: 'drip'; readonly every: Millis }
  | { readonly kind: 'duplicate'; readonly answer: 'first' | 'second' }
  | { readonly kind: 'throttle'; readonly form: RetryForm; readonly retryAfter: Millis }
  | { readonly kind: 'body'; readonly at: Side; readonly status: number; readonly body: Json }
  | { readonly kind: 'redirect'; readonly location: string };

/** How a throttled answer says when to come again: `x-acs-retry-after`, `x-ratelimit-user-api`, Retry-After, or not. */
export type RetryForm = 'acs' | 'timeleft' | 'seconds' | 'date' | 'none';

/** Which requests a fault strikes: the `nth` that matches (default 1) and the following, `times` in all (default 1). */
export interface FaultRule {
  /** Undefined: any action. The metadata service's are MetadataToken and MetadataCredentials. */
  readonly action?: string;
  /** Parameters that the request must have with these values. */
  readonly parameters?: Parameters;
  readonly nth?: number;
  readonly times?: number;
  readonly fault: Fault;
}

/** A fault that strikes now, and the rule that it comes from. */
export interface Strike {
  readonly rule: string;
  readonly fault: Fault;
}

/** How a held request goes on: `drop` resets its connection, and before the commit nothing is done. */
export type Release = 'proceed' | 'drop';

interface Held {
  readonly rule: string;
  readonly release: (how: Release) => void;
}

/** The faults in force. */
export class Faults {
  readonly #rules = new Map<string, { readonly rule: FaultRule; seen: number }>();
  readonly #waiting: { readonly rule: string; readonly resolve: () => void }[] = [];
  #held: Held[] = [];
  #made = 0;

  /** Adds a rule; returns its name. Of several that strike at once the oldest does. */
  add(rule: FaultRule): string {
    this.#made += 1;
    const name = `fault-${this.#made}`;
    this.#rules.set(name, { rule, seen: 0 });
    return name;
  }

  /** Takes a rule away; what it holds stays held. */
  remove(name: string): void {
    this.#rules.delete(name);
  }

  /** Takes every rule away and lets go what is held. */
  clear(): void {
    this.#rules.clear();
    this.release(undefined, 'proceed');
  }

  /** The rules with the number of requests that each has matched. */
  list(): readonly { readonly name: string; readonly rule: FaultRule; readonly seen: number }[] {
    return [...this.#rules].map(([name, { rule, seen }]) => ({ name, rule, seen }));
  }

  /** Counts a request and says what strikes it. */
  take(action: string, parameters: Parameters): Strike | undefined {
    let strike: Strike | undefined;
    for (const [name, entry] of this.#rules) {
      const { rule } = entry;
      if (!matches(rule, action, parameters)) continue;
      entry.seen += 1;
      const first = rule.nth ?? 1;
      const struck = entry.seen >= first && entry.seen < first + (rule.times ?? 1);
      if (struck) strike ??= { rule: name, fault: rule.fault };
    }
    return strike;
  }

  /** Holds a request of a rule until it is released. */
  hold(rule: string): Promise<Release> {
    return new Promise((release) => {
      this.#held.push({ rule, release });
      for (const waiter of this.#waiting) if (waiter.rule === rule) waiter.resolve();
    });
  }

  /** Names of the rules whose requests are held now, one for each request. */
  get held(): readonly string[] {
    return this.#held.map(({ rule }) => rule);
  }

  /** Settles as soon as a request of the rule is held. */
  whenHeld(rule: string): Promise<void> {
    if (this.held.includes(rule)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ rule, resolve }));
  }

  /** Lets go what a rule holds, or with undefined everything; returns how many requests. */
  release(rule: string | undefined, how: Release = 'proceed'): number {
    const released = this.#held.filter((held) => rule === undefined || held.rule === rule);
    this.#held = this.#held.filter((held) => !released.includes(held));
    for (const held of released) held.release(how);
    return released.length;
  }
}

function matches(rule: FaultRule, action: string, parameters: Parameters): boolean {
  if (rule.action !== undefined && rule.action !== action) return false;
  return Object.entries(rule.parameters ?? {}).every(([name, value]) => parameters[name] === value);
}
