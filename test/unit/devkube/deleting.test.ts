import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiClient, startClient, WIDGET_PATH } from './apiclient.ts';
import { VirtualClock } from './virtualclock.ts';

let api: ApiClient;
const clock = new VirtualClock();

beforeAll(async () => {
  api = await startClient({ clock });
});
afterAll(() => api.kube.close());

const at = (name: string): string => `${WIDGET_PATH}/${name}`;

describe('delete', () => {
  test('delete removes an object without finalizers at once and says so', async () => {
    const made = await api.widget('gone');
    const { code, body } = await api.delete(at('gone'));
    expect(code).toBe(200);
    expect(body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'gone', group: 'example.test', kind: 'widgets', uid: made.metadata.uid },
    });
    expect((await api.get(at('gone'))).code).toBe(404);
  });

  test('delete marks an object with finalizers, which goes with the last of them', async () => {
    const { metadata } = await api.widget('held', { finalizers: ['example.test/a', 'example.test/b'] });
    const marked = await api.delete(at('held'));
    expect(marked.body.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
      generation: metadata.generation + 1,
    });
    const again = await api.delete(at('held'));
    expect(again.body.metadata.resourceVersion).toBe(marked.body.metadata.resourceVersion);
    await api.merge(at('held'), { metadata: { finalizers: ['example.test/b'] } });
    expect((await api.get(at('held'))).code).toBe(200);
    const last = await api.merge(at('held'), { metadata: { finalizers: null } });
    expect(last.code).toBe(200);
    expect((await api.get(at('held'))).code).toBe(404);
  });

  test('no finalizer can be added to an object that is being deleted', async () => {
    await api.widget('leaving', { finalizers: ['example.test/a'] });
    await api.delete(at('leaving'));
    const finalizers = ['example.test/a', 'example.test/b'];
    const { code, body } = await api.merge(at('leaving'), { metadata: { finalizers } });
    expect([code, body.details.causes[0].reason]).toEqual([422, 'FieldValueForbidden']);
  });

  test.each(['uid', 'resourceVersion'])(
    'delete answers 409 when the precondition %s is not met',
    async (field) => {
      await api.widget(`sure-${field.toLowerCase()}`);
      const path = at(`sure-${field.toLowerCase()}`);
      const { code, body } = await api.delete(path, { preconditions: { [field]: '1' } });
      expect([code, body.reason]).toEqual([409, 'Conflict']);
      expect((await api.get(path)).code).toBe(200);
    },
  );

  test('delete removes nothing in a dry run', async () => {
    await api.widget('spared');
    expect((await api.delete(`${at('spared')}?dryRun=All`)).code).toBe(200);
    expect((await api.get(at('spared'))).code).toBe(200);
  });

  test('delete of an object that is not there answers 404', async () => {
    expect((await api.delete(at('never'))).code).toBe(404);
  });

  test('a namespace goes when the last object in it has gone, and takes no new ones before', async () => {
    await api.post('/api/v1/namespaces', { metadata: { name: 'brief' } });
    const inside = '/apis/example.test/v1/namespaces/brief/widgets';
    await api.post(inside, { metadata: { name: 'a', finalizers: ['example.test/a'] }, spec: { size: 1 } });
    await api.post(inside, { metadata: { name: 'b' }, spec: { size: 1 } });
    const { body } = await api.delete('/api/v1/namespaces/brief');
    expect(body.status.phase).toBe('Terminating');
    const refused = await api.post(inside, { metadata: { name: 'c' }, spec: { size: 1 } });
    expect([refused.code, refused.body.reason]).toEqual([403, 'Forbidden']);
    expect(
      (await api.get(inside)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ).toEqual(['a']);
    await api.merge(`${inside}/a`, { metadata: { finalizers: [] } });
    expect((await api.get('/api/v1/namespaces/brief')).code).toBe(404);
  });
});
