import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createCloud } from '../../../src/adapters/alb/cloud.ts';
import { environmentCredentials } from '../../../src/adapters/alb/credentials.ts';
import { createEndpoints } from '../../../src/adapters/alb/endpoints.ts';
import type { HttpRequest } from '../../../src/adapters/alb/exchange.ts';
import { createUndiciExchange } from '../../../src/adapters/alb/undici.ts';
import type { Log } from '../../../src/ports/log.ts';
import { KEYS } from './desk.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return listen(server);
}

function client(options = {}) {
  const made = createUndiciExchange(options);
  closing.push(() => made.close());
  const never = new AbortController().signal;
  return (request: Partial<HttpRequest> & { readonly url: string }, signal = never) =>
    made.exchange({ method: 'POST', headers: {}, deadline: 2000, ...request }, signal);
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

function cloudAt(origin: string, deadline = 2000) {
  const made = createUndiciExchange();
  closing.push(() => made.close());
  let nonce = 0;
  return createCloud({
    credentials: environmentCredentials(KEYS),
    endpoints: createEndpoints({ network: 'public', alb: origin }),
    exchange: made.exchange,
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      after(delay, fire) {
        const timer = setTimeout(fire, delay);
        return () => clearTimeout(timer);
      },
    },
    log: silent,
    nonce() {
      nonce += 1;
      return `n-${nonce}`;
    },
    userAgent: 'albsp/test',
    deadlines: { read: deadline, write: deadline },
  }).region('cn-hangzhou');
}

describe('exchange', () => {
  test('exchange() sends an empty POST with the query, and gives back status, headers and text', async () => {
    const origin = await serve((request, response) => {
      response.setHeader('X-Mixed', 'Yes');
      response.end(
        `${request.method} ${request.url} ${request.headers['content-length']} ${request.headers['x-a']}`,
      );
    });
    const answer = await client()({ url: `${origin}/?A=1%20b`, headers: { 'x-a': 'v' } });
    expect(answer).toMatchObject({ kind: 'answer', status: 200, text: 'POST /?A=1%20b 0 v' });
    expect(answer.kind === 'answer' && answer.headers['x-mixed']).toBe('Yes');
  });

  test('exchange() keeps its connections', async () => {
    const ports = new Set<number | undefined>();
    const origin = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const exchange = client();
    for (let n = 0; n < 20; n += 1) await exchange({ url: origin });
    // Two, because an answer is handed on a moment before its connection counts as free.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test('exchange() S3 follows no redirect', async () => {
    let visits = 0;
    const sink = await serve((_request, response) => {
      visits += 1;
      response.end('{}');
    });
    const origin = await serve((_request, response) => {
      response.writeHead(302, { location: sink }).end();
    });
    expect(await client()({ url: origin })).toMatchObject({ kind: 'answer', status: 302 });
    expect(visits).toBe(0);
  });

  test.each([
    ['with a length', true],
    ['without a length', false],
  ])('exchange() S4 cuts off a body of over 1 MiB %s and breaks the connection', async (_what, sized) => {
    const { promise: broken, resolve } = Promise.withResolvers<void>();
    const origin = await serve((_request, response) => {
      if (sized) response.setHeader('content-length', 1 << 30);
      response.on('close', resolve);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await client()({ url: origin })).toEqual({ kind: 'tooLarge' });
    await broken;
  });

  test('exchange() S4 gives up at its deadline when the body comes a byte at a time', async () => {
    const origin = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const start = performance.now();
    const answer = await client()({ url: origin, deadline: 200 });
    expect(answer).toEqual({ kind: 'failed', reason: 'Timeout' });
    expect(performance.now() - start).toBeLessThan(1500);
  });

  test('exchange() ends when its signal aborts', async () => {
    const origin = await serve(() => {});
    const stop = new AbortController();
    const answer = client()({ url: origin }, stop.signal);
    stop.abort();
    expect(await answer).toEqual({ kind: 'failed', reason: 'Aborted' });
  });

  test('exchange() O14 asks the guard as it writes, and writes nothing on a no', async () => {
    let visits = 0;
    const origin = await serve((_request, response) => {
      visits += 1;
      response.end('{}');
    });
    const exchange = client();
    expect(await exchange({ url: origin, guard: () => false })).toEqual({ kind: 'withheld' });
    expect(await exchange({ url: origin, guard: () => true })).toMatchObject({ kind: 'answer' });
    expect(visits).toBe(1);
  });

  test('exchange() never writes a request after it has given up on it', async () => {
    let visits = 0;
    const origin = await serve((_request, response) => {
      visits += 1;
      setTimeout(() => response.end('{}'), 100);
    });
    const exchange = client();
    // More requests than connections: those that wait for one pass their deadline before they are written.
    const busy = Array.from({ length: 64 }, () => exchange({ url: origin }));
    const late = await exchange({ url: origin, deadline: 30 });
    expect(late).toEqual({ kind: 'failed', reason: 'Timeout' });
    await Promise.all(busy);
    await exchange({ url: origin });
    expect(visits).toBe(65);
  });

  test.each([
    ['http://192.0.2.1/', 'PlaintextRefused'],
    ['http://127.0.0.1.evil.test/', 'PlaintextRefused'],
  ])('exchange() C16 opens no plain connection to %s', async (url, reason) => {
    expect(await client()({ url })).toEqual({ kind: 'failed', reason });
  });

  test('exchange() C16 does not go on in the clear when the other side speaks no TLS', async () => {
    const origin = await serve((_request, response) => response.end('{}'));
    expect(await client()({ url: origin.replace('http:', 'https:') })).toMatchObject({ kind: 'failed' });
  });

  test('exchange() C16 does not go around a proxy that refuses', async () => {
    let connects = 0;
    const server = createServer();
    server.on('connect', (_request, socket) => {
      connects += 1;
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    });
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const proxy = await listen(server);
    const exchange = client({ proxy: { httpsProxy: proxy } });
    expect(await exchange({ url: 'https://alb.example.test/' })).toEqual({
      kind: 'failed',
      reason: 'ProxyRefused',
    });
    expect(connects).toBe(1);
  });

  test('exchange() goes to loopback without a proxy', async () => {
    let connects = 0;
    const server = createServer();
    server.on('connect', (_request, socket) => {
      connects += 1;
      socket.destroy();
    });
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const exchange = client({ proxy: { httpsProxy: await listen(server) } });
    const origin = await serve((_request, response) => response.end('{}'));
    expect(await exchange({ url: origin })).toMatchObject({ kind: 'answer', status: 200 });
    expect(await exchange({ url: origin.replace('http:', 'https:') })).toMatchObject({ kind: 'failed' });
    expect(connects).toBe(0);
  });

  test('exchange() says that the connection was refused when nobody listens', async () => {
    const server = createTcpServer();
    const origin = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await client()({ url: origin })).toEqual({ kind: 'failed', reason: 'ConnectionRefused' });
  });
});

describe('a write over a socket', () => {
  const body = JSON.stringify({ RequestId: 'r', SecurityPolicyId: 'spy-1' });
  const parameters = { name: 'n', tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'], tags: [] };
  const replies: readonly (readonly [string, string, Handler])[] = [
    ['C2 an HTML 502', 'Http502', (_q, s) => s.writeHead(502, { 'content-type': 'text/html' }).end('<html>')],
    ['C2 an empty 503', 'Http503', (_q, s) => s.writeHead(503).end()],
    ['C3 a reset before the headers', 'ConnectionReset', (q) => q.socket.resetAndDestroy()],
    [
      'C3 a reset after the headers',
      'ConnectionReset',
      (q, s) => {
        s.writeHead(200, { 'content-length': body.length });
        s.write(body.slice(0, 5), () => q.socket.destroy());
      },
    ],
    [
      'C3 a body shorter than its length',
      'ConnectionReset',
      (q, s) => {
        s.writeHead(200, { 'content-length': body.length + 9 });
        s.write(body, () => q.socket.end());
      },
    ],
    ['C3 half a body', 'Http200', (_q, s) => s.end(body.slice(0, 20))],
    ['C3 silence', 'Timeout', () => {}],
    ['C13 XML', 'Http200', (_q, s) => s.end('<?xml version="1.0"?><Create/>')],
    ['C13 an array', 'Http200', (_q, s) => s.end('[]')],
    ['C13 a code in a 200', 'Unheard.Of', (_q, s) => s.end('{"Code":"Unheard.Of"}')],
    ['C13 a missing id', 'BadAnswer', (_q, s) => s.end('{"RequestId":"r"}')],
    ['C13 a body of 2 MiB', 'AnswerTooLarge', (_q, s) => s.end(`{"a":"${'x'.repeat(2 << 20)}"}`)],
    [
      'C13 a byte at a time',
      'Timeout',
      (_q, s) => {
        const timer = setInterval(() => s.write(' '), 10);
        s.on('close', () => clearInterval(timer));
      },
    ],
  ];

  test.each(replies)('create() is indeterminate after %s', async (_what, code, handler) => {
    let visits = 0;
    const origin = await serve((request, response) => {
      visits += 1;
      handler(request, response);
    });
    const result = await cloudAt(origin, 300).create(parameters, 't');
    expect(result).toMatchObject({ kind: 'error', error: { kind: 'indeterminate', code } });
    expect(visits).toBe(1);
  });

  test('create() C17 is corrected from the Date header of a real answer', async () => {
    const theirs = Date.now() + 3_600_000;
    const origin = await serve((request, response) => {
      const late = Math.abs(Date.parse(String(request.headers['x-acs-date'])) - theirs) > 900_000;
      response.setHeader('date', new Date(theirs).toUTCString());
      if (late) response.writeHead(400).end('{"Code":"InvalidTimeStamp.Expired","Message":"late"}');
      else response.end(body);
    });
    expect(await cloudAt(origin).create(parameters, 't')).toEqual({ kind: 'ok', value: { id: 'spy-1' } });
  });

  test('list() C12 reads pages over a socket', async () => {
    const origin = await serve((request, response) => {
      const more = new URL(request.url ?? '', 'http://x').searchParams.get('NextToken') === null;
      response.end(
        JSON.stringify({ RequestId: 'r', SecurityPolicies: [], ...(more ? { NextToken: 'n' } : {}) }),
      );
    });
    expect(await cloudAt(origin).list(0)).toMatchObject({ kind: 'ok', value: { policies: [] } });
  });
});
