import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { resourceOf } from '../../../src/adapters/kube/resource.ts';
import { createTransport } from '../../../src/adapters/kube/transport.ts';
import { type Handler, json, type Rig, startRig, status, until } from './apiserver.ts';
import { createRecordingLog } from './recordinglog.ts';
import { createVirtualClock } from './virtualclock.ts';

let running: Rig | undefined;

async function rigOf(handler: Handler, more: Parameters<typeof startRig>[1] = {}): Promise<Rig> {
  running = await startRig(handler, more);
  return running;
}

afterEach(async () => {
  await running?.close();
  running = undefined;
});

const GET = { verb: 'get', path: '/api/v1/namespaces/kube-system' } as const;

describe('call()', () => {
  test('sends method, query, body, token and user agent, and reads JSON', async () => {
    const rig = await rigOf((_, response) => json(response, 201, { a: 1 }), { token: async () => 'T' });
    const answer = await rig.transport.call({
      verb: 'create',
      path: '/x',
      query: { a: 'b c' },
      body: { z: 1 },
    });
    expect(answer).toEqual({ kind: 'ok', code: 201, body: { a: 1 } });
    const [received] = rig.server.received;
    expect(received?.method).toBe('POST');
    expect(received?.query.get('a')).toBe('b c');
    expect(received?.body).toBe('{"z":1}');
    expect(received?.headers.authorization).toBe('Bearer T');
    expect(received?.headers['user-agent']).toBe('albsp/test');
    expect(received?.headers['content-type']).toBe('application/json');
  });

  test('reads a Status with its reason, causes and Retry-After', async () => {
    const details = { retryAfterSeconds: 3, causes: [{ reason: 'R', field: 'spec.x', message: 'M' }] };
    const rig = await rigOf((_, response) =>
      json(response, 429, { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'slow', details }),
    );
    expect(await rig.transport.call(GET)).toEqual({
      kind: 'status',
      code: 429,
      reason: 'TooManyRequests',
      message: 'slow',
      retryAfter: 3000,
      causes: [{ reason: 'R', field: 'spec.x', message: 'M' }],
    });
  });

  test('makes a status failure of an error that is no Status', async () => {
    const rig = await rigOf((_, response) => response.writeHead(502).end('<html>'));
    expect(await rig.transport.call(GET)).toMatchObject({ kind: 'status', code: 502, reason: '' });
  });

  test('D5 reads the token again on 401 and repeats once', async () => {
    const asked: boolean[] = [];
    const rig = await rigOf(
      (request, response) =>
        request.headers.authorization === 'Bearer new'
          ? json(response, 200, {})
          : status(response, 401, 'Unauthorized'),
      {
        token: async (fresh = false) => {
          asked.push(fresh);
          return fresh ? 'new' : 'old';
        },
      },
    );
    expect(await rig.transport.call(GET)).toMatchObject({ kind: 'ok' });
    expect(asked).toEqual([false, true]);
  });

  test('D5 answers 401 after one repetition', async () => {
    const rig = await rigOf((_, response) => status(response, 401, 'Unauthorized'));
    expect(await rig.transport.call(GET)).toMatchObject({ kind: 'status', code: 401 });
    expect(rig.server.received).toHaveLength(2);
  });

  test('D2 answers a network failure when the connection is refused', async () => {
    const rig = await rigOf(() => {});
    await rig.server.close();
    expect(await rig.transport.call(GET)).toMatchObject({ kind: 'network', code: 'ECONNREFUSED' });
  });

  test('D3 does not repeat a write whose answer was lost', async () => {
    const rig = await rigOf((_, response) => response.socket?.resetAndDestroy());
    expect(await rig.transport.call({ verb: 'update', path: '/x', body: {} })).toMatchObject({
      kind: 'network',
    });
    expect(rig.server.received).toHaveLength(1);
  });

  test('repeats a read once when its kept-alive connection is dead', async () => {
    let count = 0;
    const rig = await rigOf((_, response) => {
      count += 1;
      if (count === 2) response.socket?.resetAndDestroy();
      else json(response, 200, {});
    });
    await rig.transport.call(GET);
    expect(await rig.transport.call(GET)).toMatchObject({ kind: 'ok' });
    expect(rig.server.received).toHaveLength(3);
  });

  test('ends at its time limit when headers are slow, and when the body is', async () => {
    const rig = await rigOf((request, response) => {
      if (request.path === '/headers') return;
      response.writeHead(200);
      response.write('{"a":');
    });
    for (const path of ['/headers', '/body']) {
      const { length } = rig.server.received;
      const answer = rig.transport.call({ verb: 'get', path, timeout: 5000 });
      await until(() => rig.server.received.length > length);
      rig.clock.advance(5000);
      expect(await answer).toEqual({
        kind: 'network',
        code: 'Timeout',
        message: 'API server did not answer within 5 s',
      });
    }
    await until(() => rig.server.connections().open === 0);
  });

  test('ends when its signal is aborted', async () => {
    const rig = await rigOf(() => {});
    const controller = new AbortController();
    const answer = rig.transport.call({ ...GET, signal: controller.signal });
    await until(() => rig.server.received.length === 1);
    controller.abort();
    expect(await answer).toMatchObject({ kind: 'network', code: 'Aborted' });
  });

  test('refuses an answer of more than 3 MiB', async () => {
    const rig = await rigOf((_, response) => json(response, 200, { a: 'x'.repeat(3 * 1024 * 1024) }));
    expect(await rig.transport.call(GET)).toMatchObject({ kind: 'network', code: 'AnswerTooLarge' });
  });

  test('does not believe a 200 that is no JSON, or cut short', async () => {
    const rig = await rigOf((request, response) => {
      if (request.path === '/html') {
        response.end('<html>');
        return;
      }
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a"', () => response.socket?.end());
    });
    expect(await rig.transport.call({ verb: 'get', path: '/html' })).toMatchObject({ code: 'AnswerNotJson' });
    expect(await rig.transport.call({ verb: 'update', path: '/cut', body: {} })).toMatchObject({
      kind: 'network',
    });
  });

  test('keeps its connections: 100 requests in a row need at most two', async () => {
    const rig = await rigOf((_, response) => json(response, 200, {}));
    for (let round = 0; round < 100; round += 1) await rig.transport.call(GET);
    expect(rig.server.connections().made).toBeLessThanOrEqual(2);
  });

  test('reaches the Lease while every other connection waits', async () => {
    const rig = await rigOf((request, response) => {
      if (request.path === '/lease') json(response, 200, {});
    });
    const waiting = Array.from({ length: 40 }, () => rig.transport.call(GET));
    await until(() => rig.server.received.length === 32);
    expect(await rig.transport.call({ verb: 'get', path: '/lease', pool: 'lease' })).toMatchObject({
      kind: 'ok',
    });
    await rig.transport.close();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ code: 'Closed' });
  });

  test('reports verb, resource and code, whatever the observer does', async () => {
    const finished: string[] = [];
    const rig = await rigOf((_, response) => status(response, 409, 'Conflict'), {
      onCall: ({ verb, resource, code }) => {
        finished.push(`${verb} ${resource} ${code}`);
        throw new Error('observer');
      },
    });
    const path = '/apis/alb.alicloud.dev/v1alpha1/namespaces/ns/securitypolicies/a/status';
    await rig.transport.call({ verb: 'update', path, body: {} });
    expect(finished).toEqual(['update securitypolicies/status 409']);
  });

  test('answers Closed after close()', async () => {
    const rig = await rigOf((_, response) => json(response, 200, {}));
    await rig.transport.call(GET);
    await rig.transport.close();
    expect(await rig.transport.call(GET)).toMatchObject({ kind: 'network', code: 'Closed' });
    await until(() => rig.server.connections().open === 0);
    expect(rig.clock.delays()).toEqual([]);
  });
});

describe('createTransport()', () => {
  test('uses new connections when the certificates have changed', async () => {
    const rig = await rigOf((_, response) => json(response, 200, {}));
    const clock = createVirtualClock();
    const log = createRecordingLog();
    let ca = 'one';
    const config = {
      server: rig.server.url,
      certificates: { ca },
      namespace: 'default',
      token: async () => undefined,
      reread: async () => ({ ca }),
    };
    const transport = createTransport(config, { clock, log, userAgent: 'test' });
    await transport.call(GET);
    clock.advance(300_000);
    await until(() => clock.delays().length === 1);
    await transport.call(GET);
    expect(log.lines).toEqual([]);
    const { made } = rig.server.connections();
    ca = 'two';
    clock.advance(300_000);
    await until(() => clock.delays().length === 1);
    await transport.call(GET);
    expect(log.lines).toHaveLength(1);
    expect(rig.server.connections().made).toBe(made + 1);
    await transport.close();
    expect(clock.delays()).toEqual([]);
  });

  test('goes through a proxy when there is one', async () => {
    const rig = await rigOf((_, response) => json(response, 200, { by: 'proxy' }));
    const seen: string[] = [];
    const proxy = createServer((socket) => {
      const behind = connect(rig.server.port, '127.0.0.1');
      socket.on('data', (chunk) => seen.push(chunk.toString('latin1')));
      socket.on('error', () => {});
      behind.on('error', () => {});
      socket.pipe(behind).pipe(socket);
    });
    proxy.listen(0, '127.0.0.1');
    await new Promise<void>((resolve) => proxy.once('listening', () => resolve()));
    const { port } = proxy.address() as AddressInfo;
    const config = {
      server: 'http://api.example',
      certificates: {},
      namespace: 'default',
      proxy: `http://127.0.0.1:${port}`,
      token: async () => undefined,
    };
    const options = { clock: createVirtualClock(), log: createRecordingLog(), userAgent: 'test' };
    const transport = createTransport(config, options);
    expect(await transport.call(GET)).toMatchObject({ kind: 'ok', body: { by: 'proxy' } });
    expect(seen[0]).toMatch(/^GET http:\/\/api\.example\//);
    await transport.close();
    proxy.close();
  });
});

describe('resourceOf()', () => {
  test.each([
    ['/api/v1/namespaces/kube-system', 'namespaces'],
    ['/api/v1/namespaces/ns/events/a', 'events'],
    ['/apis/alb.alicloud.dev/v1alpha1/securitypolicies', 'securitypolicies'],
    ['/apis/alb.alicloud.dev/v1alpha1/namespaces/ns/securitypolicies/a/status', 'securitypolicies/status'],
    ['/readyz', 'other'],
  ])('names the resource of %s', (path, resource) => {
    expect(resourceOf(path)).toBe(resource);
  });
});
