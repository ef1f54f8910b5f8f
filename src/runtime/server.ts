import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Millis } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

/** The answer to a probe: 200 or 503, and a line for each check, which anybody may read. */
export interface Health {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly log: Log;
  readonly health: () => Health;
  readonly ready: () => Health;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly limits?: Partial<ServerLimits>;
}

/** What one client may cost. The server is open to the pod network, so that no client is trusted to be quick. */
export interface ServerLimits {
  /** From the connection to the end of the headers. Default 5 s. */
  readonly headers: Millis;
  /** From the connection to the end of the request. Default 10 s. */
  readonly request: Millis;
  /** Without a byte in either direction, as when the answer is not read. Default 10 s. */
  readonly idle: Millis;
  /** Between two requests of a connection. Default 5 s; a scraper connects anew. */
  readonly keepAlive: Millis;
  /** Connections at a time; more are closed at once. Default 64. */
  readonly connections: number;
}

/** A server that listens. */
export interface RunningServer {
  /** As bound: the port is the chosen one. */
  readonly host: string;
  readonly port: number;
  /** Closes the socket and all connections. */
  stop(): Promise<void>;
}

/** `failed`: the address cannot be bound; `message` says which and why. */
export type ServerStart =
  | { readonly kind: 'listening'; readonly server: RunningServer }
  | { readonly kind: 'failed'; readonly message: string };

const DEFAULTS: ServerLimits = {
  headers: 5_000,
  request: 10_000,
  idle: 10_000,
  keepAlive: 5_000,
  connections: 64,
};
/** Probes and scrapers send a few hundred bytes. */
const MAX_HEADER_BYTES = 8_192;

/** Serves /healthz, /readyz and /metrics. Never throws or rejects. */
export function startServer(options: ServerOptions): Promise<ServerStart> {
  const limits = { ...DEFAULTS, ...options.limits };
  const server = createServer(
    {
      headersTimeout: limits.headers,
      requestTimeout: limits.request,
      connectionsCheckingInterval: Math.min(1_000, limits.headers),
      keepAliveTimeout: limits.keepAlive,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => void serve(options, request, response),
  );
  server.maxConnections = limits.connections;
  server.timeout = limits.idle;
  server.on('clientError', (_, socket) => socket.destroy());
  return listen(server, options);
}

function listen(server: Server, { host, port, log }: ServerOptions): Promise<ServerStart> {
  return new Promise((resolve) => {
    server.once('error', (error) => {
      resolve({ kind: 'failed', message: `Could not listen on "${host}:${port}": ${error.message}` });
    });
    server.listen({ host, port }, () => {
      server.on('error', (error) => log.error('The health server failed', { error }));
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address : { address: host, port };
      resolve({
        kind: 'listening',
        server: { host: bound.address, port: bound.port, stop: () => close(server) },
      });
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  try {
    // A body is of no use here, and reading it is what the client may be slow at.
    if (
      request.headers['content-length'] !== undefined ||
      request.headers['transfer-encoding'] !== undefined
    ) {
      response.setHeader('Connection', 'close');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      send(request, response, 405, 'Method not allowed\n');
      return;
    }
    await answer(options, request, response);
  } catch (error) {
    options.log.error('A health request failed', { error });
    send(request, response, 500, 'Internal error\n');
  }
}

async function answer(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      sendHealth(request, response, options.health());
      return;
    case '/readyz':
      sendHealth(request, response, options.ready());
      return;
    case '/metrics':
      send(request, response, 200, await options.metrics.text(), options.metrics.contentType);
      return;
    default:
      send(request, response, 404, 'Not found\n');
  }
}

function sendHealth(request: IncomingMessage, response: ServerResponse, { ok, lines }: Health): void {
  send(request, response, ok ? 200 : 503, `${[ok ? 'ok' : 'not ok', ...lines].join('\n')}\n`);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(body);
  response.writeHead(code, { 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
