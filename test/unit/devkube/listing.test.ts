import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type ApiClient, type Loose, startClient, WIDGET_PATH } from './apiclient.ts';

let api: ApiClient;
const NAMES = ['a', 'b', 'c', 'd', 'e'];

beforeAll(async () => {
  api = await startClient();
  for (const name of NAMES.toReversed()) {
    await api.widget(name, { labels: { letter: name, vowel: 'ae'.includes(name) ? 'yes' : 'no' } });
  }
  await api.post('/api/v1/namespaces', { metadata: { name: 'other' } });
  const elsewhere = { metadata: { name: 'z' }, spec: { size: 1 } };
  await api.post('/apis/example.test/v1/namespaces/other/widgets', elsewhere);
});
afterAll(() => api.kube.close());

const names = ({ body }: Answer): readonly string[] => body.items.map((item: Loose) => item.metadata.name);
const list = (query: string): Promise<Answer> => api.get(`${WIDGET_PATH}?${query}`);

describe('list', () => {
  test('list gives the objects of a namespace by name, at the newest resourceVersion', async () => {
    const { body } = await list('');
    expect(body).toMatchObject({ kind: 'WidgetList', apiVersion: 'example.test/v1' });
    expect(body.items.map((item: Loose) => item.metadata.name)).toEqual(NAMES);
    const newest = Math.max(...body.items.map((item: Loose) => Number(item.metadata.resourceVersion)));
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThanOrEqual(newest);
  });

  test('list of all namespaces gives the objects of each', async () => {
    expect(names(await api.get('/apis/example.test/v1/widgets'))).toEqual([...NAMES, 'z']);
  });

  test('list gives pages that show one moment, whatever is written between them', async () => {
    const own = await startClient();
    for (const name of NAMES) await own.widget(name);
    const first = await own.get(`${WIDGET_PATH}?limit=2`);
    expect([names(first), first.body.metadata.remainingItemCount]).toEqual([['a', 'b'], 3]);
    await own.widget('cc');
    await own.delete(`${WIDGET_PATH}/d`);
    await own.merge(`${WIDGET_PATH}/e`, { spec: { size: 9 } });
    const next = encodeURIComponent(first.body.metadata.continue);
    const rest = await own.get(`${WIDGET_PATH}?limit=10&continue=${next}`);
    expect(names(rest)).toEqual(['c', 'd', 'e']);
    expect(rest.body.items[2].spec.size).toBe(1);
    expect(rest.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    expect(rest.body.metadata.continue).toBe('');
    await own.kube.close();
  });

  test('list answers 410 to a continue token from before a compaction, with one that goes on', async () => {
    const first = await list('limit=2');
    api.kube.faults.compact();
    const old = await list(`limit=2&continue=${first.body.metadata.continue}`);
    expect([old.code, old.body.reason]).toEqual([410, 'Expired']);
    const rest = await list(`continue=${old.body.metadata.continue}`);
    expect(names(rest)).toEqual(['c', 'd', 'e']);
  });

  test('list ignores the limit at resourceVersion 0', async () => {
    expect(names(await list('limit=2&resourceVersion=0'))).toEqual(NAMES);
  });

  test('list gives an exact resourceVersion of the past, and 410 once that is compacted', async () => {
    const { resourceVersion } = (await list('')).body.metadata;
    await api.widget('f');
    const past = `resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`;
    expect(names(await list(past))).toEqual(NAMES);
    expect(names(await list(`resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`))).toEqual(
      [...NAMES, 'f'],
    );
    api.kube.faults.compact();
    expect((await list(past)).code).toBe(410);
    await api.delete(`${WIDGET_PATH}/f`);
  });

  test('list answers 504 to a resourceVersion of the future', async () => {
    const { code, body, headers } = await list('resourceVersion=999999');
    expect([code, body.reason, headers.get('retry-after')]).toEqual([504, 'Timeout', '1']);
    expect(body.details.causes[0].reason).toBe('ResourceVersionTooLarge');
  });

  test.each([
    ['resourceVersion=x', 400],
    ['continue=x', 400],
    ['limit=x', 400],
    ['resourceVersionMatch=Never&resourceVersion=1', 422],
    ['labelSelector=a%20b%20c', 400],
    ['fieldSelector=spec.size%3D1', 400],
    ['sendInitialEvents=true', 422],
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersionMatch=Exact&resourceVersion=0', 422],
  ])('list refuses %s with %i', async (query, code) => {
    expect((await list(query)).code).toBe(code);
  });

  test('list gives metadata only when that is asked for', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
    const { body } = await api.get(WIDGET_PATH, { accept });
    expect(body.kind).toBe('PartialObjectMetadataList');
    expect(Object.keys(body.items[0])).toEqual(['kind', 'apiVersion', 'metadata']);
  });

  test('list of a built-in kind leaves the kind of its items out, as the real server does', async () => {
    const { body } = await api.get('/api/v1/namespaces');
    expect(body.kind).toBe('NamespaceList');
    expect(names({ code: 200, body, headers: new Headers() })).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
      'other',
    ]);
    expect(body.items[0]).not.toHaveProperty('kind');
  });
});

describe('selectors', () => {
  test.each([
    ['labelSelector=vowel=yes', ['a', 'e']],
    ['labelSelector=vowel==yes', ['a', 'e']],
    ['labelSelector=vowel!=yes', ['b', 'c', 'd']],
    ['labelSelector=letter in (a, c)', ['a', 'c']],
    ['labelSelector=letter notin (a, c)', ['b', 'd', 'e']],
    ['labelSelector=vowel', NAMES],
    ['labelSelector=!vowel', []],
    ['labelSelector=vowel=no,letter in (a,b)', ['b']],
    ['fieldSelector=metadata.name=c', ['c']],
    ['fieldSelector=metadata.name!=c', ['a', 'b', 'd', 'e']],
  ])('list with %s gives %j', async (query, expected) => {
    expect(names(await list(query.replaceAll(' ', '%20')))).toEqual(expected);
  });

  test('a page is full of what is selected', async () => {
    const first = await list('labelSelector=vowel=no&limit=2');
    expect(names(first)).toEqual(['b', 'c']);
    expect(
      names(await list(`labelSelector=vowel=no&limit=2&continue=${first.body.metadata.continue}`)),
    ).toEqual(['d']);
  });
});
