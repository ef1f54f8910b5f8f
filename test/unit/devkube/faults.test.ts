import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ApiClient, startClient, WIDGET_PATH } from './apiclient.ts';

let api: ApiClient;

beforeEach(async () => {
  api = await startClient();
  await api.widget('a');
});
afterEach(() => api.kube.close());

const A = `${WIDGET_PATH}/a`;

describe('faults of requests', () => {
  test.each([
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [409, 'Conflict'],
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
  ])('a status fault answers %i %s once and nothing is stored', async (code, reason) => {
    api.kube.faults.inject({ verb: 'patch', resource: 'widgets' }, { kind: 'status', code });
    const refused = await api.merge(A, { spec: { size: 5 } });
    expect([refused.code, refused.body.kind, refused.body.reason]).toEqual([code, 'Status', reason]);
    expect((await api.get(A)).body.spec.size).toBe(1);
    expect((await api.merge(A, { spec: { size: 5 } })).code).toBe(200);
  });

  test('a status fault sends Retry-After', async () => {
    api.kube.faults.inject({}, { kind: 'status', code: 429, retryAfter: 7 });
    const { code, body, headers } = await api.get(A);
    expect([code, headers.get('retry-after'), body.details.retryAfterSeconds]).toEqual([429, '7', 7]);
  });

  test('a fault meets the n-th request of its verb, subresource and name, and counts', async () => {
    await api.widget('b');
    const fault = api.kube.faults.inject(
      { verb: 'get', name: 'b', subresource: '', after: 1, times: 2 },
      { kind: 'status', code: 500 },
    );
    const codes: number[] = [];
    for (const path of [
      A,
      `${WIDGET_PATH}/b`,
      `${WIDGET_PATH}/b/status`,
      `${WIDGET_PATH}/b`,
      `${WIDGET_PATH}/b`,
      `${WIDGET_PATH}/b`,
    ]) {
      codes.push((await api.get(path)).code);
    }
    expect(codes).toEqual([200, 200, 200, 500, 500, 200]);
    expect(fault.hits).toBe(2);
  });

  test('a fault that is removed meets nothing more', async () => {
    const fault = api.kube.faults.inject({ times: Number.POSITIVE_INFINITY }, { kind: 'status', code: 500 });
    expect((await api.get(A)).code).toBe(500);
    fault.remove();
    expect((await api.get(A)).code).toBe(200);
  });

  test('a reset drops the connection before anything is stored', async () => {
    api.kube.faults.inject({ verb: 'patch' }, { kind: 'reset' });
    await expect(api.merge(A, { spec: { size: 5 } })).rejects.toThrow();
    expect((await api.get(A)).body.spec.size).toBe(1);
  });

  test('dropAnswer stores and then drops the connection', async () => {
    api.kube.faults.inject({ verb: 'patch' }, { kind: 'dropAnswer' });
    await expect(api.merge(A, { spec: { size: 5 } })).rejects.toThrow();
    expect((await api.get(A)).body.spec.size).toBe(5);
    expect(api.kube.requests.list({ verb: 'patch' })[0]?.code).toBe(0);
  });

  test('a hang holds a request until it is released', async () => {
    const fault = api.kube.faults.inject({ verb: 'patch' }, { kind: 'hang' });
    let settled = false;
    const patched = api.merge(A, { spec: { size: 5 } }).finally(() => {
      settled = true;
    });
    while (fault.hits === 0) await api.get(A);
    expect(settled).toBe(false);
    expect((await api.get(A)).body.spec.size).toBe(1);
    fault.release();
    expect((await patched).body.spec.size).toBe(5);
  });

  test('only the token that is required is let in', async () => {
    api.kube.faults.requireToken('second');
    expect((await api.get(A, { authorization: 'Bearer first' })).code).toBe(401);
    expect((await api.get(A, { authorization: 'Bearer second' })).code).toBe(200);
    api.kube.faults.clear();
    expect((await api.get(A)).code).toBe(200);
  });
});

describe('faults of watches', () => {
  const newest = async (): Promise<string> => (await api.get(WIDGET_PATH)).body.metadata.resourceVersion;

  test('a watch that is cut ends in good order', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    api.kube.faults.cutWatches('end');
    expect(await watch.next()).toBeUndefined();
  });

  test('a watch that is reset breaks', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    api.kube.faults.cutWatches('reset', 'widgets');
    await expect(watch.next()).rejects.toThrow();
  });

  test('a watch that is truncated ends in the middle of a line', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    api.kube.faults.cutWatches('truncate');
    await expect(watch.next()).rejects.toThrow(SyntaxError);
  });

  test('watches of another resource go on', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    api.kube.faults.cutWatches('end', 'secrets');
    await api.widget('b');
    expect(await watch.take(1)).toEqual(['ADDED b']);
  });

  test('a silent watch stays open and sends nothing more', async () => {
    const silent = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    api.kube.faults.silenceWatches();
    const loud = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    await api.widget('b');
    expect(await loud.take(1)).toEqual(['ADDED b']);
    api.kube.faults.cutWatches('end');
    expect(await silent.next()).toBeUndefined();
  });

  test('a watch that expires gets 410 in band', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    api.kube.faults.expireWatches();
    expect((await watch.next())?.object).toMatchObject({ code: 410, reason: 'Expired' });
  });

  test('a bookmark comes when it is ordered', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}&allowWatchBookmarks=true`);
    api.kube.faults.bookmark();
    expect((await watch.next())?.type).toBe('BOOKMARK');
  });

  test.each([400, 403, 422])('WatchList is refused with %i while a plain watch is served', async (code) => {
    api.kube.faults.refuseWatchList(code);
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    expect((await api.watch(WIDGET_PATH, query)).code).toBe(code);
    expect((await api.watch(WIDGET_PATH, '')).code).toBe(200);
  });

  test('a watch can be refused as any other request', async () => {
    api.kube.faults.inject({ verb: 'watch' }, { kind: 'status', code: 410 });
    expect((await api.watch(WIDGET_PATH, '')).code).toBe(410);
  });

  test('a restart drops every connection and keeps the objects', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    api.kube.faults.restart();
    await expect(watch.next()).rejects.toThrow();
    expect((await api.get(A)).code).toBe(200);
  });
});
