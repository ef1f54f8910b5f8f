import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startKube } from '../../../src/dev/kube/server.ts';
import { ApiClient, type Loose, startClient, WIDGET_PATH } from './apiclient.ts';
import { WIDGETS } from './widget.ts';

let api: ApiClient;

beforeAll(async () => {
  api = await startClient();
});
afterAll(() => api.kube.close());

/** The causes of a refused create, as `field: message`. */
async function causes(spec: object, metadata: object = { name: 'tried' }): Promise<readonly string[]> {
  const { code, body } = await api.post(`${WIDGET_PATH}?dryRun=All`, { metadata, spec });
  if (code === 201) return [];
  expect([code, body.reason, body.details.kind]).toEqual([422, 'Invalid', 'Widget']);
  return body.details.causes.map((cause: Loose) => `${cause.field}: ${cause.message}`);
}

const UNCHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

describe('the structural schema', () => {
  test.each([
    [{}, ['spec.size: Required value', UNCHECKED]],
    [
      { size: 'x' },
      ['spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"', UNCHECKED],
    ],
    [{ size: 0 }, ['spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1']],
    [{ size: 11 }, ['spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10']],
    [
      { size: 1, shape: 'flat' },
      ['spec.shape: Unsupported value: "flat": supported values: "round", "square"', UNCHECKED],
    ],
    [
      { size: 1, label: 'A1' },
      ['spec.label: Invalid value: "A1": spec.label in body should match \'^[a-z]+$\''],
    ],
    [
      { size: 1, label: 'a' },
      ['spec.label: Invalid value: "a": spec.label in body should be at least 2 chars long'],
    ],
    [{ size: 1, label: 'abcdef' }, ['spec.label: Too long: may not be more than 5 bytes', UNCHECKED]],
    [
      { size: 1, colors: [] },
      ['spec.colors: Invalid value: 0: spec.colors in body should have at least 1 items'],
    ],
    [
      { size: 9, colors: ['a', 'b', 'c'] },
      ['spec.colors: Too many: 3: must have at most 2 items', UNCHECKED],
    ],
    [
      { size: 1, tags: { a: '', b: '', c: '' } },
      ['spec.tags: Too many: 3: must have at most 2 items', UNCHECKED],
    ],
    [
      { size: 1, tags: { a: 1 } },
      [
        'spec.tags.a: Invalid value: "integer": spec.tags.a in body must be of type string: "integer"',
        UNCHECKED,
      ],
    ],
    [
      { size: 9, colors: ['b', 1] },
      [
        'spec.colors[1]: Invalid value: "integer": spec.colors[1] in body must be of type string: "integer"',
        UNCHECKED,
      ],
    ],
    [
      { size: 1, since: 'now' },
      ['spec.since: Invalid value: "now": spec.since in body must be of type date-time: "now"', UNCHECKED],
    ],
    [{ size: 1, since: '2026-01-01T00:00:00Z', label: 'ab' }, []],
  ])('judges the spec %j', async (spec, expected) => {
    expect(await causes(spec)).toEqual(expected);
  });

  test('a null goes where the field allows none, and stays where it does', async () => {
    const { body } = await api.post(`${WIDGET_PATH}?dryRun=All`, {
      metadata: { name: 'nulls' },
      spec: { size: 1, label: null, shape: null, note: null },
    });
    expect(body.spec).toEqual({ size: 1, shape: 'round', note: null });
  });

  test('a key of a list map that is there twice is refused', async () => {
    const made = await api.widget('double');
    const { code, body } = await api.put(`${WIDGET_PATH}/double/status`, {
      ...made,
      status: { conditions: [{ type: 'A' }, { type: 'A', status: 'x' }] },
    });
    expect(code).toBe(422);
    expect(body.details.causes).toEqual([
      {
        reason: 'FieldValueDuplicate',
        message: 'Duplicate value: {"type":"A"}',
        field: 'status.conditions[1]',
      },
    ]);
  });

  test('the message names every violation once', async () => {
    const { body } = await api.post(WIDGET_PATH, {
      metadata: { name: 'many' },
      spec: { size: 0, label: 'A1' },
    });
    expect(body.message).toBe(
      'Widget.example.test "many" is invalid: [spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1, spec.label: Invalid value: "A1": spec.label in body should match \'^[a-z]+$\']',
    );
  });
});

describe('the rules', () => {
  test('a rule gives its messageExpression at its fieldPath', async () => {
    expect(await causes({ size: 1, colors: ['a', 'b'] })).toEqual([
      'spec.size: Invalid value: size is too small for a',
    ]);
  });

  test('a rule of a list item is judged for each item, and says itself when it has no message', async () => {
    expect(await causes({ size: 2, colors: ['blue', 'red'] })).toEqual([
      `spec.colors[1]: Invalid value: "red": failed rule: self != 'red'`,
    ]);
  });

  test('a rule of the root sees the name, and an optional oldSelf that is empty at create', async () => {
    const [cause] = await causes({ size: 1 }, { name: 'bad-one' });
    expect(cause).toMatch(/^<nil>: Invalid value: failed rule: !self\.metadata\.name\.startsWith/);
  });

  test('a transition rule is not judged at create, and judged at update', async () => {
    const made = await api.widget('settled', { spec: { home: 'here' } });
    const path = `${WIDGET_PATH}/settled`;
    const { code, body } = await api.put(path, { ...made, spec: { ...made.spec, home: 'there' } });
    expect(code).toBe(422);
    expect(body.details.causes).toEqual([
      { reason: 'FieldValueForbidden', message: 'Forbidden: home is frozen', field: 'spec.home' },
    ]);
    const { home: _, ...spec } = made.spec;
    expect((await api.put(path, { ...made, spec })).code).toBe(422);
    expect((await api.put(path, { ...made, spec: { ...made.spec, size: 2 } })).code).toBe(200);
  });

  test('what was there before a definition became stricter is not held against an update', async () => {
    const kube = await startClient();
    const made = await kube.widget('older', { spec: { size: 7 } });
    const stricter = structuredClone(WIDGETS) as Loose;
    stricter.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.maximum = 5;
    stricter.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.shape[
      'x-kubernetes-validations'
    ] = [{ rule: "self != 'round'" }];
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.test';
    const current = (await kube.get(definitions)).body;
    expect((await kube.put(definitions, { ...current, spec: stricter.spec })).code).toBe(200);
    const path = `${WIDGET_PATH}/older`;
    const labelled = await kube.put(path, { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
    expect(labelled.code).toBe(200);
    const changed = await kube.put(path, { ...labelled.body, spec: { ...made.spec, size: 8 } });
    expect(changed.code).toBe(422);
    expect(changed.body.details.causes.map(({ field }: Loose) => field)).toEqual(['spec.size']);
    const fresh = await kube.post(WIDGET_PATH, { metadata: { name: 'newer' }, spec: { size: 1 } });
    expect(fresh.body.details.causes.map(({ field }: Loose) => field)).toEqual(['spec.shape']);
    await kube.kube.close();
  });
});

describe('definitions', () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const renamed = (plural: string): Loose => {
    const crd = structuredClone(WIDGETS) as Loose;
    crd.metadata.name = `${plural}.example.test`;
    crd.spec.names.plural = plural;
    return crd;
  };

  test('a definition that is posted is established, served and, when deleted, gone with its objects', async () => {
    const { code, body } = await api.post(definitions, renamed('gadgets'));
    expect(code).toBe(201);
    expect(body.status.conditions.map(({ type, status }: Loose) => `${type}=${status}`)).toEqual([
      'NamesAccepted=True',
      'Established=True',
    ]);
    const path = '/apis/example.test/v1/namespaces/default/gadgets';
    expect((await api.post(path, { metadata: { name: 'a' }, spec: { size: 1 } })).code).toBe(201);
    await api.delete(`${definitions}/gadgets.example.test`);
    expect((await api.get(path)).code).toBe(404);
    await api.post(definitions, renamed('gadgets'));
    expect((await api.get(path)).body.items).toEqual([]);
  });

  test('a definition with a rule that cannot be parsed is refused, and names it', async () => {
    const crd = renamed('broken');
    crd.spec.versions[0].schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'] = [
      { rule: 'self. ==' },
    ];
    const { code, body } = await api.post(definitions, crd);
    expect(code).toBe(422);
    expect(body.details.causes[0].field).toContain('properties[spec].x-kubernetes-validations[0].rule');
  });

  test('a definition whose name is not plural and group is refused', async () => {
    const crd = renamed('other');
    crd.metadata.name = 'wrong.example.test';
    expect((await api.post(definitions, crd)).code).toBe(422);
  });

  test("the project's own definitions are served", async () => {
    const folder = new URL('../../../crds/', import.meta.url);
    const crds = readdirSync(folder).map((file) => parse(readFileSync(new URL(file, folder), 'utf8')));
    const own = new ApiClient(await startKube({ crds }));
    const path = '/apis/alb.alicloud.dev/v1alpha1/namespaces/default/securitypolicies';
    const spec = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
    const what = { apiVersion: 'alb.alicloud.dev/v1alpha1', kind: 'SecurityPolicy' };
    const good = await own.post(path, { ...what, metadata: { name: 'good' }, spec });
    expect([good.code, good.body.status]).toEqual([201, { observedGeneration: -1 }]);
    const bad = await own.post(path, {
      ...what,
      metadata: { name: 'bad' },
      spec: { ...spec, tlsVersions: ['TLSv1.3'] },
    });
    expect([bad.code, bad.body.reason]).toEqual([422, 'Invalid']);
    await own.kube.close();
  });
});
