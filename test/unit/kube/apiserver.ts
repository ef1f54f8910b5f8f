import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TransportOptions } from '../../../src/adapters/kube/transport.ts';
import { createTransport, type Transport } from '../../../src/adapters/kube/transport.ts';
import { createRecordingLog, type RecordingLog } from './recordinglog.ts';
import { createVirtualClock, type VirtualClock } from './virtualclock.ts';

/** A request as a test sees it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers one request; the test's script. Raw faults go by `response.socket`. */
export type Handler = (request: Received, response: ServerResponse) => void;

/** A small HTTP server on loopback whose every answer a test decides. */
export interface ApiServer {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** Connections ever made, and those open now. */
  connections(): { readonly made: number; readonly open: number };
  /** Ends all connections with RST. */
  resetAll(): void;
  close(): Promise<void>;
}

export async function startApiServer(handler: Handler): Promise<ApiServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let made = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const one = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(one);
      handler(one, response);
    });
  });
  server.on('connection', (socket) => {
    made += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    connections: () => ({ made, open: sockets.size }),
    resetAll: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A server, a virtual clock, a log, and a transport to the server; `close` ends all. */
export interface Rig {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
  readonly transport: Transport;
  close(): Promise<void>;
}

export async function startRig(
  handler: Handler,
  more: {
    readonly token?: (fresh?: boolean) => Promise<string | undefined>;
    readonly onCall?: NonNullable<TransportOptions['onCall']>;
  } = {},
): Promise<Rig> {
  const server = await startApiServer(handler);
  const clock = createVirtualClock();
  const log = createRecordingLog();
  const transport = createTransport(
    {
      server: server.url,
      certificates: {},
      namespace: 'default',
      token: more.token ?? (() => Promise.resolve(undefined)),
    },
    { clock, log, userAgent: 'albsp/test', ...(more.onCall === undefined ? {} : { onCall: more.onCall }) },
  );
  return {
    server,
    clock,
    log,
    transport,
    close: async () => {
      await transport.close();
      await server.close();
    },
  };
}

/** Sends JSON. */
export function json(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Sends a `Status`. */
export function status(response: ServerResponse, code: number, reason: string, message = reason): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
}

/** Waits, in real time, until `condition` holds; fails after 10 s. */
export async function until(condition: () => boolean, what = 'condition'): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited 10 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
