/** `docs/deployment-shapes.md` in a cluster: rights, namespaces and shards. What the page tells people to type is typed here. */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import { makeCanaries } from '../environment/credentials.ts';
import { Elsewhere } from '../environment/elsewhere.ts';
import { eventually } from '../environment/eventually.ts';
import { accountKubeconfig, openBare } from '../environment/installed.ts';
import type { Operator } from '../environment/operator.ts';
import { Page, type } from '../environment/page.ts';
import { OPERATOR_NAMESPACE, OPERATOR_USER } from '../environment/realserver.ts';
import { describeReal, describeTiers } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SPEC = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'AES128-SHA'] };
const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
const WITHIN_MS = 60_000;

const page = await Page.read('deployment-shapes.md');

/** Of the tests' own defaults what a page's command decides. */
const WHOLE = { namespace: null, 'cluster-id': null } as const;

/** A real API server with what a section of the page installs; and the operator's account there. */
async function install(section: string) {
  const cluster = await openBare();
  const world = await World.open('real API server', cluster, {});
  const a = await Elsewhere.open(world, 'team-a');
  const b = await Elsewhere.open(world, 'team-b');
  await type(page.script(section), cluster.adminKubeconfig);
  const account = { namespace: OPERATOR_NAMESPACE, name: 'albsp' };
  const kubeconfig = await accountKubeconfig(world.admin, cluster.adminKubeconfig, account);
  // The end of a world lists, and a definition is not served at once.
  await eventually(() => world.admin.list('SecurityPolicy'), { within: WITHIN_MS });
  return { world, a, b, kubeconfig };
}

/** What the operator asked for: all of it, what was denied, and what was cluster-wide. */
async function asked(world: World) {
  const entries = (await world.cluster.audit?.entries({ user: OPERATOR_USER })) ?? [];
  const told = entries.map(
    ({ verb, resource, namespace, name, code }) => `${verb} ${resource} ${namespace} ${name} ${code}`,
  );
  return {
    all: told,
    denied: told.filter((_, n) => [401, 403].includes(entries[n]?.code ?? 0)),
    wide: told.filter((_, n) => entries[n]?.namespace === ''),
    namespaces: new Set(entries.map(({ namespace }) => namespace)),
  };
}

describeReal('docs/deployment-shapes.md', () => {
  test('the whole cluster: its rights are enough', async () => {
    const { world, a, kubeconfig } = await install('The whole cluster');
    const [run] = page.runs('The whole cluster');
    await world.startOperator({ flags: { ...WHOLE, kubeconfig, ...run?.flags } });
    await a.policy('web', SPEC);
    await a.whenReady('web');
    await world.admin.delete(a.reference('web'));
    await a.whenGone('web');
    expect((await asked(world)).denied).toEqual([]);
  });

  test('single namespaces: Roles alone are enough, nothing is denied and nothing is cluster-wide', async () => {
    const { world, a, b, kubeconfig } = await install('Single namespaces');
    const other = await Elsewhere.open(world, 'team-c');
    await type(page.script('Several accounts'), world.cluster.adminKubeconfig);
    expect(await world.admin.list('ClusterRoleBinding')).not.toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ name: 'albsp' }) }),
    );
    const [run] = page.runs('Single namespaces');
    const flags = { ...WHOLE, kubeconfig, ...run?.flags };
    const first = await world.startOperator({ flags });

    await other.policy('web', SPEC);
    await b.policy('web', SPEC);
    await b.whenReady('web');
    await world.admin.patch(b.reference('web'), { spec: { ciphers: ['AES128-SHA'] } });
    await eventually(() => expect(world.alb.model.live()).toMatchObject([{ ciphers: ['AES128-SHA'] }]), {
      within: WITHIN_MS,
    });

    const tenant = makeCanaries();
    const account = '2000000000000002';
    world.alb.model.keys.add({ id: tenant.accessKeyId, secret: tenant.accessKeySecret, account });
    await a.identity('alicloud', 'alicloud-credentials', tenant);
    await a.policy('web', { ...SPEC, providerConfigRef: { kind: 'ProviderConfig', name: 'alicloud' } });
    const ready = await a.whenReady('web');
    expect(ready.status.target.accountId).toBe(account);

    await b.policy('wide', {
      ...SPEC,
      providerConfigRef: { kind: 'ClusterProviderConfig', name: 'platform' },
    });
    await b.whenCondition('wide', {
      type: 'CredentialsReady',
      status: 'False',
      reason: 'ProviderConfigNotFound',
      message:
        'ClusterProviderConfig "platform" cannot be read: this operator watches single namespaces only; name a ProviderConfig',
    });

    await first.kill('SIGTERM');
    await first.whenExited();
    await world.startOperator({ flags });
    for (const name of ['web', 'wide']) await world.admin.delete(b.reference(name));
    await world.admin.delete(a.reference('web'));
    for (const name of ['web', 'wide']) await b.whenGone(name);
    await a.whenGone('web');

    expect((await other.get('web')).status.conditions).toBeUndefined();
    const { all, denied, wide, namespaces } = await asked(world);
    expect(all.length).toBeGreaterThan(20);
    expect(denied).toEqual([]);
    expect(wide).toEqual([]);
    expect(namespaces).toEqual(new Set(['team-a', 'team-b', OPERATOR_NAMESPACE]));
  });
});

/** Who it is to the cloud and in its Lease. */
async function instanceOf(operator: Operator): Promise<string> {
  return String((await operator.whenLog('Leading')).instance);
}

describeTiers(
  'shards',
  (tier) => {
    test('two operators share a cluster by labels: each writes its own objects only, and no policy looks lost', async () => {
      const world = await tier.open();
      const [canaries, rest] = page.runs('Shards');
      const start = (run: typeof rest) =>
        world.startOperator({ flags: { ...WHOLE, resync: '60s', ...run?.flags } });
      const operators = [await start(canaries), await start(rest)] as const;
      const instances = await Promise.all(operators.map(instanceOf));
      const by = (instance: string | undefined) =>
        world.alb.ledger
          .commits()
          .filter((entry) => entry.instance?.includes(instance ?? 'nobody') === true)
          .map(({ action, id }) => `${action} ${id}`);

      await world.admin.create(world.policy('early', SPEC, { labels: { shard: 'canary' } }));
      await world.admin.create(world.policy('usual', SPEC));
      const early = (await world.whenReady('early')).status.securityPolicyId;
      const usual = (await world.whenReady('usual')).status.securityPolicyId;
      expect(by(instances[0])).toEqual([`CreateSecurityPolicy ${early}`]);
      expect(by(instances[1])).toEqual([`CreateSecurityPolicy ${usual}`]);
      const leases = (await world.admin.list('Lease', OPERATOR_NAMESPACE)).map(
        ({ metadata }) => metadata.name,
      );
      expect(leases).toEqual(expect.arrayContaining(['albsp', 'albsp-canary']));

      // A real orphan beside them, so that a search which finds nothing would fail.
      const cluster = world.alb.model.live()[0]?.tags[OWNER_TAGS.cluster] ?? '';
      const lost = world.alb.console.create(PLACE, {
        name: 'lost',
        ...SPEC,
        tags: {
          [OWNER_TAGS.uid]: '00000000-0000-4000-8000-000000000000',
          [OWNER_TAGS.cluster]: cluster,
          [OWNER_TAGS.object]: `${world.namespace}/lost`,
        },
      });
      await operators[0].kill('SIGTERM');
      await operators[0].whenExited();
      const again = await start(canaries);
      await again.whenLog(({ msg, id }) => msg?.startsWith('Orphan:') === true && id === lost);
      expect((await again.get('/metrics')).text).toMatch(/^albsp_orphan_policies 1$/m);

      await world.patch('usual', {
        metadata: { labels: { shard: 'canary' } },
        spec: { ciphers: ['AES128-SHA'] },
      });
      await eventually(
        () =>
          expect(world.alb.model.live()).toContainEqual(
            expect.objectContaining({ id: usual, ciphers: ['AES128-SHA'] }),
          ),
        { within: WITHIN_MS },
      );
      expect(by(await instanceOf(again))).toEqual([`UpdateSecurityPolicyAttribute ${usual}`]);
      expect(by(instances[1])).toHaveLength(1);
    });
  },
  { server: 'own' },
);

describeTiers('an operator without an identity of its own', (tier) => {
  test('refuses objects that name no config, and sends nothing for them', async () => {
    const world = await tier.open();
    const [run] = page.runs('Several accounts');
    const operator = await world.startOperator({ flags: { ...run?.flags } });
    await world.apply('web', SPEC);
    const refused = await world.whenCondition('web', { type: 'CredentialsReady', status: 'False' });
    expect(JSON.stringify(refused.status.conditions)).toContain('each object must name a provider config');
    await operator.whenReady();
    expect(world.alb.ledger.entries()).toEqual([]);
    expect(refused.status.pendingCreate).toBeUndefined();
  });
});
