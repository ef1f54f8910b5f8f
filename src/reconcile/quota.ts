import type { Millis } from '../ports/clock.ts';
import type { Key } from '../ports/store.ts';

/** The first and the longest wait between two probes of a full region. */
const FIRST_PROBE: Millis = 5_000;
const LAST_PROBE: Millis = 300_000;
/** How long a key may hold the gate without an answer to its create. */
const HOLD: Millis = 120_000;
/** Creates in a row that must succeed, one at a time, before the gate stands open for all again. */
const CALM = 3;

/**
 * The gate of one account and region: closed by a QuotaExceeded, it lets one object through at a time, when the list
 * counts fewer policies than at the refusal or a probe is due. So a full region costs one refused create now and then,
 * not one for each waiting object, and one freed place draws one create. Times are monotonic.
 */
export class QuotaGate {
  #closedAt: number | undefined;
  #narrow = false;
  #calm = 0;
  #probeAt: Millis = 0;
  #probeWait: Millis = FIRST_PROBE;
  #holder: { key: Key; until: Millis } | undefined;

  /** Whether `key` may announce now; if so, and the gate is not wide open, it holds the gate until it is answered. */
  admits(key: Key, count: number, now: Millis): boolean {
    if (!this.#narrow) return true;
    if (this.#holder !== undefined && this.#holder.until > now) return this.#holder.key === key;
    const freed = this.#closedAt === undefined || count < this.#closedAt;
    if (!freed && now < this.#probeAt) return false;
    this.#holder = { key, until: now + HOLD };
    return true;
  }

  /** A create was refused for quota; `used` is the larger of the list's count and the refusal's. */
  refused(used: number, now: Millis): void {
    // Creates that were sent while the gate stood open are refused together: that is one refusal, and not a probe each.
    const more = this.#narrow && this.#holder === undefined;
    this.#closedAt = used;
    this.#narrow = true;
    this.#calm = 0;
    this.#holder = undefined;
    if (more) return;
    this.#probeAt = now + this.#probeWait;
    this.#probeWait = Math.min(this.#probeWait * 2, LAST_PROBE);
  }

  /** A create of `key` succeeded. */
  succeeded(key: Key): void {
    this.left(key);
    if (!this.#narrow) return;
    this.#closedAt = undefined;
    this.#probeWait = FIRST_PROBE;
    this.#calm += 1;
    if (this.#calm >= CALM) this.#narrow = false;
  }

  /** `key` does not want to create any more, or failed for another reason. */
  left(key: Key): void {
    if (this.#holder?.key === key) this.#holder = undefined;
  }
}

/** The gates of all accounts and regions in use. */
export class QuotaGates {
  readonly #gates = new Map<string, QuotaGate>();

  of(accountId: string, region: string): QuotaGate {
    const name = `${accountId}/${region}`;
    let gate = this.#gates.get(name);
    if (gate === undefined) {
      gate = new QuotaGate();
      this.#gates.set(name, gate);
    }
    return gate;
  }
}
