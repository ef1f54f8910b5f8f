/**
 * One signed call of an RPC API: its turn, its keys, its signature, its exchange, and what the answer means.
 * @module
 */
import type { Clock, Millis } from '../../ports/clock.ts';
import type { CloudError, CloudErrorKind, CloudResult } from '../../ports/cloud.ts';
import type { Log } from '../../ports/log.ts';
import { type Buckets, LONGEST_WAIT } from './bucket.ts';
import type { Credential, Credentials } from './credentials.ts';
import { type Answer, credentialError, ownError, refusalError, retryAfterOf, unsentError } from './errors.ts';
import type { Exchange, FailureReason, HttpAnswer } from './exchange.ts';
import { mask } from './mask.ts';
import { authorization, canonicalQuery, EMPTY_BODY_HASH, signatureDate } from './sign.ts';
import { type Json, type Parameters, type Read, readBody, readRefusal, requestIdOf } from './wire.ts';

/** A call to make. */
export interface CallRequest {
  readonly action: string;
  readonly version: string;
  /** Scheme and host. */
  readonly origin: string;
  /** Names the bucket. */
  readonly region: string;
  readonly parameters: Parameters;
  /** A mutating call is withheld unless `mayWrite` says yes as it is written. */
  readonly mutating: boolean;
  /** Signs with these keys instead of the current ones. */
  readonly credential?: Credential;
  /** Sends nothing unless the current keys are of this `Credential.source`. */
  readonly source?: string | undefined;
  /** Everything together settles by this monotonic time. */
  readonly until?: Millis;
  /** Told the monotonic time right before the request goes out for the first time. */
  readonly onSend?: (at: Millis) => void;
}

/** Makes a call and reads its answer. Never rejects. */
export type Call = <T>(request: CallRequest, read: (body: Json) => Read<T>) => Promise<CloudResult<T>>;

/** What a metric wants to know of a call. `ms` includes the wait for a turn. */
export interface CallRecord {
  readonly action: string;
  readonly kind: 'ok' | CloudErrorKind;
  readonly ms: Millis;
}

/** What calls are made with. */
export interface CallOptions {
  readonly credentials: Credentials;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly log: Log;
  /** A fresh text for each request, at least 128 random bits (`x-acs-signature-nonce`). */
  readonly nonce: () => string;
  /** Names version and instance, so that the cloud's audit log shows which replica wrote. */
  readonly userAgent: string;
  /** Whether this process may write now: leader and not read-only. */
  readonly mayWrite: () => boolean;
  readonly onCall: (record: CallRecord) => void;
  readonly buckets: Buckets;
  /** Names the account in buckets, once it is known. */
  readonly account: () => string | undefined;
  readonly deadlines: { readonly read: Millis; readonly write: Millis };
  /** Aborts what is under way at shutdown. */
  readonly signal: AbortSignal;
}

/** How long a bucket stands still after Throttling without a time: the shortest window documented is one second. */
const DEFAULT_STOP: Millis = 1000;

const FAILURES: Readonly<Record<FailureReason, string>> = {
  Timeout: 'The cloud did not answer in time',
  Aborted: 'The call was given up because the process stops',
  ConnectionRefused: 'The connection was refused',
  ConnectionReset: 'The connection broke before the answer was complete',
  NameNotResolved: 'The name of the endpoint was not resolved',
  CertificateRefused: 'The certificate of the endpoint was not accepted',
  ProxyRefused: 'The proxy refused the connection',
  PlaintextRefused: 'Plain HTTP is allowed to loopback only',
  NetworkError: 'The network failed',
};

const failed = (error: CloudError): { readonly kind: 'error'; readonly error: CloudError } => ({
  kind: 'error',
  error,
});

const notLeader = (): CloudError =>
  unsentError('busy', 'NotLeader', 'Nothing was sent: this instance may not write now');

function secretsOf(credential: Credential): readonly string[] {
  const { accessKeyId, accessKeySecret, securityToken } = credential;
  return [accessKeyId, accessKeySecret, ...(securityToken === undefined ? [] : [securityToken])];
}

/** The error of an answer without a readable code. */
function unreadable(answer: Answer, now: Millis): CloudError {
  const kind = answer.status === 429 ? 'throttled' : 'indeterminate';
  const redirected = answer.status >= 300 && answer.status < 400;
  const text = redirected
    ? 'a redirect, which is not followed'
    : 'something that is not an answer of the API';
  const retryAfter = retryAfterOf(answer.headers, now);
  return ownError(
    kind,
    redirected ? 'Redirect' : `Http${answer.status}`,
    `The endpoint sent HTTP ${answer.status} and ${text}`,
    retryAfter,
  );
}

interface Outcome {
  readonly result: CloudResult<Json>;
  readonly answer?: Answer;
  /** The cloud's own code, in lower case. */
  readonly code?: string;
  readonly requestId?: string | undefined;
}

function outcomeOf(answer: HttpAnswer, credential: Credential, host: string, now: Millis): Outcome {
  if (answer.kind === 'withheld') return { result: failed(notLeader()) };
  if (answer.kind === 'tooLarge') {
    return {
      result: failed(ownError('indeterminate', 'AnswerTooLarge', 'The answer was too large to be one')),
    };
  }
  if (answer.kind === 'failed') {
    return {
      result: failed(ownError('indeterminate', answer.reason, `${FAILURES[answer.reason]} (${host})`)),
    };
  }
  const body = readBody(answer.text);
  const refusal = body === undefined ? undefined : readRefusal(body);
  const requestId = body === undefined ? undefined : requestIdOf(body);
  if (refusal !== undefined) {
    const error = refusalError(answer, refusal, { secrets: secretsOf(credential), now });
    return { result: failed(error), answer, code: refusal.code.toLowerCase(), requestId };
  }
  if (body === undefined || answer.status < 200 || answer.status >= 300) {
    return { result: failed(unreadable(answer, now)), answer, requestId };
  }
  return { result: { kind: 'ok', value: body }, answer, requestId };
}

/** Makes the function that calls; the difference between the clocks, once learned, is kept in it. */
export function createCall(options: CallOptions): Call {
  const { clock } = options;
  let offset: Millis = 0;

  function headersOf(request: CallRequest, credential: Credential, host: string): Record<string, string> {
    const { securityToken } = credential;
    return {
      host,
      'x-acs-action': request.action,
      'x-acs-version': request.version,
      'x-acs-date': signatureDate(clock.now() + offset),
      'x-acs-signature-nonce': options.nonce(),
      'x-acs-content-sha256': EMPTY_BODY_HASH,
      ...(securityToken === undefined ? {} : { 'x-acs-security-token': securityToken }),
    };
  }

  async function send(request: CallRequest, credential: Credential, until: Millis): Promise<Outcome> {
    const { parameters } = request;
    const headers = headersOf(request, credential, new URL(request.origin).host);
    const signable = { method: 'POST', path: '/', parameters, headers, bodyHash: EMPTY_BODY_HASH };
    const signed = {
      ...headers,
      accept: 'application/json',
      'user-agent': options.userAgent,
      authorization: authorization(signable, credential),
    };
    const query = canonicalQuery(parameters);
    const url = `${request.origin}/${query === '' ? '' : `?${query}`}`;
    if (request.mutating && !options.mayWrite()) return { result: failed(notLeader()) };
    const now = clock.monotonic();
    request.onSend?.(now);
    const answer = await options
      .exchange(
        {
          method: 'POST',
          url,
          headers: signed,
          deadline: Math.max(1, until - now),
          ...(request.mutating ? { guard: options.mayWrite } : {}),
        },
        options.signal,
      )
      .catch((): HttpAnswer => ({ kind: 'failed', reason: 'NetworkError' }));
    return outcomeOf(answer, credential, headers.host ?? '', clock.now());
  }

  /**
   * Whether signing again may help. A used nonce means that a copy of the request has arrived: a read is repeated,
   * of a write nobody knows whether the copy acted, and one write is never sent twice on such a doubt.
   */
  function learns(request: CallRequest, { answer, code }: Outcome): boolean {
    if (code === 'signaturenonceused') return !request.mutating;
    if (code !== 'invalidtimestamp.expired' || answer === undefined) return false;
    const theirs = Date.parse(answer.headers.date ?? '');
    if (!Number.isFinite(theirs)) return false;
    offset = theirs - clock.now();
    options.log.warn('Signing by the clock of the cloud', { action: request.action, offsetMs: offset });
    return true;
  }

  async function signAndSend(request: CallRequest, credential: Credential): Promise<Outcome> {
    const { read, write } = options.deadlines;
    const end = clock.monotonic() + (request.mutating ? write : read);
    const until = Math.min(end, request.until ?? end);
    const first = await send(request, credential, until);
    if (!learns(request, first) || clock.monotonic() >= until) return first;
    return send({ ...request, onSend: () => {} }, credential, until);
  }

  async function attempt(request: CallRequest): Promise<Outcome> {
    const bucket = options.buckets.of(options.account() ?? '', request.region, request.action);
    const left = request.until === undefined ? LONGEST_WAIT : request.until - clock.monotonic();
    const turn = await bucket.take(Math.min(LONGEST_WAIT, left));
    if (turn.kind === 'throttled') {
      const message = `Nothing was sent: the rate limit of ${request.action} is used up`;
      return { result: failed(unsentError('throttled', 'RateLimit', message, turn.retryAfter)) };
    }
    const current = request.credential ?? (await options.credentials.current());
    if ('kind' in current && current.kind === 'error') {
      return { result: failed(credentialError(current.code, mask(current.message, []))) };
    }
    const credential = 'kind' in current ? current.credential : current;
    if (request.source !== undefined && request.source !== credential.source) {
      const message = 'Nothing was sent: other credentials are configured since the account was asked for';
      return { result: failed(unsentError('busy', 'IdentityChanged', message)) };
    }
    const outcome = await signAndSend(request, credential);
    if (outcome.result.kind === 'ok') return outcome;
    const { error } = outcome.result;
    if (error.kind === 'credentials') options.credentials.refused(credential);
    if (error.kind !== 'throttled') return outcome;
    const retryAfter = error.retryAfter ?? DEFAULT_STOP;
    bucket.stop(retryAfter);
    return { ...outcome, result: failed({ ...error, retryAfter }) };
  }

  return async (request, read) => {
    const start = clock.monotonic();
    const { result, requestId } = await attempt(request);
    const value = result.kind === 'ok' ? accept(request, read(result.value)) : result;
    const ms = clock.monotonic() - start;
    const kind = value.kind === 'ok' ? 'ok' : value.error.kind;
    options.onCall({ action: request.action, kind, ms });
    const code = value.kind === 'ok' ? {} : { code: value.error.code };
    const { action, region } = request;
    options.log.debug('Called the cloud', { action, region, kind, ...code, requestId, ms });
    return value;
  };
}

function accept<T>(request: CallRequest, read: Read<T>): CloudResult<T> {
  if (read.kind === 'ok') return read;
  const message = `The answer of ${request.action} cannot be used: ${read.reason}`;
  return failed(ownError('indeterminate', 'BadAnswer', message));
}
