/** What deploy/argocd gives to Argo CD: its actions, and its ConfigMap, against the real API server. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ACTIONS, argocdConfigMap, isArgocdStale } from '../../scripts/argocd.ts';
import type { Manifest } from '../environment/admin.ts';
import { describeClients, lua } from '../environment/clients.ts';
import { openShared } from '../environment/cluster.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const GOOD = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const PAUSED = 'alb.alicloud.dev/paused';
const ASKED = 'alb.alicloud.dev/reconcile-requested-at';

test('deploy/argocd/argocd-cm.yaml is what scripts/argocd.ts writes', async () => {
  expect(await isArgocdStale()).toBe(false);
});

describeReal('deploy/argocd/argocd-cm.yaml', () => {
  test('brings its keys by server-side apply and leaves those of others; each script is whole', async () => {
    const world = await World.open('real API server', openShared(), {});
    const kubectl = new Kubectl(world.cluster.adminKubeconfig, world.namespace);
    await kubectl.ok(['create', 'configmap', 'argocd-cm', '--from-literal=url=https://argocd.example.com']);
    const manifest = (await argocdConfigMap()).replace('namespace: argocd', `namespace: ${world.namespace}`);
    const apply = ['apply', '--server-side', '--field-manager=albsp-argocd', '--validate=strict', '-f', '-'];
    await kubectl.ok(apply, manifest);
    const { data } = await world.admin.get({
      kind: 'ConfigMap',
      name: 'argocd-cm',
      namespace: world.namespace,
    });
    expect(data.url).toBe('https://argocd.example.com');
    const health = await readFile('deploy/argocd/health.lua', 'utf8');
    for (const kind of ['SecurityPolicy', 'ProviderConfig', 'ClusterProviderConfig'])
      expect(data[`resource.customizations.health.alb.alicloud.dev_${kind}`]).toBe(health);
    const actions = parse(data['resource.customizations.actions.alb.alicloud.dev_SecurityPolicy']);
    expect(actions['discovery.lua']).toBe(await readFile('deploy/argocd/actions/discovery.lua', 'utf8'));
    for (const { name, 'action.lua': script } of actions.definitions)
      expect(script).toBe(await readFile(`deploy/argocd/actions/${name}.lua`, 'utf8'));
    expect(actions.definitions.map(({ name }: { name: string }) => name)).toEqual([...ACTIONS]);
  });
});

describeClients('actions in Argo CD', () => {
  describeReal('on an object', () => {
    test.each<[string, Readonly<Record<string, string>> | undefined]>([
      ['without annotations', undefined],
      ['with annotations of others', { 'argocd.argoproj.io/tracking-id': 'edge' }],
    ])(
      '%s: pause, resume and reconcile are patches that the API server takes and the operator heeds',
      async (_, annotations) => {
        const world = await World.open('real API server', openShared(), {});
        await world.startOperator();
        await world.apply('web', GOOD);
        await world.whenReady('web');
        if (annotations !== undefined) await world.patch('web', { metadata: { annotations } });
        expect(await offered(await world.get('web'))).toEqual(['pause', 'reconcile']);

        await act(world, 'pause');
        const paused = await world.whenCondition('web', { type: 'Paused', status: 'True' });
        expect(paused.metadata.annotations).toEqual({ ...annotations, [PAUSED]: 'true' });
        expect(await offered(paused)).toEqual(['resume']);

        await act(world, 'resume');
        const resumed = await world.get('web');
        expect(resumed.metadata.annotations).toEqual(annotations);
        expect(resumed.metadata.generation).toBe(paused.metadata.generation);

        await act(world, 'reconcile');
        const { [ASKED]: token, ...rest } = (await world.get('web')).metadata.annotations ?? {};
        expect(rest).toEqual(annotations ?? {});
        expect(Math.abs(Date.now() - Date.parse(token ?? ''))).toBeLessThan(60_000);
        const kubectl = new Kubectl(world.cluster.adminKubeconfig, world.namespace);
        await kubectl.ok([
          'wait',
          `--for=jsonpath={.status.lastHandledReconcileAt}=${token}`,
          '--timeout=30s',
          'albsp/web',
        ]);
      },
    );
  });
});

/** The actions that are not greyed out, in order. */
async function offered(object: Manifest): Promise<readonly string[]> {
  const [said = ''] = await lua('deploy/argocd/actions/discovery.lua', [object]);
  const actions: Readonly<Record<string, { readonly disabled?: boolean }>> = JSON.parse(said);
  return Object.keys(actions)
    .filter((name) => actions[name]?.disabled !== true)
    .sort();
}

/** Runs an action as Argo CD does: the difference that the script makes is sent as a merge patch. */
async function act(world: World, name: (typeof ACTIONS)[number]): Promise<void> {
  const before = await world.get('web');
  const [said = ''] = await lua(`deploy/argocd/actions/${name}.lua`, [before]);
  const after = restored(JSON.parse(said), before);
  const patch = mergePatch(before, after);
  expect(Object.keys(patch)).toEqual(['metadata']);
  await world.patch('web', patch);
}

/** Lua knows one empty table. Argo CD puts back what was a map before and is an empty list now, whatever was in it. */
function restored(value: unknown, before: unknown): unknown {
  if (Array.isArray(value) && value.length === 0 && isMap(before)) return before;
  if (Array.isArray(value) && Array.isArray(before))
    return value.map((item, index) => restored(item, before[index]));
  if (!isMap(value) || !isMap(before)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restored(item, before[key])]));
}

function mergePatch(before: unknown, after: unknown): Record<string, unknown> {
  const [from, to] = [isMap(before) ? before : {}, isMap(after) ? after : {}];
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (JSON.stringify(sorted(from[key])) === JSON.stringify(sorted(to[key]))) continue;
    patch[key] = isMap(from[key]) && isMap(to[key]) ? mergePatch(from[key], to[key]) : (to[key] ?? null);
  }
  return patch;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
