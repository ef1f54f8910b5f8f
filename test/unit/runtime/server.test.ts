import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Health,
  type RunningServer,
  type ServerOptions,
  startServer,
} from '../../../src/runtime/server.ts';
import { RecordingLog } from './recordinglog.ts';

const running: RunningServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(options: Partial<ServerOptions> = {}) {
  const log = new RecordingLog();
  const started = await startServer({
    host: '127.0.0.1',
    port: 0,
    log,
    health: () => ({ ok: true, lines: ['loop: 3 ms late'] }),
    ready: () => ({ ok: false, lines: ['securitypolicies: not synced'] }),
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: async () => 'albsp_up 1\n' },
    ...options,
  });
  if (started.kind === 'failed') throw new Error(started.message);
  running.push(started.server);
  return { log, server: started.server, url: `http://127.0.0.1:${started.server.port}` };
}

async function dial(server: RunningServer): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Settles when the server has closed the connection; resolves to the milliseconds that took. */
async function closed(socket: Socket): Promise<number> {
  const from = performance.now();
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return performance.now() - from;
}

describe('startServer()', () => {
  test('/healthz answers 200 with a line for each check', async () => {
    const { url, server } = await start();
    expect(server.host).toBe('127.0.0.1');
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('ok\nloop: 3 ms late\n');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('/readyz answers 503 while it is not ready', async () => {
    let health: Health = { ok: false, lines: [] };
    const { url } = await start({ ready: () => health });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    health = { ok: true, lines: [] };
    expect((await fetch(`${url}/readyz?verbose`)).status).toBe(200);
  });

  test('/metrics answers with the content type of the exposition', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe('albsp_up 1\n');
  });

  test.each(['/', '/metrics/', '/debug/pprof', '/../etc/passwd', '//healthz'])(
    '%s answers 404',
    async (path) => {
      const { server } = await start();
      const socket = await dial(server);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const [chunk] = await once(socket, 'data');
      expect(String(chunk)).toMatch(/^HTTP\/1\.1 404 /);
    },
  );

  test('HEAD answers without a body', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/healthz`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('19');
    expect(await response.text()).toBe('');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
    '%s answers 405 and names what is allowed',
    async (method) => {
      const { url } = await start();
      const response = await fetch(`${url}/healthz`, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    },
  );

  test('a check that throws answers 500 without saying why, and is logged', async () => {
    const { url, log } = await start({
      health: () => {
        throw new Error('secret');
      },
      metrics: { contentType: 'text/plain', text: () => Promise.reject(new Error('secret')) },
    });
    for (const path of ['healthz', 'metrics']) {
      const response = await fetch(`${url}/${path}`);
      expect(response.status).toBe(500);
      expect(await response.text()).toBe('Internal error\n');
    }
    expect(log.matching('A health request failed')).toHaveLength(2);
  });

  test('an address in use is an outcome that names it', async () => {
    const { server } = await start();
    const again = await startServer({
      host: '127.0.0.1',
      port: server.port,
      log: new RecordingLog(),
      health: () => ({ ok: true, lines: [] }),
      ready: () => ({ ok: true, lines: [] }),
      metrics: { contentType: '', text: async () => '' },
    });
    expect(again).toEqual({
      kind: 'failed',
      message: expect.stringContaining(`Could not listen on "127.0.0.1:${server.port}": listen EADDRINUSE`),
    });
  });

  test('S4: a connection that sends its headers byte by byte is closed', async () => {
    const { server, url } = await start({ limits: { headers: 200, request: 60_000 } });
    const socket = await dial(server);
    const drip = setInterval(() => socket.write('a'), 20);
    socket.write('GET /healthz HTTP/1.1\r\nX-Slow: ');
    const took = await closed(socket).finally(() => clearInterval(drip));
    expect(took).toBeLessThan(3_000);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('S4: a connection that sends nothing is closed', async () => {
    const { server } = await start({ limits: { headers: 5_000, idle: 200 } });
    expect(await closed(await dial(server))).toBeLessThan(3_000);
  });

  test('S4: a body is not waited for', async () => {
    const { server } = await start({ limits: { headers: 200, request: 300 } });
    const socket = await dial(server);
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n');
    const [chunk] = await once(socket, 'data');
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 200 .*\r\nConnection: close\r\n/is);
    const drip = setInterval(() => socket.write('a'), 20);
    const took = await closed(socket).finally(() => clearInterval(drip));
    expect(took).toBeLessThan(3_000);
  });

  test('S4: an answer that is not read does not stay for ever', async () => {
    const huge = 'x'.repeat(32 * 1024 * 1024);
    const { server, url } = await start({
      metrics: { contentType: 'text/plain', text: async () => huge },
      limits: { idle: 200, connections: 1 },
    });
    const socket = await dial(server);
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    // The only connection is taken until the server gives up on it.
    const probe = () =>
      fetch(`${url}/healthz`)
        .then((response) => response.status)
        .catch(() => 0);
    expect(await probe()).toBe(0);
    await expect.poll(probe, { timeout: 5_000, interval: 50 }).toBe(200);
  });

  test('S4: headers of more than 8 KiB are refused', async () => {
    const { server } = await start();
    const socket = await dial(server);
    socket.write(`GET /healthz HTTP/1.1\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`);
    await closed(socket);
    expect(socket.bytesRead).toBe(0);
  });

  test('S4: connections beyond the limit are closed, and the others served', async () => {
    const { server } = await start({ limits: { connections: 2 } });
    const first = await dial(server);
    await dial(server);
    const third = await dial(server);
    await closed(third);
    first.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    const [chunk] = await once(first, 'data');
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('stop() closes idle connections and ends', async () => {
    const { server } = await start();
    const socket = await dial(server);
    const gone = closed(socket);
    await server.stop();
    await gone;
    running.splice(0);
  });
});
