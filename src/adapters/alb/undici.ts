/**
 * The exchange over real sockets: undici, HTTP/1.1, one request a connection at a time.
 * @module
 */
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { Millis } from '../../ports/clock.ts';
import { isLoopback } from './endpoints.ts';
import type { Exchange, FailureReason, HttpAnswer, HttpRequest } from './exchange.ts';

/** How the exchange reaches the network. */
export interface UndiciOptions {
  /** HTTPS_PROXY and NO_PROXY as `main` read them; empty or absent = no proxy. Loopback never goes through one. */
  readonly proxy?: {
    readonly httpsProxy?: string | undefined;
    readonly noProxy?: string | undefined;
  };
  /** Origin of the metadata service of the node: plain HTTP is allowed to it, and it never goes through a proxy. */
  readonly metadata?: string | undefined;
}

/** The exchange and its end. */
export interface ClosableExchange {
  readonly exchange: Exchange;
  /** Ends idle connections and breaks the others. */
  close(): Promise<void>;
}

/** A page of 100 policies is about 200 KiB with all ciphers and tags; an answer beyond this is not one. */
const LARGEST_BODY = 1024 * 1024;
/** A part of a call's 10 s, so that a dead address leaves time to say so. */
const CONNECT_TIMEOUT: Millis = 5000;
/** More than the workers there are, and a bound. */
const MOST_CONNECTIONS = 64;

const REASONS: readonly (readonly [RegExp, FailureReason])[] = [
  [/TIMEOUT|ETIMEDOUT/, 'Timeout'],
  [/^ECONNREFUSED$/, 'ConnectionRefused'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/, 'ConnectionReset'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'NameNotResolved'],
  [/CERT|SIGNATURE|ISSUER|^ERR_TLS|^ERR_SSL|CRL|SELF_SIGNED/, 'CertificateRefused'],
  [/^UND_ERR_(PRX_TLS|ABORTED)$/, 'ProxyRefused'],
];

function reasonOf(error: Error): FailureReason {
  const inner = error.cause instanceof Error ? error.cause : undefined;
  const codes = [error, inner].flatMap((each) =>
    each !== undefined && 'code' in each && typeof each.code === 'string' ? [each.code] : [],
  );
  const found = codes.flatMap((code) => REASONS.filter(([pattern]) => pattern.test(code)));
  return found[0]?.[1] ?? 'NetworkError';
}

/** Reads one answer into an outcome; after `settle` it breaks the connection instead of reading or writing on. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #settled: (answer: HttpAnswer) => void;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #status = 0;
  #headers: Record<string, string> = {};
  #controller: Dispatcher.DispatchController | undefined;
  #done = false;

  constructor(request: HttpRequest, settled: (answer: HttpAnswer) => void) {
    this.#request = request;
    this.#settled = settled;
  }

  settle(answer: HttpAnswer): void {
    if (this.#done) return;
    this.#done = true;
    this.#controller?.abort(new Error('Settled'));
    this.#settled(answer);
  }

  /** Comes right before the first byte is written, maybe long after the call: the place of the fence. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) {
      controller.abort(new Error('Settled'));
      return;
    }
    if (this.#request.guard?.() === false) this.settle({ kind: 'withheld' });
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status;
    this.#headers = Object.create(null);
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined)
        this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
    }
    if (Number(this.#headers['content-length']) > LARGEST_BODY) this.settle({ kind: 'tooLarge' });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > LARGEST_BODY) this.settle({ kind: 'tooLarge' });
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#done) return;
    this.#done = true;
    const text = Buffer.concat(this.#chunks).toString('utf8');
    this.#settled({ kind: 'answer', status: this.#status, headers: this.#headers, text });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle({ kind: 'failed', reason: reasonOf(error) });
  }
}

function exchangeOver(
  dispatcher: Dispatcher,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const url = new URL(request.url);
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
  const receiver = new Receiver(request, resolve);
  const timer = setTimeout(() => receiver.settle({ kind: 'failed', reason: 'Timeout' }), request.deadline);
  const abort = (): void => receiver.settle({ kind: 'failed', reason: 'Aborted' });
  signal.addEventListener('abort', abort, { once: true });
  const dispatched = {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: { ...request.headers },
    body: request.body ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  try {
    dispatcher.dispatch(dispatched, receiver);
  } catch {
    receiver.settle({ kind: 'failed', reason: 'NetworkError' });
  }
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  });
}

/**
 * Long-lived connections, certificates verified, no redirect followed, no decoding of compressed bodies,
 * plain HTTP to loopback and to the metadata service only.
 * @throws TypeError when a proxy URL is not one: nothing may then go out directly.
 */
export function createUndiciExchange(options: UndiciOptions = {}): ClosableExchange {
  const settings = {
    allowH2: false,
    pipelining: 1,
    connections: MOST_CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT },
  };
  const direct = new Agent(settings);
  const { httpsProxy = '', noProxy = '' } = options.proxy ?? {};
  // The empty text, too, is given explicitly: the agent would read the variables of the process by itself.
  const proxied = { ...settings, httpsProxy, httpProxy: '', noProxy };
  const outside = httpsProxy === '' ? direct : new EnvHttpProxyAgent(proxied);

  return {
    async exchange(request, signal) {
      const url = URL.parse(request.url);
      if (url === null) return { kind: 'failed', reason: 'NetworkError' };
      const near = isLoopback(url.hostname) || url.origin === options.metadata;
      if (url.protocol !== 'https:' && !near) return { kind: 'failed', reason: 'PlaintextRefused' };
      if (signal.aborted) return { kind: 'failed', reason: 'Aborted' };
      return exchangeOver(near ? direct : outside, request, signal);
    },
    async close() {
      await Promise.all([...new Set([direct, outside])].map((agent) => agent.destroy().catch(() => {})));
    },
  };
}
