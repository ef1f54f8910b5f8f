/** The plain manifests, applied as they ship to a cluster on which nothing of ours is installed. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findHelm } from '../../scripts/chart/helm.ts';
import { NAMESPACE, staleManifests, VALUES } from '../../scripts/manifests.ts';
import { ApiRefusal, type Manifest, readManifests } from '../environment/admin.ts';
import { describeHelms, Helm, manifestsIn, objectOf } from '../environment/helm.ts';
import { giveKeys, openBare, startInstalled } from '../environment/installed.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { judgePod, restrict } from '../environment/podsecurity.ts';
import { readCrds } from '../environment/realserver.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const SPEC = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const WITHIN_MS = 30_000;

function named(objects: readonly Manifest[]): readonly string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
}

describeHelms('the plain manifests', (version) => {
  test('are what the chart renders, by either Helm', async () => {
    expect(await staleManifests(findHelm(version) ?? '')).toEqual([]);
  });

  test('in the RRSA overlay are what the chart renders for RRSA', async () => {
    const kubectl = new Kubectl('/no-cluster', NAMESPACE);
    const overlay = manifestsIn(await kubectl.ok(['kustomize', `${DEPLOY}/kustomize/overlays/rrsa`]));
    const rendered = await Helm.of(version, NAMESPACE).template({
      ...VALUES,
      image: { repository: 'registry.example.com/albsp', tag: '0.1.0' },
      credentials: { mode: 'rrsa', rrsa: { roleName: 'albsp' } },
      extraEnv: [{ name: 'ALIBABA_CLOUD_REGION_ID', value: 'cn-hangzhou' }],
    });
    const { spec } = objectOf(overlay, 'Deployment').spec.template;
    expect(spec).toEqual(objectOf(rendered, 'Deployment').spec.template.spec);
    const annotations = (objects: readonly Manifest[]) =>
      objectOf(objects, 'ServiceAccount').metadata.annotations;
    expect(annotations(overlay)).toEqual(annotations(rendered));
    const labels = objectOf(overlay, 'Deployment').spec.template.metadata.labels;
    expect(labels['pod-identity.alibabacloud.com/injection']).toBe('on');
  });
});

describeReal('the plain manifests', () => {
  test('hold the definitions of crds/, no mark of Helm, and the same objects as the kustomize base', async () => {
    const objects = await readManifests(`${DEPLOY}/install.yaml`);
    const crds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(crds.map(({ spec }) => spec)).toEqual((await readCrds()).map(({ spec }) => spec));
    expect(JSON.stringify(objects)).not.toMatch(/helm/i);
    const kubectl = new Kubectl('/no-cluster', NAMESPACE);
    const base = manifestsIn(await kubectl.ok(['kustomize', `${DEPLOY}/kustomize/base`]));
    expect(named(base)).toEqual(named(objects));
  });

  test.each([
    ['install.yaml', ['-f', `${DEPLOY}/install.yaml`]],
    ['the kustomize base', ['-k', `${DEPLOY}/kustomize/base`]],
    ['the RRSA overlay', ['-k', `${DEPLOY}/kustomize/overlays/rrsa`]],
  ])(
    '%s is taken by a bare cluster, strictly, and again without a change, and its Pod is restricted (S11)',
    async (_, what) => {
      const cluster = await openBare();
      const world = await World.open('real API server', cluster, {});
      const kubectl = new Kubectl(cluster.adminKubeconfig, NAMESPACE);
      const apply = ['apply', '--server-side', '--validate=strict', ...what];
      await kubectl.ok(['create', 'namespace', NAMESPACE]);
      const tried = await kubectl.ok([...apply, '--dry-run=server']);
      const applied = await kubectl.ok(apply);
      const lines = (text: string) =>
        text
          .trim()
          .split('\n')
          .map((line) => line.split(' ')[0]);
      expect(lines(applied)).toEqual(lines(tried));
      expect(lines(applied).length).toBeGreaterThan(12);
      await kubectl.whenEstablished('crd', '--all');
      const versions = async () =>
        (await world.admin.list('Deployment', NAMESPACE)).map(({ metadata }) => metadata.generation);
      const before = await versions();
      await kubectl.ok(apply);
      expect(await versions()).toEqual(before);
      await restrict(world.admin, NAMESPACE);
      const deployment = await world.admin.get({ kind: 'Deployment', name: 'albsp', namespace: NAMESPACE });
      expect((await judgePod(world.admin, deployment)).kind).toBe('Pod');
      deployment.spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation = true;
      const refusal = await judgePod(world.admin, deployment).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ApiRefusal);
      expect(String(refusal)).toContain('allowPrivilegeEscalation != false');
    },
  );

  test('run an operator that makes a policy Ready', async () => {
    const cluster = await openBare();
    const world = await World.open('real API server', cluster, {});
    const kubectl = new Kubectl(cluster.adminKubeconfig, NAMESPACE);
    await kubectl.ok(['apply', '--server-side', '-f', `${DEPLOY}/install.yaml`]);
    await kubectl.whenEstablished('crd', '--all');
    await giveKeys(world, NAMESPACE);
    // The stand-in cloud instead of the real one.
    await startInstalled(world, NAMESPACE, {
      flags: { 'alb-endpoint': world.alb.url, 'visibility-window': '2s', resync: '1s' },
    });
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    const denied = (await world.cluster.audit?.entries({ user: ':albsp' }))?.filter(
      ({ code }) => code === 403,
    );
    expect(denied).toEqual([]);
  });
});
