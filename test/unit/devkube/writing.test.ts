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

describe('create', () => {
  test('create answers 201 with what only the server sets', async () => {
    const { code, body } = await api.post(WIDGET_PATH, { metadata: { name: 'fresh' }, spec: { size: 2 } });
    expect(code).toBe(201);
    expect(body).toMatchObject({
      apiVersion: 'example.test/v1',
      kind: 'Widget',
      metadata: {
        name: 'fresh',
        namespace: 'default',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        resourceVersion: expect.stringMatching(/^\d+$/),
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
  });

  test('create drops a status and gives the default of the schema', async () => {
    const { body } = await api.post(WIDGET_PATH, {
      metadata: { name: 'born' },
      spec: { size: 1 },
      status: { phase: 'Done' },
    });
    expect(body.status).toEqual({ observedGeneration: -1 });
    expect(body.spec.shape).toBe('round');
  });

  test('create answers 409 AlreadyExists when the name is taken', async () => {
    await api.widget('taken');
    const { code, body } = await api.post(WIDGET_PATH, { metadata: { name: 'taken' }, spec: { size: 1 } });
    expect(code).toBe(409);
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'AlreadyExists',
      message: 'widgets.example.test "taken" already exists',
      details: { name: 'taken', group: 'example.test', kind: 'widgets' },
    });
  });

  test('create answers 404 when the namespace does not exist', async () => {
    const { code, body } = await api.post('/apis/example.test/v1/namespaces/nowhere/widgets', {
      metadata: { name: 'a' },
      spec: { size: 1 },
    });
    expect([code, body.message]).toEqual([404, 'namespaces "nowhere" not found']);
  });

  test('create stores nothing in a dry run', async () => {
    const { code, body } = await api.post(`${WIDGET_PATH}?dryRun=All`, {
      metadata: { name: 'dry' },
      spec: { size: 1 },
    });
    expect([code, body.metadata.name]).toEqual([201, 'dry']);
    expect((await api.get(at('dry'))).code).toBe(404);
  });

  test('create makes a name when only generateName is given', async () => {
    const { body } = await api.post(WIDGET_PATH, { metadata: { generateName: 'w-' }, spec: { size: 1 } });
    expect(body.metadata.name).toMatch(/^w-[a-z0-9]{5}$/);
  });

  test.each([
    [{ metadata: { name: 'x', namespace: 'other' }, spec: { size: 1 } }, 400],
    [{ apiVersion: 'example.test/v2', metadata: { name: 'x' }, spec: { size: 1 } }, 400],
    [{ kind: 'Gadget', metadata: { name: 'x' }, spec: { size: 1 } }, 422],
    [{ kind: '', metadata: { name: 'x' }, spec: { size: 1 } }, 400],
    [{ metadata: { name: 'x', resourceVersion: '1' }, spec: { size: 1 } }, 500],
    [{ metadata: { name: 'Not_A_Name' }, spec: { size: 1 } }, 422],
    [{ metadata: {}, spec: { size: 1 } }, 422],
    ['{', 400],
  ])('create refuses %j with %i', async (body, code) => {
    expect((await api.post(WIDGET_PATH, body)).code).toBe(code);
  });
});

describe('unknown fields', () => {
  const body = { metadata: { name: 'odd' }, spec: { size: 1, sise: 2 } };

  test('create prunes them and warns when nothing else is asked', async () => {
    const answer = await api.post(`${WIDGET_PATH}?dryRun=All`, body);
    expect(answer.body.spec).toEqual({ size: 1, shape: 'round' });
    expect(answer.headers.get('warning')).toBe('299 - "unknown field \\"spec.sise\\""');
  });

  test('create refuses them when fieldValidation is Strict', async () => {
    const { code, body: status } = await api.post(`${WIDGET_PATH}?fieldValidation=Strict`, body);
    expect(code).toBe(400);
    expect(status.message).toContain('strict decoding error: unknown field "spec.sise"');
  });
});

describe('update', () => {
  test('update counts the generation when the spec changes, and only then', async () => {
    const made = await api.widget('counted');
    const changed = await api.put(at('counted'), { ...made, spec: { ...made.spec, size: 3 } });
    expect([changed.code, changed.body.metadata.generation]).toEqual([200, 2]);
    const { metadata } = changed.body;
    const labelled = await api.put(at('counted'), {
      ...changed.body,
      metadata: { ...metadata, labels: { a: 'b' } },
    });
    expect(labelled.body.metadata).toMatchObject({ generation: 2, labels: { a: 'b' } });
  });

  test('update keeps the resourceVersion when nothing differs', async () => {
    const made = await api.widget('same');
    const { code, body } = await api.put(at('same'), made);
    expect([code, body.metadata.resourceVersion]).toEqual([200, made.metadata.resourceVersion]);
  });

  test('update answers 409 Conflict when the resourceVersion is an old one', async () => {
    const made = await api.widget('raced');
    await api.put(at('raced'), { ...made, spec: { size: 2 } });
    const { code, body } = await api.put(at('raced'), { ...made, spec: { size: 3 } });
    expect([code, body.reason]).toEqual([409, 'Conflict']);
    expect(body.message).toBe(
      'Operation cannot be fulfilled on widgets.example.test "raced": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  test('update answers 409 when nothing differs but the resourceVersion is an old one', async () => {
    const made = await api.widget('fence');
    await api.merge(at('fence'), { metadata: { labels: { a: '1' } } });
    expect((await api.put(at('fence'), made)).code).toBe(409);
  });

  test('update answers 409 when the uid is of another object', async () => {
    const made = await api.widget('twin');
    const { code, body } = await api.put(at('twin'), {
      ...made,
      metadata: { ...made.metadata, uid: 'other' },
    });
    expect(code).toBe(409);
    expect(body.message).toContain(`UID in precondition: other, UID in object meta: ${made.metadata.uid}`);
  });

  test('update of a custom resource answers 422 without a resourceVersion', async () => {
    await api.widget('blind');
    const { code, body } = await api.put(at('blind'), { metadata: { name: 'blind' }, spec: { size: 2 } });
    expect(code).toBe(422);
    expect(body.details.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ]);
  });

  test('update of a secret needs no resourceVersion', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    await api.post(secrets, { metadata: { name: 's' }, stringData: { key: 'value' } });
    const { code, body } = await api.put(`${secrets}/s`, {
      metadata: { name: 's' },
      data: { key: 'b3RoZXI=' },
    });
    expect([code, body.data.key, body.type]).toEqual([200, 'b3RoZXI=', 'Opaque']);
  });

  test('update answers 404 when there is no such object', async () => {
    const { code, body } = await api.put(at('missing'), { metadata: { name: 'missing' }, spec: { size: 2 } });
    expect([code, body.message]).toEqual([404, 'widgets.example.test "missing" not found']);
  });

  test('update leaves what only the server sets as it is', async () => {
    const made = await api.widget('stubborn');
    const metadata = {
      ...made.metadata,
      generation: 99,
      creationTimestamp: '2000-01-01T00:00:00Z',
    };
    const { body } = await api.put(at('stubborn'), { ...made, metadata });
    expect(body.metadata).toEqual(made.metadata);
  });

  test('update stores nothing in a dry run', async () => {
    const made = await api.widget('rehearsed');
    const { body } = await api.put(`${at('rehearsed')}?dryRun=All`, { ...made, spec: { size: 5 } });
    expect(body.spec.size).toBe(5);
    expect((await api.get(at('rehearsed'))).body).toEqual(made);
  });
});

describe('the status subresource', () => {
  test('update of the object ignores the status', async () => {
    const made = await api.widget('front');
    const { body } = await api.put(at('front'), { ...made, status: { phase: 'Forged' } });
    expect(body.status).toEqual({ observedGeneration: -1 });
  });

  test('update of the status ignores all else and keeps the generation', async () => {
    const made = await api.widget('back');
    const metadata = { ...made.metadata, labels: { a: 'b' }, finalizers: ['example.test/x'] };
    const { code, body } = await api.put(`${at('back')}/status`, {
      ...made,
      metadata,
      spec: { size: 9 },
      status: { phase: 'Done', observedGeneration: 1 },
    });
    expect(code).toBe(200);
    expect(body).toMatchObject({ spec: { size: 1 }, status: { phase: 'Done' }, metadata: { generation: 1 } });
    expect(body.metadata).not.toHaveProperty('labels');
    expect(body.metadata).not.toHaveProperty('finalizers');
  });

  test('update of the status answers 409 when the resourceVersion is an old one', async () => {
    const made = await api.widget('late');
    await api.put(at('late'), { ...made, spec: { size: 2 } });
    expect((await api.put(`${at('late')}/status`, { ...made, status: { phase: 'x' } })).code).toBe(409);
  });

  test('update of the status keeps the resourceVersion when nothing differs', async () => {
    const made = await api.widget('calm');
    const { body } = await api.put(`${at('calm')}/status`, made);
    expect(body.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test('a kind without one answers 404', async () => {
    expect((await api.get('/api/v1/namespaces/default/secrets/s/status')).code).toBe(404);
  });
});

test('update cannot set what says that an object is being deleted', async () => {
  const made = await api.widget('undying');
  const metadata = { ...made.metadata, deletionTimestamp: '2000-01-01T00:00:00Z' };
  const { code, body } = await api.put(at('undying'), { ...made, metadata });
  expect([code, body.details.causes[0].field]).toEqual([422, 'metadata.deletionTimestamp']);
});

describe('merge patch', () => {
  test('patch lays fields over the object and removes nulls', async () => {
    await api.widget('patched', { spec: { label: 'abc', tags: { a: '1', b: '2' } } });
    const { code, body } = await api.merge(at('patched'), {
      spec: { label: null, tags: { a: null, c: '3' } },
    });
    expect(code).toBe(200);
    expect(body.spec).toEqual({ size: 1, shape: 'round', tags: { b: '2', c: '3' } });
  });

  test('patch of the status changes the status alone', async () => {
    await api.widget('marked');
    const { body } = await api.merge(`${at('marked')}/status`, {
      spec: { size: 9 },
      status: { phase: 'Up' },
    });
    expect(body).toMatchObject({ spec: { size: 1 }, status: { phase: 'Up', observedGeneration: -1 } });
  });

  test('patch answers 409 when it carries an old resourceVersion', async () => {
    const made = await api.widget('dated');
    await api.merge(at('dated'), { spec: { size: 2 } });
    const { resourceVersion } = made.metadata;
    expect((await api.merge(at('dated'), { metadata: { resourceVersion }, spec: { size: 3 } })).code).toBe(
      409,
    );
  });

  test('patch answers 415 for a strategic merge patch of a custom resource', async () => {
    const type = { 'content-type': 'application/strategic-merge-patch+json' };
    const { code, body } = await api.send('PATCH', at('patched'), {}, type);
    expect([code, body.reason]).toEqual([415, 'UnsupportedMediaType']);
  });
});

describe('JSON patch', () => {
  const patch = (operations: object): ReturnType<ApiClient['send']> =>
    api.send('PATCH', at('edited'), operations, { 'content-type': 'application/json-patch+json' });

  test('patch adds, replaces, tests, moves, copies and removes', async () => {
    await api.widget('edited', { spec: { size: 2, colors: ['a'], tags: { 'x/y': '1' } } });
    const { code, body } = await patch([
      { op: 'test', path: '/spec/size', value: 2 },
      { op: 'add', path: '/spec/colors/0', value: 'b' },
      { op: 'replace', path: '/spec/size', value: 3 },
      { op: 'copy', from: '/spec/tags/x~1y', path: '/spec/tags/z' },
      { op: 'move', from: '/spec/tags/x~1y', path: '/spec/tags/w' },
      { op: 'remove', path: '/spec/colors/1' },
    ]);
    expect([code, body.spec]).toEqual([
      200,
      { size: 3, shape: 'round', colors: ['b'], tags: { z: '1', w: '1' } },
    ]);
  });

  test.each([
    [{ op: 'test', path: '/spec/size', value: 9 }],
    [{ op: 'remove', path: '/spec/none' }],
    [{ op: 'replace', path: '/spec/none', value: 1 }],
    [{ op: 'add', path: '/spec/colors/7', value: 'c' }],
    [{ op: 'jump', path: '/spec' }],
  ])('patch answers 422 when %j cannot be done', async (operation) => {
    expect((await patch([operation])).code).toBe(422);
  });
});

describe('server-side apply', () => {
  test('apply creates what is not there, from YAML too', async () => {
    const yaml = 'apiVersion: example.test/v1\nkind: Widget\nmetadata:\n  name: applied\nspec:\n  size: 4\n';
    const { code, body } = await api.apply(at('applied'), yaml);
    expect([code, body.metadata.name, body.spec.size]).toEqual([201, 'applied', 4]);
  });

  test('apply keeps what others set, and removes what the same manager leaves out', async () => {
    await api.apply(at('shared'), {
      metadata: { name: 'shared' },
      spec: { size: 1, tags: { a: '1', b: '2' } },
    });
    await api.merge(at('shared'), { spec: { label: 'abc' } });
    const { code, body } = await api.apply(at('shared'), {
      metadata: { name: 'shared' },
      spec: { size: 1, tags: { a: '1' } },
    });
    expect(code).toBe(200);
    expect(body.spec).toEqual({ size: 1, shape: 'round', label: 'abc', tags: { a: '1' } });
  });

  test('apply merges a list map by key and replaces an atomic list', async () => {
    await api.widget('lists', { spec: { size: 2, colors: ['blue'] } });
    await api.apply(`${at('lists')}/status`, {
      metadata: { name: 'lists' },
      status: { conditions: [{ type: 'A' }, { type: 'B' }] },
    });
    const status = await api.apply(
      `${at('lists')}/status`,
      { metadata: { name: 'lists' }, status: { conditions: [{ type: 'B', status: 'True' }] } },
      'fieldManager=other',
    );
    expect(status.body.status.conditions).toEqual([{ type: 'A' }, { type: 'B', status: 'True' }]);
    const { body } = await api.apply(at('lists'), {
      metadata: { name: 'lists' },
      spec: { colors: ['green'] },
    });
    expect(body.spec.colors).toEqual(['green']);
  });

  test('apply answers 422 without a field manager', async () => {
    const { code, body } = await api.apply(
      at('applied'),
      { metadata: { name: 'applied' }, spec: { size: 1 } },
      '',
    );
    expect([code, body.message]).toEqual([
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ]);
  });

  test('apply of a status answers 404 when there is no such object', async () => {
    expect(
      (await api.apply(`${at('nobody')}/status`, { metadata: { name: 'nobody' }, status: {} })).code,
    ).toBe(404);
  });
});
