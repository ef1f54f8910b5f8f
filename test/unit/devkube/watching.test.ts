import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ApiClient, startClient, WIDGET_PATH } from './apiclient.ts';
import { VirtualClock } from './virtualclock.ts';

let api: ApiClient;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  api = await startClient({ clock });
});
afterEach(() => api.kube.close());

const newest = async (): Promise<string> => (await api.get(WIDGET_PATH)).body.metadata.resourceVersion;
const WATCH_LIST = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

describe('watch', () => {
  test('watch gives every change after its resourceVersion, also those from before it was opened', async () => {
    const start = await newest();
    await api.widget('a');
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${start}`);
    await api.merge(`${WIDGET_PATH}/a`, { spec: { size: 2 } });
    await api.delete(`${WIDGET_PATH}/a`);
    expect(await watch.take(3)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  test('watch shows an object that its last finalizer lets go as it was before', async () => {
    await api.widget('a', { finalizers: ['example.test/a'] });
    await api.delete(`${WIDGET_PATH}/a`);
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    await api.merge(`${WIDGET_PATH}/a`, { metadata: { finalizers: null } });
    expect(await watch.next()).toMatchObject({
      type: 'DELETED',
      object: { metadata: { finalizers: ['example.test/a'], resourceVersion: await newest() } },
    });
  });

  test('watch shows a deletion at a resourceVersion of its own', async () => {
    const made = await api.widget('a');
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${made.metadata.resourceVersion}`);
    await api.delete(`${WIDGET_PATH}/a`);
    const event = await watch.next();
    expect(event?.object.spec).toEqual(made.spec);
    expect(Number(event?.object.metadata.resourceVersion)).toBeGreaterThan(
      Number(made.metadata.resourceVersion),
    );
  });

  test('watch gives nothing for a write that changes nothing', async () => {
    const made = await api.widget('a');
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${made.metadata.resourceVersion}`);
    await api.put(`${WIDGET_PATH}/a`, made);
    await api.widget('b');
    expect(await watch.take(1)).toEqual(['ADDED b']);
  });

  test.each(['', 'resourceVersion=0'])('watch with "%s" gives what is there first', async (query) => {
    await api.widget('a');
    const watch = await api.watch(WIDGET_PATH, query);
    await api.widget('b');
    expect(await watch.take(2)).toEqual(['ADDED a', 'ADDED b']);
  });

  test('watch with sendInitialEvents marks the end of what was there with a bookmark', async () => {
    await api.widget('a');
    const watch = await api.watch(WIDGET_PATH, WATCH_LIST);
    expect(await watch.take(1)).toEqual(['ADDED a']);
    const bookmark = await watch.next();
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Widget',
        apiVersion: 'example.test/v1',
        metadata: { resourceVersion: await newest(), annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    await api.widget('b');
    expect(await watch.take(1)).toEqual(['ADDED b']);
  });

  test('watch with sendInitialEvents gives the end bookmark when nothing is there', async () => {
    const watch = await api.watch(WIDGET_PATH, WATCH_LIST);
    expect((await watch.next())?.type).toBe('BOOKMARK');
  });

  test('watch sees only its namespace, and only the name that is selected', async () => {
    await api.post('/api/v1/namespaces', { metadata: { name: 'other' } });
    const start = await newest();
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${start}&fieldSelector=metadata.name=b`);
    const body = { metadata: { name: 'b' }, spec: { size: 1 } };
    await api.post('/apis/example.test/v1/namespaces/other/widgets', body);
    await api.widget('a');
    await api.widget('b', { labels: { here: 'yes' } });
    expect((await watch.next())?.object.metadata).toMatchObject({ name: 'b', labels: { here: 'yes' } });
  });

  test('watch turns a change of labels into coming and going for a selector', async () => {
    await api.widget('a');
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}&labelSelector=on=yes`);
    await api.merge(`${WIDGET_PATH}/a`, { metadata: { labels: { on: 'yes' } } });
    await api.merge(`${WIDGET_PATH}/a`, { spec: { size: 2 } });
    const off = await api.merge(`${WIDGET_PATH}/a`, { metadata: { labels: { on: 'no' } } });
    expect(await watch.take(2)).toEqual(['ADDED a', 'MODIFIED a']);
    const gone = await watch.next();
    expect(gone).toMatchObject({ type: 'DELETED', object: { metadata: { labels: { on: 'yes' } } } });
    expect(gone?.object.metadata.resourceVersion).toBe(off.body.metadata.resourceVersion);
  });

  test('watch gets a bookmark each minute when it allows them', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}&allowWatchBookmarks=true`);
    clock.advance(60_000);
    expect((await watch.next())?.type).toBe('BOOKMARK');
    await api.post('/api/v1/namespaces', { metadata: { name: 'elsewhere' } });
    clock.advance(60_000);
    expect((await watch.next())?.object.metadata.resourceVersion).toBe(await newest());
  });

  test('watch ends in good order at its timeout', async () => {
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}&timeoutSeconds=5`);
    clock.advance(5000);
    expect(await watch.next()).toBeUndefined();
  });

  test('watch gives 410 in band when its resourceVersion is too old', async () => {
    const start = await newest();
    await api.widget('a');
    api.kube.faults.compact();
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${start}`);
    expect(watch.code).toBe(200);
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: expect.stringContaining('too old resource version'),
      },
    });
    expect(await watch.next()).toBeUndefined();
    const fresh = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    await api.widget('b');
    expect(await fresh.take(1)).toEqual(['ADDED b']);
  });

  test('watch gives 410 in band for a resourceVersion from before the server', async () => {
    const watch = await api.watch(WIDGET_PATH, 'resourceVersion=1');
    expect((await watch.next())?.object.code).toBe(410);
  });

  test('the log forgets its oldest changes by itself when it is full', async () => {
    const small = await startClient({ logLength: 4 });
    const { metadata } = await small.widget('a');
    for (let size = 2; size <= 9; size += 1) await small.merge(`${WIDGET_PATH}/a`, { spec: { size } });
    const watch = await small.watch(WIDGET_PATH, `resourceVersion=${metadata.resourceVersion}`);
    expect((await watch.next())?.object.code).toBe(410);
    await small.kube.close();
  });

  test.each([
    ['resourceVersion=x', 500],
    ['sendInitialEvents=true', 422],
    ['resourceVersionMatch=NotOlderThan', 422],
  ])('watch refuses %s with %i', async (query, code) => {
    expect((await api.watch(WIDGET_PATH, query)).code).toBe(code);
  });

  test('watch of a namespace ends up with all deletions when the definition goes', async () => {
    await api.widget('a');
    const watch = await api.watch(WIDGET_PATH, `resourceVersion=${await newest()}`);
    await api.delete('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.test');
    expect(await watch.take(1)).toEqual(['DELETED a']);
  });
});

test('10,000 objects are listed, paged and watched in a few seconds', async () => {
  const spec = { size: 1, shape: 'round' };
  const paths = Array.from({ length: 10_000 }, (_, index) => ({ metadata: { name: `w-${index}` }, spec }));
  for (let start = 0; start < paths.length; start += 200) {
    await Promise.all(paths.slice(start, start + 200).map((body) => api.post(WIDGET_PATH, body)));
  }
  const begun = performance.now();
  const whole = await api.get(WIDGET_PATH);
  expect(whole.body.items).toHaveLength(10_000);
  let seen = 0;
  let next = '';
  do {
    const { body } = await api.get(`${WIDGET_PATH}?limit=500&continue=${next}`);
    seen += body.items.length;
    next = encodeURIComponent(body.metadata.continue ?? '');
  } while (next !== '');
  expect(seen).toBe(10_000);
  const watch = await api.watch(WIDGET_PATH, WATCH_LIST);
  const events = await watch.take(10_001);
  expect(events.at(-1)).toBe('BOOKMARK');
  expect(performance.now() - begun).toBeLessThan(15_000);
});
