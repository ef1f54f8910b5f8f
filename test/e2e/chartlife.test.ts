/** The life of a release on the real API server, with a live policy held by what the chart installs. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HELM_VERSIONS } from '../../scripts/chart/helm.ts';
import type { Cluster } from '../environment/cluster.ts';
import { eventually, steadily } from '../environment/eventually.ts';
import { CHART, describeHelmsOnReal, Helm } from '../environment/helm.ts';
import { giveKeys, openBare, startInstalled, valuesFor } from '../environment/installed.ts';
import { Kubectl } from '../environment/kubectl.ts';
import type { Operator } from '../environment/operator.ts';
import { World } from '../environment/world.ts';

const NAMESPACE = 'albsp-system';
const SPEC = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const CRD = 'securitypolicies.alb.alicloud.dev';
const WITHIN_MS = 30_000;

/** A description in the CRD, and what it was in the chart before. */
const NOW = 'description: Time since the object was created';
const BEFORE = 'description: Time since it was created';

/** The chart as it was a version ago: another version, and a CRD that reads differently. */
async function previousChart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'albsp-chart-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(CHART, folder, { recursive: true });
  await rewrite(join(folder, 'Chart.yaml'), (text) => text.replaceAll('ersion: 0.1.0', 'ersion: 0.0.9'));
  await rewrite(join(folder, 'files', 'crds', 'securitypolicies.yaml'), (text) => text.replace(NOW, BEFORE));
  return folder;
}

async function rewrite(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(change(text)).not.toBe(text);
  await writeFile(path, change(text));
}

async function ended(operator: Operator): Promise<void> {
  await operator.kill('SIGTERM');
  expect(await operator.whenExited()).toMatchObject({ code: 0 });
}

/** Runs what is installed now. */
async function started(world: World): Promise<Operator> {
  await giveKeys(world, NAMESPACE);
  const operator = await startInstalled(world, NAMESPACE);
  await operator.whenReady();
  return operator;
}

/** The same where there are policies; returns once it has looked at the cloud for them by itself. */
async function startedAgain(world: World): Promise<Operator> {
  const since = world.alb.ledger.last;
  const operator = await started(world);
  await eventually(
    () => {
      const looked = world.alb.ledger.entries(since).map(({ action }) => action);
      expect(looked).toContain('ListSecurityPolicies');
    },
    { within: WITHIN_MS, what: 'A look at the cloud by the new operator' },
  );
  return operator;
}

async function open(cluster: Cluster): Promise<World> {
  return World.open('real API server', cluster, {});
}

describeHelmsOnReal('a release of the chart', (version) => {
  test('is installed, upgraded, taken back, uninstalled and installed again without one write to the cloud {G8, G11}', async () => {
    const cluster = await openBare();
    const world = await open(cluster);
    const helm = Helm.of(version, NAMESPACE, cluster.adminKubeconfig);
    const old = await previousChart();
    const values = valuesFor(world);
    const ageColumn = async () => {
      const crd = await world.admin.get({ kind: 'CustomResourceDefinition', name: CRD });
      const columns: readonly { name: string; description: string }[] =
        crd.spec.versions[0].additionalPrinterColumns;
      return `description: ${columns.find(({ name }) => name === 'Age')?.description}`;
    };

    const said = await helm.ok(['install', 'albsp', old, '--create-namespace'], values);
    expect(said).toContain('kubectl --namespace albsp-system rollout status deployment/albsp');
    expect(said).toContain('helm test albsp --namespace albsp-system');
    expect(said).toContain('kubectl get albsp --all-namespaces');
    expect(await ageColumn()).toBe(BEFORE);
    let operator = await started(world);
    await world.apply('web', SPEC);
    const { status, metadata } = await world.whenReady('web', WITHIN_MS);
    const unchanged = async () => {
      const now = await world.whenReady('web', WITHIN_MS);
      expect(now.status).toEqual(status);
      expect(now.metadata.resourceVersion).toBe(metadata.resourceVersion);
      // What was asked, not only what was done.
      const asked = world.alb.ledger.entries().map(({ action }) => action);
      expect(asked.filter((action) => !/^(List|Get)/.test(action))).toEqual(['CreateSecurityPolicy']);
    };

    await helm.ok(['upgrade', 'albsp', CHART], values);
    expect(await ageColumn()).toBe(NOW);
    await ended(operator);
    operator = await startedAgain(world);
    await unchanged();

    await helm.ok(['rollback', 'albsp', '1']);
    expect(await ageColumn()).toBe(BEFORE);
    await ended(operator);
    operator = await startedAgain(world);
    await unchanged();

    await ended(operator);
    await helm.ok(['uninstall', 'albsp']);
    expect(
      await world.admin.find({ kind: 'Deployment', name: 'albsp', namespace: NAMESPACE }),
    ).toBeUndefined();
    expect(await world.admin.find({ kind: 'ClusterRole', name: 'albsp' })).toBeUndefined();
    await unchanged();

    await helm.ok(['install', 'albsp', CHART], values);
    expect(await ageColumn()).toBe(NOW);
    await startedAgain(world);
    await unchanged();
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    expect(world.alb.model.live()).toEqual([]);
    const denied = (await world.cluster.audit?.entries({ user: ':albsp' }))?.filter(
      ({ code }) => code === 403,
    );
    expect(denied).toEqual([]);
  });

  test('is upgraded by the other Helm, and taken back', async () => {
    const cluster = await openBare();
    const world = await open(cluster);
    const mine = Helm.of(version, NAMESPACE, cluster.adminKubeconfig);
    const [other = version] = HELM_VERSIONS.filter((one) => one !== version);
    const theirs = Helm.of(other, NAMESPACE, cluster.adminKubeconfig);
    const values = valuesFor(world);
    const replicas = async () =>
      (await world.admin.get({ kind: 'Deployment', name: 'albsp', namespace: NAMESPACE })).spec.replicas;
    await mine.ok(['install', 'albsp', await previousChart(), '--create-namespace'], values);
    await theirs.ok(['upgrade', 'albsp', CHART], { ...values, replicas: 3 });
    expect(await replicas()).toBe(3);
    await mine.ok(['rollback', 'albsp', '1']);
    expect(await replicas()).toBe(2);
  });

  test('leaves definitions alone that somebody else installed, where it is told to', async () => {
    const cluster = await openBare();
    const world = await open(cluster);
    const kubectl = new Kubectl(cluster.adminKubeconfig, 'default');
    await kubectl.ok(['apply', '--server-side', '-f', join(CHART, 'files', 'crds')]);
    await kubectl.whenEstablished(`crd/${CRD}`);
    const helm = Helm.of(version, NAMESPACE, cluster.adminKubeconfig);
    const values = valuesFor(world);
    const { code, stderr } = await helm.run(['install', 'albsp', CHART, '--create-namespace'], values);
    expect(code).not.toBe(0);
    expect(stderr).toContain('invalid ownership metadata');
    await helm.ok(['install', 'albsp', CHART, '--create-namespace'], { ...values, crds: { enabled: false } });
    await helm.ok(['uninstall', 'albsp']);
    // Helm 4 applies server-side, where kubectl still counts as a manager of the definitions.
    const force = version.startsWith('v4.') ? ['--force-conflicts'] : [];
    await helm.ok(['install', 'albsp', CHART, '--take-ownership', ...force], values);
  });

  test('in namespaced mode works in its namespaces and knows of no other', async () => {
    const cluster = await openBare();
    const world = await open(cluster);
    const kubectl = new Kubectl(cluster.adminKubeconfig, 'default');
    await kubectl.ok(['apply', '--server-side', '-f', join(CHART, 'files', 'crds')]);
    await kubectl.whenEstablished(`crd/${CRD}`);
    await kubectl.ok(['create', 'namespace', 'team-b']);
    await kubectl.ok(['create', 'namespace', 'elsewhere']);
    const helm = Helm.of(version, NAMESPACE, cluster.adminKubeconfig);
    await helm.ok(['install', 'albsp', CHART, '--create-namespace'], {
      ...valuesFor(world),
      watchNamespaces: [world.namespace, 'team-b'],
      clusterId: 'shop',
      crds: { enabled: false },
    });
    for (const kind of ['ClusterRole', 'ClusterRoleBinding']) {
      const query = '?labelSelector=app.kubernetes.io/instance=albsp';
      expect(await world.admin.list(kind, undefined, query)).toEqual([]);
    }
    await started(world);
    const outside = { ...world.policy('outside', SPEC) };
    await world.admin.create({ ...outside, metadata: { name: 'outside', namespace: 'elsewhere' } });
    await world.admin.create({ ...outside, metadata: { name: 'second', namespace: 'team-b' } });
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    const wait = ['wait', '--namespace=team-b', '--for=condition=Ready', '--timeout=30s', 'albsp/second'];
    await kubectl.ok(wait);
    await steadily(
      async () => {
        const object = await world.admin.get({
          kind: 'SecurityPolicy',
          name: 'outside',
          namespace: 'elsewhere',
        });
        expect(object.metadata.finalizers).toBeUndefined();
        expect(object.status).toEqual({ observedGeneration: -1 });
      },
      { during: 1500 },
    );
    const entries = (await world.cluster.audit?.entries({ user: `${NAMESPACE}:albsp` })) ?? [];
    expect(entries.filter(({ code }) => code === 403)).toEqual([]);
    const asked = new Set(entries.map(({ namespace }) => namespace));
    expect([...asked].toSorted()).toEqual([NAMESPACE, 'team-b', world.namespace].toSorted());
  });
});
