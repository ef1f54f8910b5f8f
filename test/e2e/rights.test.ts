/** The files of rights in `deploy` against what the operator really does: not one right too few, not one too many. */
import { expect, test } from 'vitest';
import { type Manifest, readManifests } from '../environment/admin.ts';
import { openOwn } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { Accounts, messageOf, using } from '../environment/identities.ts';
import { accountKubeconfig, openBare } from '../environment/installed.ts';
import { Kubectl } from '../environment/kubectl.ts';
import type { Operator } from '../environment/operator.ts';
import {
  established,
  OPERATOR_ACCOUNT,
  OPERATOR_NAMESPACE,
  OPERATOR_USER,
  readCrds,
} from '../environment/realserver.ts';
import { type Mode, RIGHTS_FILES, readGrants } from '../environment/rights/grants.ts';
import { readUses } from '../environment/rights/uses.ts';
import { judge, type Verdict } from '../environment/rights/verdict.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SPEC = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const WITHIN_MS = 30_000;
const ACCOUNT = { namespace: OPERATOR_NAMESPACE, name: OPERATOR_ACCOUNT };
const MODES: readonly Mode[] = ['cluster', 'namespaced'];
/** The namespace that `deploy/rbac-namespaced.yaml` names for one to be watched. */
const WATCHED = 'team-a';
/** An API server as they were before a watch could begin with a list. */
const NO_WATCH_LIST = ['--feature-gates=WatchList=false'];

/** A world with the rights of one mode, and what starts its operator. */
interface Installed {
  readonly mode: Mode;
  readonly world: World;
  start(): Promise<Operator>;
}

/** `watched` stands for the namespace that the file names. */
async function rightsOf(mode: Mode, watched = WATCHED): Promise<readonly Manifest[]> {
  return (await readManifests(RIGHTS_FILES[mode])).map((manifest) =>
    manifest.metadata.namespace === WATCHED
      ? { ...manifest, metadata: { ...manifest.metadata, namespace: watched } }
      : manifest,
  );
}

async function install(mode: Mode, serverFlags: readonly string[] = []): Promise<Installed> {
  switch (mode) {
    case 'cluster': {
      const world = await World.open('real API server', await openOwn(serverFlags), {});
      const flags = { namespace: null, 'cluster-id': null };
      return { mode, world, start: () => world.startOperator({ flags }) };
    }
    case 'namespaced': {
      const world = await World.open('real API server', await openBare(serverFlags), {});
      const crds = await readCrds();
      for (const manifest of [...crds, ...(await rightsOf(mode, world.namespace))])
        await world.admin.apply(manifest);
      for (const { metadata } of crds) await established(world.admin, metadata.name);
      const kubeconfig = await accountKubeconfig(world.admin, world.cluster.adminKubeconfig, ACCOUNT);
      return { mode, world, start: () => world.startOperator({ flags: { kubeconfig } }) };
    }
  }
}

/** What the life of this world says of the rights of its mode. */
async function verdictOn({ mode, world }: Installed): Promise<Verdict> {
  const grants = (await readGrants()).filter((grant) => grant.mode === mode);
  return judge(await readUses(world.cluster.audit?.path ?? ''), grants);
}

/** Kinds of config that a mode knows. */
const CONFIGS = {
  cluster: ['ProviderConfig', 'ClusterProviderConfig'],
  namespaced: ['ProviderConfig'],
} as const satisfies Record<Mode, readonly string[]>;

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
async function live({ mode, world, start }: Installed): Promise<void> {
  await configure(world);
  const first = await start();
  await world.apply('web', SPEC);
  const { status } = await world.whenReady('web', WITHIN_MS);
  for (const kind of CONFIGS[mode]) {
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
  await start();
  await world.apply('later', SPEC);
  await world.whenReady('later', WITHIN_MS);
  world.alb.console.delete({ account: '1000000000000001', region: 'cn-hangzhou' }, status.securityPolicyId);
  await eventually(
    async () =>
      expect((await world.whenReady('web')).status.securityPolicyId).not.toBe(status.securityPolicyId),
    { within: WITHIN_MS },
  );
  const configured = CONFIGS[mode].map((kind) => kind.toLowerCase());
  for (const name of ['web', 'kept', 'later', ...configured]) {
    await world.delete(name);
    await world.whenGone(name, WITHIN_MS);
  }
}

describeReal('the rights of deploy', () => {
  test.each(MODES)('are exactly what a life of policies needs: %s (O11)', async (mode) => {
    const installed = await install(mode);
    await live(installed);
    const { breaches, unused } = await verdictOn(installed);
    expect(breaches).toEqual([]);
    // Asked for only where a watch cannot stream the list, which the next test has.
    const lists = (await readGrants()).filter((grant) => grant.mode === mode && /^list /.test(grant.right));
    expect(unused.map((text) => /'([^']+)'/.exec(text)?.[1]).toSorted()).toEqual(
      lists.map(({ right }) => right).toSorted(),
    );
    // A Secret is got by its name, and never listed or watched.
    const entries = (await installed.world.cluster.audit?.entries({ user: OPERATOR_USER })) ?? [];
    const secrets = entries.filter(({ resource }) => resource === 'secrets');
    expect(new Set(secrets.map(({ verb, name }) => `${verb} ${name}`))).toEqual(new Set(['get albsp-keys']));
  });

  test.each(MODES)(
    'are enough for an API server that does not stream lists through a watch: %s (O11)',
    async (mode) => {
      const installed = await install(mode, NO_WATCH_LIST);
      const { world } = installed;
      await installed.start();
      await world.apply('web', SPEC);
      await world.whenReady('web', WITHIN_MS);
      await world.delete('web');
      await world.whenGone('web', WITHIN_MS);
      const { breaches, unused } = await verdictOn(installed);
      expect(breaches).toEqual([]);
      expect(unused.filter((text) => text.includes("'list "))).toEqual([]);
    },
  );

  test.each(MODES)('are what kubectl auth can-i --list says in its golden file: %s (S9)', async (mode) => {
    const world = await World.open('real API server', await openBare(), {});
    for (const manifest of await readCrds()) await world.admin.apply(manifest);
    await world.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: WATCHED } });
    for (const manifest of await rightsOf(mode)) await world.admin.apply(manifest);
    const kubeconfig = await accountKubeconfig(world.admin, world.cluster.adminKubeconfig, ACCOUNT);
    const texts: string[] = [];
    for (const namespace of [OPERATOR_NAMESPACE, WATCHED, 'default']) {
      const text = await new Kubectl(kubeconfig, namespace).ok(['auth', 'can-i', '--list']);
      const lines = text.split('\n').map((line) => line.trimEnd());
      texts.push(`In namespace ${namespace}:\n${lines.join('\n')}`);
    }
    await expect(texts.join('\n')).toMatchFileSnapshot(`golden/can-i/${mode}.txt`);
    await eventually(() => world.admin.list('SecurityPolicy', world.namespace), { within: WITHIN_MS });
  });

  test('leave Secrets to whoever grants one: until then it is told, and Ready comes by itself (A13, O11)', async () => {
    const installed = await install('namespaced');
    const { world } = installed;
    const accounts = new Accounts(world);
    await world.asksForRefusal('get core/secrets');
    await accounts.put('keys', accounts.key('2000000000000002'));
    const ref = await accounts.tenant('keys', { secretRef: { name: 'keys' } });
    await installed.start();
    await world.apply('web', using(ref, SPEC));
    const untold = { type: 'CredentialsReady', status: 'False', reason: 'CredentialsInvalid' } as const;
    const told = messageOf(await world.whenCondition('web', untold, WITHIN_MS), 'CredentialsReady');
    expect(told).toContain('may not be read');
    await accounts.allow(['keys']);
    await world.whenReady('web', WITHIN_MS);
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
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
