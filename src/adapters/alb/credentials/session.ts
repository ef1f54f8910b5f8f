/**
 * Keys that run out and are fetched again before they do: what RRSA and the role of an ECS instance have in common.
 * @module
 */
import type { Clock, Millis } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { Credential, CredentialResult, Credentials } from '../credentials.ts';
import { sameKeys } from './keys.ts';
import { pauseAfter, settleWithin } from './patience.ts';

/** Keys with a time to live. `life` counts from the moment at which they were received. */
export interface Session {
  readonly credential: Credential;
  readonly life: Millis;
}

/** The answer of a fetch; `message` is masked. `retryAfter` is how long the other side asks to wait. */
export type SessionResult =
  | { readonly kind: 'ok'; readonly session: Session }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly retryAfter?: Millis;
    };

/** What sessions are kept with. */
export interface SessionOptions {
  /** Whose keys these are, for messages and log lines: `the RAM role acs:ram::1:role/x`. */
  readonly subject: string;
  /** Fetches new keys; should have settled by the monotonic time `until`. What comes a second later is dropped. */
  readonly fetch: (until: Millis) => Promise<SessionResult>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A fetch has this long. */
const FETCH: Millis = 8_000;
/** The fetch and its own way to settle, so that a caller waits less than the 10 s of the contract. */
const FETCH_LIMIT: Millis = 9_000;
/** New keys are fetched when this much is left, as Alibaba Cloud's own SDKs do; of a shorter life, when half is left. */
const REFRESH_BEFORE: Millis = 15 * 60_000;
/** So close to their end keys are no longer handed out without trying for new ones first. */
const LAST_MOMENTS: Millis = 30_000;
/**
 * Keys that were handed out right now live at least this long, whatever the clocks say. When they don't, the cloud
 * refuses them, and they are forgotten.
 */
const SHORTEST_LIFE: Millis = 60_000;
/** The longest session that RAM gives (maximum of MaxSessionDuration): a clock that is wrong by years adds no more. */
const LONGEST_LIFE: Millis = 12 * 3_600_000;
/** Two fetches that succeed are at least this far apart. */
const SHORTEST_INTERVAL: Millis = 10_000;
/** Waits after failures, doubled from the first to the second. */
const FIRST_PAUSE: Millis = 1_000;
const LONGEST_PAUSE: Millis = 60_000;
/** Keys that are refused at this age have never worked: new ones will not work either, and are fetched with back-off. */
const YOUNG: Millis = 60_000;
/** The same keys again, after a refusal, are tried again after this long: a refusal may have been the clock's fault. */
const SECOND_CHANCE: Millis = 60_000;

interface Held {
  readonly credential: Credential;
  readonly receivedAt: Millis;
  readonly refreshAt: Millis;
  readonly lastMoments: Millis;
  readonly endsAt: Millis;
}

type Failure = Extract<SessionResult, { kind: 'error' }>;

/**
 * A provider that keeps one session. It is fetched when first wanted, and again when 15 minutes of it are left (half of
 * a life below half an hour); the old keys are handed out meanwhile, and as long as fetches fail, to their end.
 * Lives are counted on the monotonic clock. Failed fetches wait 1 s to 60 s for the next; until then their error stands.
 */
export function sessionCredentials(options: SessionOptions): Credentials {
  return new SessionCredentials(options);
}

class SessionCredentials implements Credentials {
  readonly #options: SessionOptions;
  #held: Held | undefined;
  #running: Promise<void> | undefined;
  #failure: Failure | undefined;
  #failures = 0;
  #notBefore: Millis = Number.NEGATIVE_INFINITY;
  #refused: { readonly credential: Credential; readonly at: Millis } | undefined;
  #youngRefusals = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  async current(): Promise<CredentialResult> {
    const now = this.#options.clock.monotonic();
    const held = this.#held;
    if (held !== undefined && now < held.refreshAt) return { kind: 'ok', credential: held.credential };
    if (this.#running === undefined && now < this.#notBefore) return this.#answer();
    this.#running ??= this.#refresh();
    // Not waited for: these keys still work, and the next caller gets the new ones.
    if (held !== undefined && now < held.lastMoments) return { kind: 'ok', credential: held.credential };
    await this.#running;
    return this.#answer();
  }

  refused(credential: Credential): void {
    const held = this.#held;
    if (held === undefined || !sameKeys(held.credential, credential)) return;
    const now = this.#options.clock.monotonic();
    this.#held = undefined;
    this.#refused = { credential, at: now };
    this.#youngRefusals = now - held.receivedAt < YOUNG ? this.#youngRefusals + 1 : 0;
    if (this.#youngRefusals > 0) {
      this.#failure = this.#invalid();
      this.#notBefore = now + pauseAfter(this.#youngRefusals, FIRST_PAUSE, LONGEST_PAUSE);
    }
    this.#options.log.warn('The cloud refused session keys, they are forgotten', {
      source: credential.source,
      ageMs: now - held.receivedAt,
    });
  }

  #answer(): CredentialResult {
    const held = this.#held;
    if (held !== undefined && this.#options.clock.monotonic() < held.endsAt)
      return { kind: 'ok', credential: held.credential };
    const { code, message } = this.#failure ?? this.#invalid();
    return { kind: 'error', code, message };
  }

  /** Never rejects. */
  async #refresh(): Promise<void> {
    const { clock, fetch, subject } = this.#options;
    const result = await settleWithin<SessionResult>(
      clock,
      FETCH_LIMIT,
      () => fetch(clock.monotonic() + FETCH),
      (why) => ({
        kind: 'error',
        code: 'CredentialsUnavailable',
        message: `Keys of ${subject} could not be fetched: ${why === 'late' ? `no answer within ${FETCH_LIMIT / 1000} s` : 'the fetch failed'}`,
      }),
    );
    this.#running = undefined;
    if (result.kind === 'error') this.#fail(result);
    else if (this.#isRefused(result.session.credential)) this.#fail(this.#invalid());
    else this.#hold(result.session);
  }

  #isRefused(credential: Credential): boolean {
    const refused = this.#refused;
    if (refused === undefined || !sameKeys(refused.credential, credential)) return false;
    return this.#options.clock.monotonic() - refused.at < SECOND_CHANCE;
  }

  #hold({ credential, life: told }: Session): void {
    const now = this.#options.clock.monotonic();
    const life = Math.min(LONGEST_LIFE, Math.max(SHORTEST_LIFE, told));
    const after = Math.max(SHORTEST_INTERVAL, life - Math.min(REFRESH_BEFORE, life / 2));
    this.#held = {
      credential,
      receivedAt: now,
      refreshAt: now + after,
      lastMoments: now + life - LAST_MOMENTS,
      endsAt: now + life,
    };
    this.#failure = undefined;
    this.#failures = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#options.log.debug('Session keys were fetched', { source: credential.source, lifeMs: told });
  }

  #fail(failure: Failure): void {
    const { clock, log, subject } = this.#options;
    const now = clock.monotonic();
    this.#failures += 1;
    this.#failure = failure;
    const asked = Math.min(failure.retryAfter ?? 0, LONGEST_PAUSE);
    this.#notBefore = now + Math.max(asked, pauseAfter(this.#failures, FIRST_PAUSE, LONGEST_PAUSE));
    const left = this.#held === undefined ? 0 : Math.max(0, this.#held.endsAt - now);
    log.warn('Session keys could not be fetched', {
      subject,
      code: failure.code,
      reason: failure.message,
      oldKeysLastMs: left,
      nextInMs: this.#notBefore - now,
    });
  }

  #invalid(): Failure {
    return {
      kind: 'error',
      code: 'CredentialsInvalid',
      message: `The cloud refuses the keys of ${this.#options.subject}, also new ones: check the role, and the clock of the node`,
    };
  }
}
