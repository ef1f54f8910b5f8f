/** `deploy/rbac.yaml` against what the operator really does: not one right too few, not one too many. */
import { expect, test } from 'vitest';
import type { Manifest } from '../environment/admin.ts';
import type { AuditEntry } from '../environment/audit.ts';
import { openOwn } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import type { Operator } from '../environment/operator.ts';
import { OPERATOR_USER, readRights } from '../environment/realserver.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SPEC = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const WITHIN_MS = 30_000;

/** What an audit entry needed, in the words of a rule: `verb group/resource/subresource`. */
type Right = string;

/**
 * Rights that this test cannot see used, each with its reason.
 * They are still granted, so each must stand in `deploy/rbac.yaml`: an exception that is not granted fails, too.
 */
const UNSEEN: Readonly<Record<Right, string>> = Object.fromEntries(
  [
    'alb.alicloud.dev/clusterproviderconfigs',
    'alb.alicloud.dev/providerconfigs',
    'alb.alicloud.dev/securitypolicies',
    'core/namespaces',
  ].map((resource) => [
    `list ${resource}`,
    'Asked for only where a watch cannot stream the list, which the next test has',
  ]),
);
/** Granted for one Secret by the test itself, as `docs` say that whoever uses a Secret must. */
const SECRET = 'get core/secrets';

function rightOf(verb: string, group: string, resource: string): Right {
  return `${verb} ${group === '' ? 'core' : group}/${resource}`;
}

/** Every right that `deploy/rbac.yaml` grants. */
function granted(manifests: readonly Manifest[]): readonly Right[] {
  return manifests
    .flatMap((manifest) => (manifest.rules ?? []) as readonly Rule[])
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, group, resource))),
      ),
    )
    .toSorted();
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Every right that was used, denied requests included. */
function used(entries: readonly AuditEntry[]): readonly Right[] {
  const rights = entries
    .filter(({ resource }) => resource !== '')
    .map(({ verb, group, resource, subresource }) =>
      rightOf(verb, group, subresource === '' ? resource : `${resource}/${subresource}`),
    );
  return [...new Set(rights)].toSorted();
}

/** An operator of the whole cluster, as `deploy` runs it. */
function start(world: World): Promise<Operator> {
  return world.startOperator({ flags: { namespace: null, 'cluster-id': null } });
}

/** Configs of both kinds, with the one Role that reading a Secret takes. */
async function configure(world: World): Promise<void> {
  const { namespace } = world;
  const rbac = 'rbac.authorization.k8s.io';
  const name = 'albsp-keys';
  const { accessKeyId, accessKeySecret } = world.canaries;
  const data = {
    accessKeyId: Buffer.from(accessKeyId).toString('base64'),
    accessKeySecret: Buffer.from(accessKeySecret).toString('base64'),
  };
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: [name], verbs: ['get'] }];
  const role = { apiGroup: rbac, kind: 'Role', name };
  const subjects = [{ apiGroup: rbac, kind: 'User', name: OPERATOR_USER }];
  const kinds = { apiVersion: 'alb.alicloud.dev/v1alpha1' };
  for (const object of [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace }, rules },
    { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name, namespace }, roleRef: role, subjects },
    { ...kinds, kind: 'ProviderConfig', metadata: { name, namespace }, spec: { secretRef: { name } } },
    {
      ...kinds,
      kind: 'ClusterProviderConfig',
      metadata: { name },
      spec: { credentials: { environment: {} }, allowedNamespaces: {} },
    },
  ])
    await world.admin.create(object);
}

/** A life with everything in it: create, update, drift, events that repeat, restart, refusal, delete, retain. */
async function live(world: World): Promise<void> {
  await configure(world);
  const first = await start(world);
  await world.apply('web', SPEC);
  const { status } = await world.whenReady('web', WITHIN_MS);
  for (const kind of ['ProviderConfig', 'ClusterProviderConfig'] as const) {
    const ref = { kind, name: 'albsp-keys' };
    await world.apply(kind.toLowerCase(), { ...SPEC, providerConfigRef: ref });
    await world.whenReady(kind.toLowerCase(), WITHIN_MS);
  }
  await world.apply('web', { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'], tags: { team: 'web' } });
  await world.whenReady('web');
  await world.apply('web', SPEC);
  await world.whenReady('web');
  await world.apply('kept', { ...SPEC, deletionPolicy: 'Retain' });
  await world.whenReady('kept');
  await first.kill('SIGTERM');
  await first.whenExited();
  await start(world);
  await world.apply('later', SPEC);
  await world.whenReady('later', WITHIN_MS);
  world.alb.console.delete({ account: '1000000000000001', region: 'cn-hangzhou' }, status.securityPolicyId);
  await eventually(
    async () =>
      expect((await world.whenReady('web')).status.securityPolicyId).not.toBe(status.securityPolicyId),
    { within: WITHIN_MS },
  );
  for (const name of ['web', 'kept', 'later', 'providerconfig', 'clusterproviderconfig']) {
    await world.delete(name);
    await world.whenGone(name, WITHIN_MS);
  }
}

describeReal('the rights of deploy/rbac.yaml', () => {
  test('are exactly what a life of policies needs, on the whole cluster', async () => {
    const world = await World.open('real API server', await openOwn(), {});
    await live(world);
    const entries = (await world.cluster.audit?.entries({ user: OPERATOR_USER })) ?? [];
    const denied = entries.filter(({ code }) => code === 401 || code === 403);
    expect(denied).toEqual([]);
    // A Secret is got by its name, and never listed or watched.
    const secrets = entries.filter(({ resource }) => resource === 'secrets');
    expect(new Set(secrets.map(({ verb, name }) => `${verb} ${name}`))).toEqual(new Set(['get albsp-keys']));
    const all = granted(await readRights());
    expect(all.filter((right) => UNSEEN[right] !== undefined)).toEqual(Object.keys(UNSEEN).toSorted());
    expect(used(entries).filter((right) => right !== SECRET)).toEqual([
      ...new Set(all.filter((right) => UNSEEN[right] === undefined)),
    ]);
  });

  test('are enough for an API server that does not stream lists through a watch', async () => {
    const cluster = await openOwn(['--feature-gates=WatchList=false']);
    const world = await World.open('real API server', cluster, {});
    await start(world);
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    const entries = (await world.cluster.audit?.entries({ user: OPERATOR_USER })) ?? [];
    expect(entries.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
    expect(used(entries)).toContain('list alb.alicloud.dev/securitypolicies');
    const all = granted(await readRights());
    expect(used(entries).filter((right) => !all.includes(right))).toEqual([]);
  });

  test('keep the operator from everything else', async () => {
    const world = await World.open('real API server', await openOwn(), {});
    // A server that has just started answers 429 for a moment; the end of this world lists.
    await eventually(() => world.admin.list('SecurityPolicy', world.namespace), { within: WITHIN_MS });
    const may = async (verb: string, resource: string, group = '') => {
      const review = await world.admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: OPERATOR_USER,
          groups: ['system:serviceaccounts', 'system:authenticated'],
          resourceAttributes: { verb, resource, group, namespace: world.namespace },
        },
      });
      return review.status.allowed;
    };
    const ours = 'alb.alicloud.dev';
    expect(await may('patch', 'securitypolicies', ours)).toBe(true);
    for (const verb of ['get', 'create', 'update', 'delete', 'deletecollection'])
      expect(await may(verb, 'securitypolicies', ours), verb).toBe(false);
    for (const verb of ['get', 'list', 'watch']) expect(await may(verb, 'secrets'), verb).toBe(false);
    for (const verb of ['create', 'patch', 'update', 'delete'])
      expect(await may(verb, 'namespaces'), verb).toBe(false);
    for (const kind of ['providerconfigs', 'clusterproviderconfigs'])
      for (const verb of ['get', 'create', 'patch', 'update', 'delete'])
        expect(await may(verb, kind, ours), `${verb} ${kind}`).toBe(false);
    expect(await may('get', 'leases', 'coordination.k8s.io')).toBe(false);
    expect(await may('create', 'pods')).toBe(false);
    expect(await may('create', 'serviceaccounts/token')).toBe(false);
  });
});
