/** What is taken away from under the operator: a namespace with everything in it, and its own definitions. */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { Manifest } from '../environment/admin.ts';
import { openOwn } from '../environment/cluster.ts';
import { makeCanaries } from '../environment/credentials.ts';
import { Elsewhere } from '../environment/elsewhere.ts';
import { eventually } from '../environment/eventually.ts';
import { accountKubeconfig, openBare } from '../environment/installed.ts';
import { Page, type } from '../environment/page.ts';
import { OPERATOR_NAMESPACE, OPERATOR_USER, readCrds, readRights } from '../environment/realserver.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SPEC = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const TENANT_ACCOUNT = '2000000000000002';
const WITHIN_MS = 90_000;
const WHOLE = { namespace: null, 'cluster-id': null } as const;

const page = await Page.read('deployment-shapes.md');

const openWorld = async () => World.open('real API server', await openOwn(), {});
const definition = (name: string) => ({ kind: 'CustomResourceDefinition', name: `${name}.alb.alicloud.dev` });

/** Puts a definition in, once the one that is going is gone. */
async function define(world: World, manifest: Manifest): Promise<void> {
  await eventually(() => world.admin.create(manifest), { within: WITHIN_MS, what: manifest.metadata.name });
}

async function definitionOf(plural: string): Promise<Manifest> {
  const found = (await readCrds()).find(({ metadata }) => metadata.name.startsWith(`${plural}.`));
  if (found === undefined) throw new Error(`There is no definition of '${plural}'`);
  return found;
}

/** A tenant's namespace with a policy in use, so that its deletion waits while everything around it goes. */
async function occupy(world: World): Promise<{ readonly team: Elsewhere; readonly id: string }> {
  const team = await Elsewhere.open(world, 'team-a');
  await type(page.script('Several accounts'), world.cluster.adminKubeconfig);
  const tenant = makeCanaries();
  world.alb.model.keys.add({
    id: tenant.accessKeyId,
    secret: tenant.accessKeySecret,
    account: TENANT_ACCOUNT,
  });
  await team.identity('alicloud', 'alicloud-credentials', tenant);
  await team.policy('web', { ...SPEC, providerConfigRef: { kind: 'ProviderConfig', name: 'alicloud' } });
  const { status } = await team.whenReady('web');
  const place = { account: TENANT_ACCOUNT, region: 'cn-hangzhou' };
  const listener = { listenerId: 'lsn-1', loadBalancerId: 'alb-1', port: 443, protocol: 'HTTPS' } as const;
  world.alb.console.attach(place, status.securityPolicyId, listener);
  return { team, id: status.securityPolicyId };
}

describeReal('a namespace that is deleted with its policy, Secret and ProviderConfig', () => {
  test('says that its credentials are gone, and goes without them once the policy is to be retained (G5)', async () => {
    const world = await openWorld();
    const operator = await world.startOperator({ flags: WHOLE });
    const { team, id } = await occupy(world);
    await world.admin.delete({ kind: 'Namespace', name: team.namespace });
    const stuck = await team.whenCondition('web', {
      type: 'CredentialsReady',
      status: 'False',
      reason: 'ProviderConfigNotFound',
      message:
        'ProviderConfig "alicloud" does not exist in namespace "team-a"; to let the object go without credentials and keep the policy, set spec.deletionPolicy to Retain',
    });
    expect(stuck.status.securityPolicyId).toBe(id);
    expect(stuck.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'ProviderConfigNotFound' }),
    );
    const secret = { kind: 'Secret', name: 'alicloud-credentials', namespace: team.namespace };
    await eventually(async () => expect(await world.admin.find(secret)).toBeUndefined(), {
      within: WITHIN_MS,
    });
    await eventually(
      async () => {
        const { status } = await world.admin.get({ kind: 'Namespace', name: team.namespace });
        expect(status.phase).toBe('Terminating');
        const remaining = status.conditions.find(
          (one: { type: string; status: string }) =>
            one.type === 'NamespaceFinalizersRemaining' && one.status === 'True',
        );
        expect(remaining?.message).toContain('alb.alicloud.dev/');
      },
      { within: WITHIN_MS },
    );
    expect(world.alb.model.live()).toHaveLength(1);

    const calls = world.alb.ledger.last;
    await type(page.script('When a namespace goes'), world.cluster.adminKubeconfig);
    await team.whenGone('web');
    await eventually(
      async () => expect(await world.admin.find({ kind: 'Namespace', name: team.namespace })).toBeUndefined(),
      { within: WITHIN_MS, what: 'The namespace gone' },
    );
    expect(world.alb.model.live()).toMatchObject([{ id, tags: { [OWNER_TAGS.object]: 'team-a/web' } }]);
    const since = world.alb.ledger.entries(calls);
    expect(since.filter(({ account }) => account === TENANT_ACCOUNT)).toEqual([]);
    expect(operator.exit).toBeUndefined();
    const denied = (await world.cluster.audit?.entries({ user: OPERATOR_USER }))?.filter(
      ({ code, resource }) => code === 403 && resource !== 'events',
    );
    expect(denied).toEqual([]);
  });
});

describeReal('our definitions', () => {
  test('that are deleted take their objects and their policies with them, and the operator goes on when they are back (G6)', async () => {
    const world = await openWorld();
    const operator = await world.startOperator({ flags: WHOLE });
    for (const name of ['one', 'two']) await world.apply(name, SPEC);
    for (const name of ['one', 'two']) await world.whenReady(name);
    await world.admin.delete(definition('securitypolicies'));
    await eventually(
      async () => expect(await world.admin.find(definition('securitypolicies'))).toBeUndefined(),
      { within: WITHIN_MS, what: 'The definition gone' },
    );
    expect(world.alb.model.live()).toEqual([]);
    // Watches of what is not there are answered, and asked again ever less often.
    await eventually(
      async () => {
        const entries = (await world.cluster.audit?.entries({ user: OPERATOR_USER })) ?? [];
        const lost = entries.filter(({ resource, code }) => resource === 'securitypolicies' && code === 404);
        expect(lost.length).toBeGreaterThan(1);
      },
      { within: WITHIN_MS, what: 'A watch that was answered 404' },
    );
    expect((await operator.get('/healthz')).status).toBe(200);
    await define(world, await definitionOf('securitypolicies'));
    await eventually(() => world.apply('three', SPEC), { within: WITHIN_MS });
    await world.whenReady('three', WITHIN_MS);
    expect(operator.exit).toBeUndefined();
    const entries = (await world.cluster.audit?.entries({ user: OPERATOR_USER })) ?? [];
    const watches = entries.filter(
      ({ resource, verb }) => resource === 'securitypolicies' && verb === 'watch',
    );
    expect(watches.length).toBeLessThan(30);
  });

  test.each([
    ['all of them', ['securitypolicies', 'providerconfigs', 'clusterproviderconfigs']],
    ['the policies', ['securitypolicies']],
    ['the configs of tenants', ['providerconfigs']],
    ['the configs of the cluster', ['clusterproviderconfigs']],
  ])('that come late are waited for, and no restart is needed: %s (G7)', async (_, late) => {
    const cluster = await openBare();
    const world = await World.open('real API server', cluster, {});
    for (const manifest of await readRights()) await world.admin.apply(manifest);
    for (const manifest of await readCrds()) {
      if (!late.some((plural) => manifest.metadata.name.startsWith(`${plural}.`)))
        await define(world, manifest);
    }
    const kubeconfig = await accountKubeconfig(world.admin, cluster.adminKubeconfig, {
      namespace: OPERATOR_NAMESPACE,
      name: 'albsp',
    });
    await world.admin
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } })
      .catch(() => undefined);
    const operator = await world.startOperator({ flags: { ...WHOLE, kubeconfig } });
    const waits = {
      securitypolicies: 'policies of all namespaces',
      providerconfigs: 'provider configs of all namespaces',
      clusterproviderconfigs: 'cluster provider configs',
    };
    await eventually(
      async () => {
        const { status, text } = await operator.get('/readyz');
        expect(status).toBe(503);
        const waiting = /waiting for (.*)/.exec(text)?.[1]?.split(', ');
        expect(waiting).toEqual(
          Object.entries(waits)
            .filter(([plural]) => late.includes(plural))
            .map(([, name]) => name),
        );
      },
      { within: WITHIN_MS },
    );
    expect((await operator.get('/healthz')).status).toBe(200);
    for (const plural of late) await define(world, await definitionOf(plural));
    await eventually(() => world.apply('web', SPEC), { within: WITHIN_MS });
    await world.whenReady('web', WITHIN_MS);
    await operator.whenReady();
    expect(operator.exit).toBeUndefined();
  });
});
