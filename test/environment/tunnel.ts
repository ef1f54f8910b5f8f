import { createServer } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Identity } from './authority.ts';

/** A server that ends with its test. */
export interface Listening {
  readonly port: number;
}

/** A proxy, and what it saw. */
export interface Tunnel extends Listening {
  /** `host:port` of each CONNECT, in order. */
  readonly asked: readonly string[];
  /** Everything else that was asked of it. */
  readonly plain: readonly string[];
  /** Every byte that went through, as Latin-1: on the wire everybody can read it. */
  seen(): string;
}

/** TLS on a free loopback port in front of a plain server on another. */
export async function startTls(identity: Identity, behind: number): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createTlsServer({ ...identity, ALPNProtocols: ['http/1.1'] }, (socket) =>
    join(socket, connect(behind, '127.0.0.1'), sockets),
  );
  // A client that does not trust the certificate ends the handshake; the test looks at the client.
  server.on('tlsClientError', () => {});
  return listen(server, sockets);
}

/** A proxy that only knows CONNECT. Whatever host is asked for, the tunnel leads to `to`; without it, each gets 407. */
export async function startTunnel(to: number | undefined): Promise<Tunnel> {
  const asked: string[] = [];
  const plain: string[] = [];
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    plain.push(`${request.method} ${request.url}`);
    response.writeHead(400).end();
  });
  server.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '');
    if (to === undefined) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const behind = connect(to, '127.0.0.1');
    for (const one of [socket, behind]) one.on('data', (chunk: Buffer) => seen.push(chunk));
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    join(socket, behind, sockets);
  });
  const { port } = await listen(server, sockets);
  return { port, asked, plain, seen: () => Buffer.concat(seen).toString('latin1') };
}

function join(near: Socket, far: Socket, sockets: Set<Socket>): void {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
}

async function listen(server: Server, sockets: ReadonlySet<Socket>): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}
