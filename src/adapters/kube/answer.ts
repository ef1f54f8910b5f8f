/**
 * What the API server answers, as values: the words that every part of the Kubernetes adapter decides by.
 * @module
 */
import type { Millis } from '../../ports/clock.ts';

/** One cause of a refusal, as `Status.details.causes` lists them. */
export interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** The server answered, and it was a no. */
export interface StatusFailure {
  readonly kind: 'status';
  /** HTTP status, or the code inside a watch's ERROR event. */
  readonly code: number;
  /** Machine-readable word of a `Status` (`Expired`, `Conflict`, ...); empty when the answer was no `Status`. */
  readonly reason: string;
  /** The server's text, at most 1024 characters. */
  readonly message: string;
  readonly retryAfter?: Millis;
  readonly causes: readonly Cause[];
}

/** No answer that can be believed: a write may or may not have happened. */
export interface NetworkFailure {
  readonly kind: 'network';
  /** The system's code (`ECONNREFUSED`) or one of ours: `Timeout`, `Aborted`, `AnswerTooLarge`, `AnswerNotJson`, `Closed`. */
  readonly code: string;
  readonly message: string;
}

/** Why a call did not succeed. */
export type Failure = StatusFailure | NetworkFailure;

/** The answer to a call; never a throw. */
export type Answer = { readonly kind: 'ok'; readonly code: number; readonly body: unknown } | Failure;

/** Longest text of the server that is kept: what an Event may carry (core/v1 validation). */
const MESSAGE_LIMIT = 1024;
/** A server that asks for more is not believed: the flow control of kube-apiserver asks for 1 to 60 s. */
const RETRY_AFTER_LIMIT: Millis = 300_000;

/** Reads one field of a value that came over the wire. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** Reads one text of a value that came over the wire; empty when it is not there. */
export function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : '';
}

/** Reads a `Status` object, from the body of an error or from inside a watch; `code` is the HTTP status if the object has none. */
export function readStatus(body: unknown, code: number, retryAfterHeader?: string): StatusFailure {
  const details = field(body, 'details');
  const inside = field(body, 'code');
  const seconds = Number(retryAfterHeader ?? field(details, 'retryAfterSeconds') ?? Number.NaN);
  const listed = field(details, 'causes');
  return {
    kind: 'status',
    code: typeof inside === 'number' ? inside : code,
    reason: text(body, 'reason'),
    message: text(body, 'message').slice(0, MESSAGE_LIMIT) || `HTTP status ${code} without an explanation`,
    ...(seconds > 0 ? { retryAfter: Math.min(seconds * 1000, RETRY_AFTER_LIMIT) } : {}),
    causes: (Array.isArray(listed) ? listed : []).map((cause: unknown) => ({
      reason: text(cause, 'reason'),
      field: text(cause, 'field'),
      message: text(cause, 'message'),
    })),
  };
}

/** Whether a resource version or a continue token is too old to go on from. */
export function isExpired(failure: Failure): boolean {
  if (failure.kind === 'network') return false;
  return failure.code === 410 || failure.reason === 'Expired' || failure.reason === 'Gone';
}

/** Whether the server has not reached our resource version: after a restore of etcd it never will. */
export function isTooLarge(failure: Failure): boolean {
  if (failure.kind === 'network') return false;
  return (
    failure.causes.some((cause) => cause.reason === 'ResourceVersionTooLarge') ||
    failure.message.includes('Too large resource version')
  );
}

/** A failure in one line, for logs and messages. */
export function describeFailure(failure: Failure): string {
  if (failure.kind === 'network') return `${failure.message} (${failure.code})`;
  return `${failure.message} (${failure.code}${failure.reason === '' ? '' : ` ${failure.reason}`})`;
}
