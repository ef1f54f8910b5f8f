import { describe, expect, test } from 'vitest';
import { readClusterId } from '../../../src/adapters/kube/clusterid.ts';
import { loadKubeConfig } from '../../../src/adapters/kube/config.ts';
import { createTokenSource } from '../../../src/adapters/kube/tokensource.ts';
import { json, startRig, status } from './apiserver.ts';
import { createRecordingLog } from './recordinglog.ts';
import { createVirtualClock } from './virtualclock.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const KUBECONFIG = `
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u, namespace: team}}
- {name: two, context: {cluster: c, user: cert}}
- {name: broken, context: {cluster: nowhere, user: u}}
clusters:
- {name: c, cluster: {server: 'https://127.0.0.1:6443/', certificate-authority-data: Q0E=, tls-server-name: api}}
users:
- {name: u, user: {token: T}}
- {name: cert, user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}}
`;

function load(
  files: Readonly<Record<string, string>>,
  more: {
    readonly kubeconfig?: string;
    readonly context?: string;
    readonly environment?: Record<string, string>;
  },
): ReturnType<typeof loadKubeConfig> {
  return loadKubeConfig({
    environment: {},
    clock: createVirtualClock(),
    log: createRecordingLog(),
    readFile: async (path) => {
      const content = files[path];
      if (content === undefined) throw new Error('ENOENT');
      return content;
    },
    ...more,
  });
}

const IN_POD = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443', HOME: '/home' };

describe('loadKubeConfig()', () => {
  test('uses the service account inside a cluster', async () => {
    const files = {
      [`${ACCOUNT}/token`]: 'T\n',
      [`${ACCOUNT}/ca.crt`]: 'CA',
      [`${ACCOUNT}/namespace`]: 'ns',
    };
    const result = await load(files, { environment: IN_POD });
    if (result.kind === 'error') throw new Error(result.message);
    expect(result.config).toMatchObject({
      server: 'https://[fd00::1]:6443',
      namespace: 'ns',
      certificates: { ca: 'CA' },
    });
    expect(await result.config.token()).toBe('T');
    expect(await result.config.reread?.()).toEqual({ ca: 'CA' });
  });

  test('uses the file that is named, inside a cluster too', async () => {
    const files = { [`${ACCOUNT}/token`]: 'X', [`${ACCOUNT}/ca.crt`]: 'CA', '/k': KUBECONFIG };
    const result = await load(files, { kubeconfig: '/k', environment: IN_POD });
    if (result.kind === 'error') throw new Error(result.message);
    expect(result.config).toMatchObject({
      server: 'https://127.0.0.1:6443',
      namespace: 'team',
      serverName: 'api',
      certificates: { ca: 'CA' },
    });
    expect(await result.config.token()).toBe('T');
  });

  test('uses the context that is named, with its client certificate', async () => {
    const result = await load(
      { '/home/.kube/config': KUBECONFIG },
      { context: 'two', environment: { HOME: '/home' } },
    );
    if (result.kind === 'error') throw new Error(result.message);
    expect(result.config.certificates).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY' });
    expect(result.config.namespace).toBe('default');
    expect(await result.config.token()).toBeUndefined();
  });

  test('merges the files of KUBECONFIG, the first one counts', async () => {
    const second = KUBECONFIG.replace('token: T', 'token: other').replace(
      'current-context: one',
      'current-context: two',
    );
    const environment = { KUBECONFIG: '/missing:/a:/b' };
    const result = await load({ '/a': KUBECONFIG, '/b': second }, { environment });
    if (result.kind === 'error') throw new Error(result.message);
    expect(await result.config.token()).toBe('T');
  });

  test.each([
    [
      { '/k': KUBECONFIG },
      { kubeconfig: '/k', context: 'three' },
      'Context "three" is not in the kubeconfig, which has "one", "two", "broken"',
    ],
    [
      { '/k': KUBECONFIG },
      { kubeconfig: '/k', context: 'broken' },
      'Cluster "nowhere" of context "broken" is not in the kubeconfig',
    ],
    [{ '/k': 'token: {secret' }, { kubeconfig: '/k' }, 'Kubeconfig "/k" is not a kubeconfig in YAML'],
    [{}, { kubeconfig: '/k' }, 'Kubeconfig "/k" cannot be read'],
    [{}, {}, 'No cluster: not inside one, and neither "KUBECONFIG" nor "HOME" is set'],
  ])('says what is wrong (%#)', async (files, more, message) => {
    expect(await load(files, more)).toEqual({ kind: 'error', message });
  });
});

describe('createTokenSource()', () => {
  test('D5 reads again after 60 s and when asked to, and shares one read', async () => {
    const clock = createVirtualClock();
    let reads = 0;
    const token = createTokenSource(async () => `T${++reads}`, { clock, log: createRecordingLog() });
    expect(await Promise.all([token(), token()])).toEqual(['T1', 'T1']);
    clock.advance(59_999);
    expect(await token()).toBe('T1');
    clock.advance(1);
    expect(await token()).toBe('T2');
    expect(await token(true)).toBe('T3');
  });

  test('D5 keeps the old token when the file cannot be read', async () => {
    const clock = createVirtualClock();
    const log = createRecordingLog();
    let broken = false;
    const token = createTokenSource(
      async () => {
        if (broken) throw new Error('EACCES');
        return 'T';
      },
      { clock, log },
    );
    await token();
    broken = true;
    expect(await token(true)).toBe('T');
    expect(log.lines).toHaveLength(1);
  });
});

describe('readClusterId()', () => {
  test('answers the uid of kube-system, or why not', async () => {
    const rig = await startRig((_, response) => json(response, 200, { metadata: { uid: 'U' } }));
    expect(await readClusterId(rig.transport)).toEqual({ kind: 'ok', id: 'U' });
    await rig.close();
    const refused = await startRig((_, response) => status(response, 403, 'Forbidden', 'no'));
    expect(await readClusterId(refused.transport)).toEqual({
      kind: 'error',
      message: 'Namespace "kube-system" cannot be read: no (403 Forbidden)',
    });
    await refused.close();
  });
});
