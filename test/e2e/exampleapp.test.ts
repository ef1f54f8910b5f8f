/** The chart of another team, which brings a policy of its own, beside a running operator. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Manifest } from '../environment/admin.ts';
import { openShared } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { describeHelmsOnReal, Helm } from '../environment/helm.ts';
import { accountKubeconfig } from '../environment/installed.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { judgePod, restrict } from '../environment/podsecurity.ts';
import { World } from '../environment/world.ts';

const APP = fileURLToPath(new URL('../../deploy/charts/example-app', import.meta.url));
const WITHIN_MS = 30_000;
const WITHOUT_JOB = { waitJob: { enabled: false } };

interface Team {
  readonly world: World;
  readonly helm: Helm;
  readonly kubectl: Kubectl;
}

async function open(version: Helm['version']): Promise<Team> {
  const world = await World.open('real API server', openShared(), {});
  const { adminKubeconfig } = world.cluster;
  await restrict(world.admin, world.namespace);
  return {
    world,
    helm: Helm.of(version, world.namespace, adminKubeconfig),
    kubectl: new Kubectl(adminKubeconfig, world.namespace),
  };
}

async function listener({ world }: Team): Promise<Manifest> {
  return world.admin.get({ kind: 'ConfigMap', name: 'shop-listener', namespace: world.namespace });
}

/** What a node would do with the Job: run its container with its account, and say how it went. */
async function runJob({ world, kubectl }: Team): Promise<string> {
  const read = async () => JSON.parse(await kubectl.ok(['get', 'job', 'shop-wait', '-o', 'json']));
  const job = await eventually(read, { within: WITHIN_MS, what: 'The Job of the hook' });
  expect((await judgePod(world.admin, job)).kind).toBe('Pod');
  const { serviceAccountName, containers } = job.spec.template.spec;
  const account = { namespace: world.namespace, name: serviceAccountName };
  const kubeconfig = await accountKubeconfig(world.admin, world.cluster.adminKubeconfig, account);
  const said = await new Kubectl(kubeconfig, world.namespace).ok(containers[0].args);
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: now, lastTransitionTime: now });
  const status = {
    startTime: now,
    completionTime: now,
    succeeded: 1,
    uncountedTerminatedPods: {},
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
  };
  const patch = JSON.stringify({ status });
  await kubectl.ok(['patch', 'job', 'shop-wait', '--subresource=status', '--type=merge', '-p', patch]);
  return said;
}

describeHelmsOnReal('a chart that brings a policy', (version) => {
  test('is held by its hook until the policy is Ready, finds the id when it is upgraded, and takes the policy with it', async () => {
    const team = await open(version);
    const { world, helm } = team;
    await world.startOperator();
    const installing = helm.ok(['install', 'shop', APP]);
    const [said] = await Promise.all([runJob(team), installing]);
    expect(said).toContain('securitypolicy.alb.alicloud.dev/shop condition met');
    const { status } = await world.whenReady('shop');
    expect((await listener(team)).data).toEqual({ port: '443' });

    await Promise.all([runJob(team), helm.ok(['upgrade', 'shop', APP])]);
    expect((await listener(team)).data).toEqual({ port: '443', securityPolicyId: status.securityPolicyId });
    expect((await world.get('shop')).status).toEqual(status);
    for (const kind of ['ServiceAccount', 'Role', 'RoleBinding'])
      expect(await world.admin.find({ kind, name: 'shop-wait', namespace: world.namespace })).toBeUndefined();

    await helm.ok(['uninstall', 'shop']);
    await world.whenGone('shop');
    expect(world.alb.model.live()).toEqual([]);
  });

  test('is refused as a whole when the policy is a bad one', async () => {
    const { helm, world } = await open(version);
    const policy = { tlsVersions: ['TLSv1.1'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
    const { code, stderr } = await helm.run(['install', 'shop', APP], { ...WITHOUT_JOB, policy });
    expect(code).not.toBe(0);
    expect(stderr).toContain('Not usable without TLSv1.2 in tlsVersions: ECDHE-RSA-AES128-GCM-SHA256');
    expect(await world.find('shop')).toBeUndefined();
  });

  test(
    version.startsWith('v4.')
      ? 'is waited for by --wait alone, since Helm reads conditions'
      : 'is not waited for by --wait, since Helm 3 does not read conditions',
    async () => {
      const { helm, world } = await open(version);
      if (version.startsWith('v4.')) {
        await world.startOperator();
        await helm.ok(['install', 'shop', APP, '--wait', '--timeout=60s'], WITHOUT_JOB);
        const { status } = await world.get('shop');
        expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
        await helm.ok(['uninstall', 'shop', '--wait', '--timeout=60s']);
        expect(await world.find('shop')).toBeUndefined();
      } else {
        await helm.ok(['install', 'shop', APP, '--wait', '--timeout=60s'], WITHOUT_JOB);
        expect((await world.get('shop')).status).toEqual({ observedGeneration: -1 });
      }
    },
  );
});
