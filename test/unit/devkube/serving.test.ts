import { access, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { devKube } from '../../../src/cli/devkube.ts';
import { startKube } from '../../../src/dev/kube/server.ts';
import { type ApiClient, type Loose, startClient, WIDGET_PATH } from './apiclient.ts';

let api: ApiClient;

beforeAll(async () => {
  api = await startClient();
});
afterAll(() => api.kube.close());

describe('what a client finds', () => {
  test('readyz answers ok', async () => {
    const response = await fetch(`${api.kube.url}/readyz`);
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
  });

  test('version tells major and minor', async () => {
    expect((await api.get('/version')).body).toMatchObject({
      major: '1',
      gitVersion: expect.stringMatching(/^v1\.\d+\.\d+$/),
    });
  });

  test('discovery names groups, versions and resources', async () => {
    expect((await api.get('/api')).body.versions).toEqual(['v1']);
    const groups = (await api.get('/apis')).body.groups.map(
      (group: Loose) => group.preferredVersion.groupVersion,
    );
    expect(groups).toEqual([
      'events.k8s.io/v1',
      'coordination.k8s.io/v1',
      'apiextensions.k8s.io/v1',
      'example.test/v1',
    ]);
    const { body } = await api.get('/apis/example.test/v1');
    expect(body.resources.map((resource: Loose) => resource.name)).toEqual(['widgets', 'widgets/status']);
    expect(body.resources[0]).toMatchObject({ kind: 'Widget', namespaced: true, shortNames: ['wd'] });
  });

  test.each([
    '/openapi/v2',
    '/apis/none.test/v1',
    '/apis/example.test/v1/gizmos',
    '/apis/example.test/v1/widgets/a',
  ])('%s answers 404', async (path) => {
    expect((await api.get(path)).code).toBe(404);
  });

  test('a method that the path does not have answers 405', async () => {
    expect((await api.send('OPTIONS', `${WIDGET_PATH}/a`)).code).toBe(405);
    expect((await api.post('/apis/example.test/v1/widgets', {})).code).toBe(404);
  });

  test('OpenAPI says that a patch of each kind takes fieldValidation, so that kubectl leaves that to the server', async () => {
    const { body } = await api.get('/openapi/v3');
    const { serverRelativeURL } = body.paths['apis/example.test/v1'];
    const { patch } = (await api.get(serverRelativeURL)).body.paths[
      '/apis/example.test/v1/namespaces/{namespace}/widgets/{name}'
    ];
    expect(patch['x-kubernetes-group-version-kind'].kind).toBe('Widget');
    expect(patch.parameters[0].name).toBe('fieldValidation');
  });

  test('the namespaces of every cluster exist, each with a uid', async () => {
    for (const name of ['default', 'kube-system']) {
      expect((await api.get(`/api/v1/namespaces/${name}`)).body).toMatchObject({
        metadata: { uid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
        status: { phase: 'Active' },
      });
    }
  });

  test('a lease is created and updated by resourceVersion, as leader election does', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const spec = { holderIdentity: 'a', leaseTransitions: 0 };
    const made = await api.post(leases, { metadata: { name: 'lead' }, spec });
    expect(made.code).toBe(201);
    const taken = await api.put(`${leases}/lead`, { ...made.body, spec: { ...spec, holderIdentity: 'b' } });
    expect([taken.code, taken.body.spec.holderIdentity]).toEqual([200, 'b']);
    expect((await api.put(`${leases}/lead`, made.body)).code).toBe(409);
  });

  test('an event of one group is seen in the other, in the words of each', async () => {
    const event = {
      metadata: { name: 'e' },
      regarding: { kind: 'Widget', name: 'a' },
      reason: 'Made',
      note: 'It is made',
      type: 'Normal',
      reportingController: 'test',
    };
    const made = await api.post('/apis/events.k8s.io/v1/namespaces/default/events', event);
    expect(made.body).toMatchObject(event);
    const { body } = await api.get('/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=a');
    expect(body.items[0]).toMatchObject({
      message: 'It is made',
      involvedObject: { name: 'a' },
      reportingComponent: 'test',
    });
  });

  test('deletecollection deletes what is selected', async () => {
    await api.widget('one', { labels: { go: 'yes' } });
    await api.widget('two');
    expect((await api.delete(`${WIDGET_PATH}?labelSelector=go=yes`)).code).toBe(200);
    expect((await api.get(WIDGET_PATH)).body.items.map((item: Loose) => item.metadata.name)).toEqual(['two']);
  });
});

test('the recorder keeps verb, resource, code, agent and size of each request, never its body', async () => {
  api.kube.requests.clear();
  await api.send(
    'POST',
    '/api/v1/namespaces/default/secrets?dryRun=All',
    { metadata: { name: 's' } },
    { 'user-agent': 'tester/1' },
  );
  await api.get(`${WIDGET_PATH}/none/status`);
  expect(api.kube.requests.list()).toEqual([
    expect.objectContaining({
      verb: 'create',
      resource: 'secrets',
      code: 201,
      userAgent: 'tester/1',
      bodyBytes: 25,
      dryRun: true,
    }),
    expect.objectContaining({
      verb: 'get',
      resource: 'widgets',
      subresource: 'status',
      name: 'none',
      code: 404,
    }),
  ]);
  expect(api.kube.requests.list({ verb: 'get' })).toHaveLength(1);
});

test('the kubeconfig points at the server with a token', async () => {
  const config: Loose = parse(api.kube.kubeconfig());
  expect(config.clusters[0].cluster.server).toBe(api.kube.url);
  expect(config.users[0].user.token).toBe('stand-in');
  const { KubeConfig } = await import('@kubernetes/client-node');
  const read = new KubeConfig();
  read.loadFromString(api.kube.kubeconfig());
  // The client library refuses plain HTTP in a kubeconfig that does not allow for it.
  await expect(read.applyToHTTPSOptions({})).resolves.toBeUndefined();
});

test.each(['0.0.0.0:0', '10.0.0.1:80', '127.0.0.1'])('startKube refuses to listen on %s', async (listen) => {
  await expect(startKube({ listen })).rejects.toThrow(`Listen address '${listen}'`);
});

describe('devKube', () => {
  test('devKube prints one line, serves with the definitions until the signal, and removes its file', async () => {
    const abort = new AbortController();
    const line = Promise.withResolvers<string>();
    const stdout = { write: (text: string) => line.resolve(text) };
    const code = devKube(
      ['--crds', new URL('../../../crds', import.meta.url).pathname],
      { stdout, stderr: stdout },
      abort.signal,
    );
    const { url, kubeconfig } = JSON.parse(await line.promise) as { url: string; kubeconfig: string };
    const list = await fetch(`${url}/apis/alb.alicloud.dev/v1alpha1/securitypolicies`);
    expect(list.status).toBe(200);
    expect(await readFile(kubeconfig, 'utf8')).toContain(url);
    abort.abort();
    expect(await code).toBe(0);
    await expect(access(kubeconfig)).rejects.toThrow();
    await expect(fetch(url)).rejects.toThrow();
  });

  test.each(['--help', '-h'])('devKube says how it is called for %s, and serves nothing', async (flag) => {
    let said = '';
    const stdout = {
      write: (text: string) => {
        said += text;
      },
    };
    expect(await devKube([flag], { stdout, stderr: stdout }, new AbortController().signal)).toBe(0);
    expect(said).toMatch(/^Usage: albsp dev kube /);
  });

  test.each([
    [['--nope'], 2],
    [['--listen', '0.0.0.0:80'], 1],
    [['--crds', '/does/not/exist'], 1],
  ])('devKube %j exits %i with a reason', async (args, expected) => {
    let said = '';
    const stderr = {
      write: (text: string) => {
        said += text;
      },
    };
    expect(await devKube(args, { stdout: stderr, stderr }, AbortSignal.abort())).toBe(expected);
    expect(said).not.toBe('');
  });
});
