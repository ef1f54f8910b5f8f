/** What the chart asks of a cluster's security, judged by the real API server. */
import { expect, test } from 'vitest';
import { ApiRefusal, type Manifest } from '../environment/admin.ts';
import { eventually } from '../environment/eventually.ts';
import { CHART, describeHelmsOnReal, Helm, objectOf, type Values } from '../environment/helm.ts';
import { accountKubeconfig, openBare, valuesFor } from '../environment/installed.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { World } from '../environment/world.ts';

const NAMESPACE = 'albsp-system';
const GROUP = 'alb.alicloud.dev';
const WITHIN_MS = 30_000;

interface Installed {
  readonly world: World;
  readonly helm: Helm;
}

/** The chart, installed in a namespace that takes only restricted Pods. */
async function install(version: Helm['version'], more: Values = {}): Promise<Installed> {
  const cluster = await openBare();
  const world = await World.open('real API server', cluster, {});
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await world.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } });
  await world.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } });
  const helm = Helm.of(version, NAMESPACE, cluster.adminKubeconfig);
  await helm.ok(['install', 'albsp', CHART], { ...valuesFor(world), ...more });
  // A kind that has just been installed answers 429 for a moment; the end of a world lists.
  await eventually(() => world.admin.list('SecurityPolicy', world.namespace), { within: WITHIN_MS });
  return { world, helm };
}

/** The Pods that the chart would run with these values: the operator's and that of `helm test`. */
async function podsOf({ world, helm }: Installed, more: Values = {}): Promise<readonly Manifest[]> {
  const objects = await helm.template({ ...valuesFor(world), ...more });
  const { metadata, spec } = objectOf(objects, 'Deployment').spec.template;
  const pod = (name: string, podSpec: object): Manifest => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: metadata.labels },
    spec: podSpec,
  });
  return [pod('operator', spec), pod('doctor', objectOf(objects, 'Pod').spec)];
}

/** What `kubectl auth can-i --list` says of the operator's account in a namespace, without what every account may do. */
async function canI(world: World, namespace: string): Promise<readonly string[]> {
  const everybody = await rowsFor(world, { namespace: NAMESPACE, name: 'default' }, namespace);
  const rows = await rowsFor(world, { namespace: NAMESPACE, name: 'albsp' }, namespace);
  return rows.filter((row) => !everybody.includes(row)).toSorted();
}

async function rowsFor(
  { admin, cluster }: World,
  account: { readonly namespace: string; readonly name: string },
  namespace: string,
): Promise<readonly string[]> {
  const kubectl = new Kubectl(await accountKubeconfig(admin, cluster.adminKubeconfig, account), namespace);
  const [, ...rows] = (await kubectl.ok(['auth', 'can-i', '--list'])).trimEnd().split('\n');
  expect(rows.length).toBeGreaterThan(2);
  return rows.map((row) => row.trim().replaceAll(/\s+/g, ' '));
}

/** What the operator may do in any namespace of a cluster, in the words of kubectl. */
const EVERYWHERE = [
  'clusterproviderconfigs.alb.alicloud.dev [] [] [list watch]',
  'clusterproviderconfigs.alb.alicloud.dev/status [] [] [update]',
  'events [] [] [create patch]',
  'namespaces [] [] [list watch]',
  'namespaces [] [kube-system] [get]',
  'providerconfigs.alb.alicloud.dev [] [] [list watch]',
  'providerconfigs.alb.alicloud.dev/status [] [] [update]',
  'securitypolicies.alb.alicloud.dev [] [] [list watch patch]',
  'securitypolicies.alb.alicloud.dev/status [] [] [update]',
];
const LEADING = [
  'leases.coordination.k8s.io [] [] [create]',
  'leases.coordination.k8s.io [] [albsp] [get patch]',
];
/** Namespaced: nothing of it is cluster-wide. */
const WATCHING = EVERYWHERE.filter((line) => !/^(clusterproviderconfigs|namespaces)/.test(line));

/** Who may do what in a namespace by a RoleBinding to a ClusterRole of every cluster: `verb resource`. */
const READS = ['get', 'list', 'watch'];
const CHANGES = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const MAY: Readonly<Record<'view' | 'edit' | 'admin', readonly string[]>> = {
  view: [...each(READS, 'securitypolicies'), ...each(READS, 'providerconfigs')],
  edit: [...each([...READS, ...CHANGES], 'securitypolicies'), ...each(READS, 'providerconfigs')],
  admin: [
    ...each([...READS, ...CHANGES], 'securitypolicies'),
    ...each([...READS, ...CHANGES], 'providerconfigs'),
  ],
};
const RESOURCES = ['securitypolicies', 'providerconfigs', 'clusterproviderconfigs'];
/** Status is the operator's. */
const ALL = [
  ...RESOURCES.flatMap((resource) => each([...READS, ...CHANGES], resource)),
  ...RESOURCES.flatMap((resource) => each(['update', 'patch'], `${resource}/status`)),
];

function each(verbs: readonly string[], resource: string): readonly string[] {
  return verbs.map((verb) => `${verb} ${resource}`);
}

/** Those of `ALL` that a user may do in a namespace; a request about what is cluster-scoped never names one. */
async function allowed(world: World, user: string, namespace: string): Promise<readonly string[]> {
  const asked = ALL.map(async (right) => {
    const [verb, path = ''] = right.split(' ');
    const [resource = '', subresource] = path.split('/');
    const scope = resource === 'clusterproviderconfigs' ? {} : { namespace };
    const attributes = { verb, group: GROUP, resource, subresource, ...scope };
    const review = await world.admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: attributes },
    });
    return review.status.allowed === true ? [right] : [];
  });
  return (await Promise.all(asked)).flat();
}

describeHelmsOnReal('the security of a release', (version) => {
  test('its Pods are restricted, in every mode, and each loosened setting is refused {S11}', async () => {
    const installed = await install(version);
    const dryRun = (pod: Manifest) => installed.world.admin.create(pod, '?dryRun=All');
    const rrsa = {
      tokenSource: 'projected',
      roleArn: 'acs:ram::1:role/a',
      oidcProviderArn: 'acs:ram::1:oidc-provider/b',
    };
    const modes: readonly Values[] = [
      {},
      { credentials: { mode: 'none' } },
      { credentials: { mode: 'rrsa', rrsa } },
    ];
    for (const values of modes)
      for (const pod of await podsOf(installed, values)) expect((await dryRun(pod)).kind).toBe('Pod');

    const loosened: readonly [Values, string][] = [
      [{ podSecurityContext: { runAsNonRoot: false } }, 'runAsNonRoot != true'],
      [{ podSecurityContext: { runAsUser: 0 } }, 'runAsUser=0'],
      [{ podSecurityContext: { seccompProfile: { type: 'Unconfined' } } }, 'seccompProfile'],
      [{ podSecurityContext: { seccompProfile: null } }, 'seccompProfile'],
      [{ securityContext: { allowPrivilegeEscalation: true } }, 'allowPrivilegeEscalation != false'],
      [{ securityContext: { privileged: true, allowPrivilegeEscalation: true } }, 'privileged'],
      [{ securityContext: { capabilities: { drop: [] } } }, 'unrestricted capabilities'],
      [{ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }, 'unrestricted capabilities'],
      [{ extraVolumes: [{ name: 'host', hostPath: { path: '/' } }] }, 'hostPath'],
    ];
    for (const [values, says] of loosened) {
      for (const pod of await podsOf(installed, values)) {
        const refusal = await dryRun(pod).catch((error: unknown) => error);
        expect(refusal, JSON.stringify(values)).toBeInstanceOf(ApiRefusal);
        expect(refusal).toMatchObject({ code: 403, message: expect.stringContaining(says) });
      }
    }
  });

  test('its ServiceAccount can do what this list says {S9}', async () => {
    const { world, helm } = await install(version, { secretNamespaces: ['team-a'] });
    expect(await canI(world, NAMESPACE)).toEqual([...EVERYWHERE, ...LEADING].toSorted());
    expect(await canI(world, 'default')).toEqual(EVERYWHERE);
    expect(await canI(world, 'team-a')).toEqual([...EVERYWHERE, 'secrets [] [] [get]'].toSorted());

    const namespaced = { watchNamespaces: ['team-a'], clusterId: 'shop', secretNamespaces: [] };
    await helm.ok(['upgrade', 'albsp', CHART], { ...valuesFor(world), ...namespaced });
    expect(await canI(world, NAMESPACE)).toEqual(LEADING);
    expect(await canI(world, 'team-a')).toEqual(WATCHING);
    expect(await canI(world, 'default')).toEqual([]);
  });

  test('lets viewers read, editors write policies, and admins write provider configs as well {S10}', async () => {
    const { world } = await install(version);
    const bind = (kind: string, name: string, user: string, namespace?: string) =>
      world.admin.create({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind,
        metadata: { name: user, ...(namespace === undefined ? {} : { namespace }) },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
      });
    for (const name of ['view', 'edit', 'admin'] as const) {
      await bind('RoleBinding', name, `tenant-${name}`, 'team-a');
      await bind('ClusterRoleBinding', name, `everywhere-${name}`);
      const check = async () => {
        const inside = await allowed(world, `tenant-${name}`, 'team-a');
        expect(inside.toSorted()).toEqual(MAY[name].toSorted());
      };
      await eventually(check, { within: WITHIN_MS, what: `The aggregated rights of ${name}` });
      expect(await allowed(world, `tenant-${name}`, 'default')).toEqual([]);
      const configs = (await allowed(world, `everywhere-${name}`, 'default')).filter((right) =>
        right.endsWith(' clusterproviderconfigs'),
      );
      const verbs = name === 'admin' ? [...READS, ...CHANGES] : READS;
      expect(configs).toEqual(each(verbs, 'clusterproviderconfigs'));
    }
  });
});
