import { type Dispatcher, request } from 'undici';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Answer, type Failure, type NetworkFailure, readStatus } from './answer.ts';
import type { Certificates, ClusterConfig } from './clusterconfig.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { createPools, type PoolName, type Pools } from './pools.ts';
import { resourceOf } from './resource.ts';

/** What a request does; the words of RBAC. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** One request. */
export interface Call {
  readonly verb: Exclude<Verb, 'watch'>;
  /** Path on the server, from the first slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `application/json`, for a patch `application/merge-patch+json`. */
  readonly contentType?: string;
  readonly pool?: PoolName;
  /** Until the whole answer is read; default 30 s. */
  readonly timeout?: Millis;
  readonly signal?: AbortSignal;
}

/** A watch: only the time to its headers is bounded here, the reader bounds its silence. */
export interface WatchCall {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An open watch, or why there is none. `close` may be called at any time, and more than once. */
export type WatchAnswer =
  | { readonly kind: 'ok'; readonly body: AsyncIterable<Uint8Array>; close(): void }
  | Failure;

/** One finished request, for metrics: `code` is the HTTP status or the network failure's code. */
export interface Finished {
  readonly verb: Verb;
  /** Plural of the resource, with its subresource: `securitypolicies/status`. */
  readonly resource: string;
  readonly code: string;
  readonly ms: Millis;
}

/**
 * Requests to one API server.
 *
 * *Guarantees*: no method throws or rejects; each call settles within its timeout. A 401 reads the token again and
 * repeats the request once; a read whose kept-alive connection turns out dead is repeated once; nothing else is.
 */
export interface Transport {
  call(call: Call): Promise<Answer>;
  watch(call: WatchCall): Promise<WatchAnswer>;
  /** Ends every request, also the running ones, and closes every connection. */
  close(): Promise<void>;
}

/** What a transport needs beside the configuration. */
export interface TransportOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly userAgent: string;
  onCall?(finished: Finished): void;
}

/** Longest wait for an ordinary answer; kube-apiserver itself gives up at 60 s. */
const TIMEOUT: Millis = 30_000;
/** Longest wait for a page of a list. */
const LIST_TIMEOUT: Millis = 60_000;
/** Longest wait for the headers of a watch: a black hole is noticed no later than this. */
const WATCH_HEADERS_TIMEOUT: Millis = 10_000;
/** Most that one object may take: etcd's request limit is 1.5 MiB, kube-apiserver's body limit 3 MiB. */
const OBJECT_LIMIT = 3 * 1024 * 1024;
/** Most that a page of 500 objects may take. */
const PAGE_LIMIT = 16 * 1024 * 1024;
/** How often the certificates' files are looked at; they are rotated well before they end. */
const REREAD_INTERVAL: Millis = 300_000;

const METHODS = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
} as const;

/** Codes of a connection that was closed while it idled in the pool. */
const DEAD_CONNECTION = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

type Opened = { readonly kind: 'opened'; readonly response: Dispatcher.ResponseData };

/** Connects to an API server as `config` says; opens no connection before the first request. */
export function createTransport(config: ClusterConfig, options: TransportOptions): Transport {
  return new HttpTransport(config, options);
}

class HttpTransport implements Transport {
  readonly #config: ClusterConfig;
  readonly #options: TransportOptions;
  readonly #running = new Set<Deadline>();
  #pools: Pools;
  #certificates: Certificates;
  #cancelReread: () => void = () => {};
  #closed: boolean = false;

  constructor(config: ClusterConfig, options: TransportOptions) {
    this.#config = config;
    this.#options = options;
    this.#certificates = config.certificates;
    this.#pools = createPools(config, config.certificates);
    this.#planReread();
  }

  async call(call: Call): Promise<Answer> {
    const begun = this.#options.clock.monotonic();
    let answer = await this.#attempt(call, false);
    if (answer.kind === 'status' && answer.code === 401) answer = await this.#attempt(call, true);
    const readOnly = call.verb === 'get' || call.verb === 'list';
    if (readOnly && answer.kind === 'network' && DEAD_CONNECTION.has(answer.code))
      answer = await this.#attempt(call, false);
    this.#report(call.verb, call.path, answer, begun);
    return answer;
  }

  async watch(call: WatchCall): Promise<WatchAnswer> {
    const begun = this.#options.clock.monotonic();
    let answer = await this.#open(call, false);
    if (answer.kind === 'status' && answer.code === 401) answer = await this.#open(call, true);
    this.#report('watch', call.path, answer, begun);
    return answer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelReread();
    for (const deadline of this.#running) deadline.abort(CLOSED);
    await destroy(this.#pools);
  }

  async #attempt(call: Call, fresh: boolean): Promise<Answer> {
    const limit = call.verb === 'list' ? PAGE_LIMIT : OBJECT_LIMIT;
    const timeout = call.timeout ?? (call.verb === 'list' ? LIST_TIMEOUT : TIMEOUT);
    const deadline = this.#deadline(timeout, call.signal);
    try {
      const sent = await this.#send(call, call.pool ?? 'api', fresh, deadline);
      return sent.kind === 'opened' ? await readAnswer(sent.response, limit) : sent;
    } catch (error) {
      return deadline.failure() ?? networkFailure(error);
    } finally {
      this.#end(deadline);
    }
  }

  async #open(call: WatchCall, fresh: boolean): Promise<WatchAnswer> {
    const deadline = this.#deadline(WATCH_HEADERS_TIMEOUT, call.signal);
    try {
      const sent = await this.#send({ verb: 'watch', ...call }, 'watch', fresh, deadline);
      if (sent.kind !== 'opened') return sent;
      const { response } = sent;
      if (response.statusCode !== 200) return asFailure(await readAnswer(response, OBJECT_LIMIT));
      deadline.extend();
      return {
        kind: 'ok',
        body: response.body as AsyncIterable<Uint8Array>,
        close: () => {
          this.#end(deadline);
          response.body.destroy();
        },
      };
    } catch (error) {
      return deadline.failure() ?? networkFailure(error);
    } finally {
      if (!deadline.extended()) this.#end(deadline);
    }
  }

  async #send(
    call: Omit<Call, 'verb'> & { readonly verb: Verb },
    pool: PoolName,
    fresh: boolean,
    deadline: Deadline,
  ): Promise<Opened | NetworkFailure> {
    if (this.#closed) return CLOSED;
    const token = await this.#config.token(fresh);
    const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query).toString()}`;
    const headers: Record<string, string> = {
      ...this.#config.headers,
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
    };
    if (token !== undefined && token !== '') headers.authorization = `Bearer ${token}`;
    if (call.body !== undefined) headers['content-type'] = call.contentType ?? contentType(call.verb);
    const response = await request(`${this.#config.server}${call.path}${query}`, {
      dispatcher: this.#pools[pool],
      method: METHODS[call.verb],
      headers,
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: deadline.signal,
    });
    // A body that is destroyed while it is not read reports an error that nobody else would take.
    response.body.on('error', () => {});
    return { kind: 'opened', response };
  }

  #deadline(timeout: Millis, outer: AbortSignal | undefined): Deadline {
    const deadline = startDeadline(this.#options.clock, timeout, outer);
    this.#running.add(deadline);
    return deadline;
  }

  #end(deadline: Deadline): void {
    deadline.end();
    this.#running.delete(deadline);
  }

  #report(verb: Verb, path: string, answer: Answer | WatchAnswer, begun: Millis): void {
    const ms = this.#options.clock.monotonic() - begun;
    const code =
      answer.kind !== 'ok'
        ? String(answer.code)
        : 'body' in answer && 'code' in answer
          ? String(answer.code)
          : '200';
    try {
      this.#options.onCall?.({ verb, resource: resourceOf(path), code, ms });
    } catch (error) {
      this.#options.log.error('Observer of Kubernetes calls failed', { error: String(error) });
    }
  }

  #planReread(): void {
    if (this.#config.reread === undefined || this.#closed) return;
    this.#cancelReread = this.#options.clock.after(REREAD_INTERVAL, () => {
      void this.#reread().finally(() => this.#planReread());
    });
  }

  async #reread(): Promise<void> {
    const found = await this.#config.reread?.();
    if (found === undefined || this.#closed || sameCertificates(found, this.#certificates)) return;
    this.#options.log.info('Kubernetes certificates have changed, new connections use the new ones');
    const old = this.#pools;
    this.#certificates = found;
    this.#pools = createPools(this.#config, found);
    // Running requests and watches end in their own time; the next one of each uses the new pools.
    for (const pool of Object.values(old)) void pool.close().catch(() => {});
  }
}

const CLOSED: NetworkFailure = network('Closed', 'Connections to the API server are closed');

function network(code: string, message: string): NetworkFailure {
  return { kind: 'network', code, message };
}

function networkFailure(error: unknown): NetworkFailure {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'Unknown';
  return network(
    code,
    `No answer from the API server: ${error instanceof Error ? error.message : 'unknown error'}`,
  );
}

function contentType(verb: Verb): string {
  return verb === 'patch' ? 'application/merge-patch+json' : 'application/json';
}

function sameCertificates(left: Certificates, right: Certificates): boolean {
  return left.ca === right.ca && left.cert === right.cert && left.key === right.key;
}

function asFailure(answer: Answer): Failure {
  return answer.kind === 'ok'
    ? network('AnswerNotWatch', `API server answered a watch with HTTP status ${answer.code}`)
    : answer;
}

async function destroy(pools: Pools): Promise<void> {
  await Promise.all(Object.values(pools).map((pool) => pool.destroy().catch(() => {})));
}

async function readAnswer(response: Dispatcher.ResponseData, limit: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      response.body.destroy();
      return network('AnswerTooLarge', `API server's answer is longer than ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  const code = response.statusCode;
  const body = parse(Buffer.concat(chunks, size).toString('utf8'));
  if (code < 200 || code > 299) {
    const retryAfter = response.headers['retry-after'];
    return readStatus(body, code, typeof retryAfter === 'string' ? retryAfter : undefined);
  }
  if (body === undefined) return network('AnswerNotJson', `API server's answer of ${size} bytes is not JSON`);
  return { kind: 'ok', code, body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
