/**
 * Keys in a Secret of Kubernetes, which is read with get only.
 * @module
 */
import type { Clock, Millis } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { SecretAnswer, SecretName } from '../../../ports/secret.ts';
import { type Credential, type CredentialResult, type Credentials, credentialOf } from '../credentials.ts';
import { mask } from '../mask.ts';
import { sameKeys } from './keys.ts';
import { pauseAfter, settleWithin } from './patience.ts';

/** Where each part of the keys stands in the Secret. */
export interface SecretKeys {
  /** Default `accessKeyId`. */
  readonly accessKeyId?: string | undefined;
  /** Default `accessKeySecret`. */
  readonly accessKeySecret?: string | undefined;
  /** Default `securityToken`; the Secret need not have it. */
  readonly securityToken?: string | undefined;
}

/** What keys of a Secret are read with. */
export interface SecretOptions {
  readonly secret: SecretName;
  readonly keys?: SecretKeys | undefined;
  /** One get of the Secret. */
  readonly readSecret: () => Promise<SecretAnswer>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A change is noticed this long after the last read, if the cloud does not refuse the old keys sooner. */
const REREAD: Millis = 5 * 60_000;
/** After a refusal the Secret is read no more often than this while it stays the same. */
const REREAD_REFUSED: Millis = 10_000;
/** Refused keys that are still in the Secret are tried again after this long: the cloud may have learned them since. */
const SECOND_CHANCE: Millis = 60_000;
/** Waits after failed reads, doubled from the first to the second. */
const FIRST_PAUSE: Millis = 1_000;
const LONGEST_PAUSE: Millis = 10_000;
/** A read that takes longer counts as failed. */
const READ_LIMIT: Millis = 8_000;
/** Characters of base64 of one value; a session token has about 1,000 before encoding. */
const LONGEST_VALUE = 32_768;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * A provider of the keys that a Secret holds. They are read when first wanted, five minutes after each read, and after
 * a refusal. Other content is another `source`; equal content keeps it. While the Secret cannot be read the old keys
 * stay in use, also when the right to read it is gone; they end when it is deleted or holds no good keys any more.
 * *Errors*: SecretNotFound, SecretForbidden, SecretUnavailable, SecretKeyMissing, SecretValueEmpty,
 * SecretValueMalformed, CredentialsInvalid.
 */
export function secretCredentials(options: SecretOptions): Credentials {
  return new SecretCredentials(options);
}

interface Held {
  readonly credential: Credential;
  /** When the cloud refused these keys. */
  readonly refusedAt: Millis | undefined;
}

type Failure = Extract<CredentialResult, { kind: 'error' }>;

/** One value, decoded. */
interface Part {
  readonly kind: 'ok';
  readonly key: string;
  readonly text: string;
  readonly trimmed: boolean;
}

interface Content {
  readonly kind: 'ok';
  readonly credential: Credential;
  readonly parts: readonly Part[];
}

class SecretCredentials implements Credentials {
  readonly #options: SecretOptions;
  readonly #label: string;
  #held: Held | undefined;
  #failure: Failure | undefined;
  #failures = 0;
  #running: Promise<void> | undefined;
  #readAt: Millis = Number.NEGATIVE_INFINITY;
  #nextRead: Millis = Number.NEGATIVE_INFINITY;
  #revision = 0;
  /** What the last warning of white space was about. */
  #warned: string | undefined;

  constructor(options: SecretOptions) {
    this.#options = options;
    this.#label = `${options.secret.namespace}/${options.secret.name}`;
  }

  async current(): Promise<CredentialResult> {
    if (this.#options.clock.monotonic() >= this.#nextRead) this.#running ??= this.#read();
    await this.#running;
    return this.#answer();
  }

  refused(credential: Credential): void {
    const held = this.#held;
    if (held === undefined || held.refusedAt !== undefined || held.credential.source !== credential.source)
      return;
    const now = this.#options.clock.monotonic();
    this.#held = { ...held, refusedAt: now };
    this.#nextRead = Math.max(now, this.#readAt + REREAD_REFUSED);
  }

  #answer(): CredentialResult {
    const held = this.#held;
    if (held === undefined) return this.#failure ?? this.#error('SecretUnavailable', 'was not read yet');
    const { credential, refusedAt } = held;
    if (refusedAt === undefined) return { kind: 'ok', credential };
    if (this.#options.clock.monotonic() - refusedAt < SECOND_CHANCE) {
      const also = this.#failure === undefined ? '' : `. ${this.#failure.message}`;
      return this.#error('CredentialsInvalid', `holds keys that the cloud refuses${also}`);
    }
    this.#held = { credential, refusedAt: undefined };
    return { kind: 'ok', credential };
  }

  #error(code: string, what: string): Failure {
    return { kind: 'error', code, message: `Secret ${this.#label} ${what}` };
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    const { clock, readSecret } = this.#options;
    const answer = await settleWithin<SecretAnswer>(clock, READ_LIMIT, readSecret, (why) => ({
      kind: 'unavailable',
      message: why === 'late' ? `no answer within ${READ_LIMIT / 1000} s` : 'the read failed',
    }));
    this.#running = undefined;
    this.#readAt = clock.monotonic();
    switch (answer.kind) {
      case 'ok':
        this.#take(answer.data, answer.resourceVersion);
        return;
      case 'notFound':
        this.#end(this.#error('SecretNotFound', 'does not exist'));
        return;
      case 'forbidden':
        // An API server that has just started refuses what it will allow a moment later, so this ends nothing.
        this.#miss('SecretForbidden', `may not be read: ${mask(answer.message, [])}`);
        return;
      case 'unavailable':
        this.#miss('SecretUnavailable', `cannot be read: ${mask(answer.message, [])}`);
        return;
    }
  }

  #take(data: Readonly<Record<string, string>>, resourceVersion: string): void {
    const content = this.#contentOf(data);
    if (content.kind === 'error') {
      this.#end(content);
      return;
    }
    this.#warn(content.parts);
    this.#hold(content.credential, resourceVersion);
  }

  #contentOf(data: Readonly<Record<string, string>>): Content | Failure {
    const { keys = {} } = this.#options;
    const id = this.#value(data, keys.accessKeyId ?? 'accessKeyId', 'required');
    if (id.kind === 'error') return id;
    const secret = this.#value(data, keys.accessKeySecret ?? 'accessKeySecret', 'required');
    if (secret.kind === 'error') return secret;
    const token = this.#value(data, keys.securityToken ?? 'securityToken', 'optional');
    if (token.kind === 'error') return token;
    const fields = { id: id.text, secret: secret.text, token: token.text };
    const names = { id: this.#key(id), secret: this.#key(secret), token: this.#key(token) };
    const read = credentialOf('', fields, names);
    return read.kind === 'error'
      ? { ...read, code: 'SecretValueMalformed' }
      : { ...read, parts: [id, secret, token] };
  }

  #hold(read: Credential, resourceVersion: string): void {
    if (this.#held !== undefined && this.#failures > 0)
      this.#options.log.info('A Secret can be read again', { secret: this.#label });
    const old = this.#held?.credential;
    if (old === undefined || !sameKeys(old, read)) {
      this.#revision += 1;
      // Neither number says anything of the keys, and together they name this content only.
      const source = `secret ${this.#label} version ${resourceVersion} (${this.#revision})`;
      this.#held = { credential: { ...read, source }, refusedAt: undefined };
      this.#options.log.info('Keys were read from a Secret', { source });
    }
    const wait = this.#held?.refusedAt === undefined ? REREAD : REREAD_REFUSED;
    this.#nextRead = this.#readAt + wait;
    this.#failure = undefined;
    this.#failures = 0;
  }

  /** There are no good keys any more. */
  #end(failure: Failure): void {
    if (this.#held !== undefined)
      this.#options.log.warn('A Secret holds no good keys any more', {
        secret: this.#label,
        code: failure.code,
        reason: failure.message,
      });
    this.#held = undefined;
    this.#postpone(failure);
  }

  /** Nobody knows whether there are other keys: the old ones stay. */
  #miss(code: string, what: string): void {
    const failure = this.#error(code, what);
    // Once an outage: with many configs a line at each read would bury the log.
    if (this.#failures === 0)
      this.#options.log.warn('A Secret could not be read', {
        secret: this.#label,
        code,
        reason: failure.message,
        oldKeysInUse: this.#held !== undefined,
      });
    this.#postpone(failure);
  }

  #postpone(failure: Failure): void {
    this.#failure = failure;
    this.#failures += 1;
    this.#nextRead = this.#readAt + pauseAfter(this.#failures, FIRST_PAUSE, LONGEST_PAUSE);
  }

  #value(data: Readonly<Record<string, string>>, key: string, need: 'required' | 'optional'): Part | Failure {
    const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
    if (encoded === undefined) {
      if (need === 'optional') return { kind: 'ok', key, text: '', trimmed: false };
      return this.#error('SecretKeyMissing', `has no key "${key}"`);
    }
    if (encoded.length > LONGEST_VALUE)
      return this.#error('SecretValueMalformed', `has a value at key "${key}" that is too long to be a key`);
    if (!BASE64.test(encoded))
      return this.#error('SecretValueMalformed', `has a value at key "${key}" that is not base64`);
    const raw = Buffer.from(encoded, 'base64').toString('utf8');
    const text = raw.trim();
    if (text === '' && need === 'required')
      return this.#error('SecretValueEmpty', `has an empty value at key "${key}"`);
    return { kind: 'ok', key, text, trimmed: text !== raw };
  }

  #key({ key }: { readonly key: string }): string {
    return `key "${key}" of Secret ${this.#label}`;
  }

  #warn(parts: readonly Part[]): void {
    const trimmed = parts.filter((part) => part.trimmed);
    const content = JSON.stringify(parts.map(({ text, trimmed: cut }) => [text, cut]));
    if (content === this.#warned) return;
    this.#warned = content;
    for (const { key } of trimmed)
      this.#options.log.warn('White space around a value of a Secret was dropped', {
        secret: this.#label,
        key,
      });
  }
}
