/**
 * One HTTP exchange as the adapter needs it. The shape is small so that a simulation can be one, too.
 * @module
 */
import type { Millis } from '../../ports/clock.ts';

/** A request with an empty body; everything that it says is in its URL and headers. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** The whole URL. It holds parameters: never in a log or message. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Form text, for the one unsigned STS call that has a body; absent = empty. */
  readonly body?: string;
  /** The exchange settles within this time. */
  readonly deadline: Millis;
  /** Asked right before the first byte is written; `false` means that nothing must be written. */
  readonly guard?: () => boolean;
}

/** Why there is no answer; reaches status and metrics as the code of the error. */
export type FailureReason =
  | 'Timeout'
  | 'Aborted'
  | 'ConnectionRefused'
  | 'ConnectionReset'
  | 'NameNotResolved'
  | 'CertificateRefused'
  | 'ProxyRefused'
  | 'PlaintextRefused'
  | 'NetworkError';

/**
 * The outcome of an exchange.
 * - `answer`: a whole answer; header names are in lower case.
 * - `tooLarge`: the body passed the cap and was cut off.
 * - `withheld`: `guard` said no; nothing was written.
 * - `failed`: no whole answer; the request may or may not have arrived.
 */
export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
    }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'withheld' }
  | { readonly kind: 'failed'; readonly reason: FailureReason };

/**
 * Sends one request once. *Guarantees*: never rejects, settles within `request.deadline` (also when `signal` aborts),
 * follows no redirect, and writes nothing after it has settled.
 */
export type Exchange = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;
