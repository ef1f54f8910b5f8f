/** Backups, copies of clusters and what is left over: no policy is touched by an object that does not own it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { openShared } from '../environment/cluster.ts';
import { eventually, steadily } from '../environment/eventually.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { describeReal, describeTiers } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SPEC: SecurityPolicySpec = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] };
const WEAK: SecurityPolicySpec = { tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'] };

/** Requests after the entry `since` that could change something in the cloud. */
function cloudWrites(world: World, since = 0): readonly string[] {
  return world.alb.ledger
    .entries(since)
    .flatMap(({ action }) => (/^(List|Get)/.test(action) ? [] : [action]));
}

function live(world: World, id: string) {
  return world.alb.model.live().find((policy) => policy.id === id);
}

/** A policy of an object that is Ready, and an operator that has ended. */
async function backedUp(world: World, spec = SPEC) {
  const operator = await world.startOperator();
  await world.apply('web', spec);
  const object = await world.whenReady('web');
  await operator.kill('SIGTERM');
  await operator.whenExited();
  const id: string = object.status.securityPolicyId;
  return { object, id, uid: object.metadata.uid ?? '', since: world.alb.ledger.last };
}

/** Ready by a status of its own: until the operator has looked, the restored one is there, and may say Ready. */
async function whenReadyItself(world: World) {
  await eventually(
    async () => {
      const { metadata, status } = await world.get('web');
      expect(status.uid).toBe(metadata.uid);
    },
    { within: 15_000 },
  );
  return world.whenReady('web');
}

/** Takes the object away without a word to the cloud, as a lost cluster does. */
async function loseObject(world: World): Promise<void> {
  await world.patch('web', { metadata: { finalizers: null } });
  await world.delete('web');
  await world.whenGone('web');
}

describeTiers('an object restored under a new UID with its old status', (tier) => {
  test('does not touch the old policy, and gets one of its own (G9, I5)', async () => {
    const world = await tier.open();
    const { object, id } = await backedUp(world);
    const before = live(world, id);
    await loseObject(world);
    await world.apply('web', WEAK);
    await world.patch('web', { status: object.status }, 'status');
    await world.startOperator();
    const restored = await whenReadyItself(world);
    expect(restored.status.securityPolicyId).not.toBe(id);
    expect(live(world, id)).toEqual(before);
    expect(world.alb.model.live()).toHaveLength(2);
    await world.delete('web');
    await world.whenGone('web');
    expect(live(world, id)).toEqual(before);
  });

  test('takes the old policy by previousOwnerUID, and makes no second one (G9)', async () => {
    const world = await tier.open();
    const { object, id, uid, since } = await backedUp(world);
    await loseObject(world);
    await world.apply('web', { ...SPEC, adopt: { securityPolicyId: id, previousOwnerUID: uid } });
    await world.patch('web', { status: object.status }, 'status');
    await world.startOperator();
    const { status, metadata } = await whenReadyItself(world);
    expect(status).toMatchObject({ securityPolicyId: id, binding: 'Adopted', uid: metadata.uid });
    expect(live(world, id)?.tags[OWNER_TAGS.uid]).toBe(metadata.uid);
    expect(cloudWrites(world, since)).toEqual(['TagResources']);
    expect(world.alb.model.live()).toHaveLength(1);
  });

  test('is watched by a read-only operator, which frees it for adopt and writes nothing', async () => {
    const world = await tier.open();
    const { object, id, uid, since } = await backedUp(world);
    await loseObject(world);
    await world.apply('web', SPEC);
    await world.patch('web', { status: object.status }, 'status');
    const readOnly = await world.startOperator({ flags: { 'read-only': 'true' } });
    await world.whenCondition('web', { type: 'Paused', status: 'True', reason: 'ReadOnly' });
    await world.patch('web', { spec: { adopt: { securityPolicyId: id, previousOwnerUID: uid } } });
    expect(cloudWrites(world, since)).toEqual([]);
    await readOnly.kill('SIGTERM');
    await readOnly.whenExited();
    await world.startOperator();
    expect((await world.whenReady('web')).status.securityPolicyId).toBe(id);
    expect(world.alb.model.live()).toHaveLength(1);
  });
});

describeTiers('objects of another cluster id', (tier) => {
  test('halt, delete nothing, and go on once the id is accepted (I6)', async () => {
    const world = await tier.open();
    const { id, since } = await backedUp(world);
    const before = live(world, id);
    const copy = await world.startOperator({ flags: { 'cluster-id': 'second' } });
    await world.apply('web', WEAK);
    const halted = await world.whenCondition('web', {
      type: 'Stalled',
      status: 'True',
      reason: 'OtherCluster',
    });
    expect(JSON.stringify(halted.status.conditions)).toContain(`--accept-cluster-id=${world.namespace}`);
    await world.delete('web');
    await steadily(async () => expect(await world.find('web')).toBeDefined(), { during: 2_500 });
    expect(cloudWrites(world, since)).toEqual([]);
    expect(live(world, id)).toEqual(before);
    await copy.kill('SIGTERM');
    await copy.whenExited();
    await world.startOperator({ flags: { 'cluster-id': 'second', 'accept-cluster-id': world.namespace } });
    await world.whenGone('web');
    expect(cloudWrites(world, since)).toEqual(['TagResources', 'DeleteSecurityPolicy']);
    expect(world.alb.model.live()).toEqual([]);
  });

  test('are tagged with the new id and managed on once the former one is accepted (I6)', async () => {
    const world = await tier.open();
    const { id, since } = await backedUp(world);
    await world.startOperator({ flags: { 'cluster-id': 'second', 'accept-cluster-id': world.namespace } });
    await world.apply('web', WEAK);
    expect((await world.whenReady('web')).status.securityPolicyId).toBe(id);
    expect(live(world, id)).toMatchObject({
      ciphers: WEAK.ciphers,
      tags: { [OWNER_TAGS.cluster]: 'second' },
    });
    expect(cloudWrites(world, since)).toEqual(['TagResources', 'UpdateSecurityPolicyAttribute']);
  });
});

describeTiers('a read-only operator', (tier) => {
  test('writes nothing to the cloud for objects that are new, changed or deleted', async () => {
    const world = await tier.open();
    const { id, since } = await backedUp(world);
    const before = live(world, id);
    await world.startOperator({ flags: { 'read-only': 'true' } });
    await world.apply('other', SPEC);
    await world.whenCondition('other', { type: 'Paused', status: 'True', reason: 'ReadOnly' });
    await world.apply('web', WEAK);
    await world.whenCondition('web', { type: 'Paused', status: 'True', reason: 'ReadOnly' });
    await world.delete('web');
    await world.whenCondition('web', { type: 'Paused', status: 'True', reason: 'ReadOnly' });
    expect(cloudWrites(world, since)).toEqual([]);
    expect(live(world, id)).toEqual(before);
  });
});

describeTiers('an orphan', (tier) => {
  test('is told in a metric and a log line after a restart, and is not deleted (G3, I10, O5)', async () => {
    const world = await tier.open();
    const { id, uid, since } = await backedUp(world);
    await loseObject(world);
    const operator = await world.startOperator();
    const line = await operator.whenLog('Orphan: a policy carries the tags of an object that does not exist');
    expect(line).toMatchObject({ id, uid, object: `${world.namespace}/web` });
    await eventually(
      async () => expect((await operator.get('/metrics')).text).toContain('\nalbsp_orphan_policies 1\n'),
      { within: 10_000 },
    );
    expect(cloudWrites(world, since)).toEqual([]);
    expect(live(world, id)).toBeDefined();
  });
});

describeReal('docs/restore.md', () => {
  test('its commands restore an object that is lost, with its policy', async () => {
    const world = await World.open('real API server', openShared(), {});
    const kubectl = new Kubectl(world.cluster.adminKubeconfig, world.namespace);
    const { id, uid, since } = await backedUp(world);
    const run = async (command: string) =>
      kubectl.ok(wordsOf(command).map((word) => ({ NAMESPACE: world.namespace, NAME: 'web' })[word] ?? word));
    const [list = '', adopt = '', wait = '', check = ''] = await commands('One object, or a namespace');
    const listed = (await run(list)).split('\n').find((row) => row.includes('web'));
    expect(listed).toMatch(new RegExp(`web +${uid} +${id}`));
    await loseObject(world);
    await world.apply('web', SPEC);
    await run(adopt.replace('ID', id).replace('OLD-UID', uid));
    await world.startOperator();
    await run(wait);
    expect(await run(check)).toContain(id);
    expect(cloudWrites(world, since)).toEqual(['TagResources']);
  });

  test('its flags are those of the program', async () => {
    const world = await World.open('real API server', openShared(), {});
    const { id, since } = await backedUp(world);
    const flags = (await page()).match(/^albsp run .*$/gm)?.map((line) => flagsOf(line, world.namespace));
    expect(flags).toHaveLength(2);
    const [copy = {}, moved = {}] = flags ?? [];
    const first = await world.startOperator({ flags: copy });
    await world.whenCondition('web', { type: 'Stalled', status: 'True', reason: 'OtherCluster' });
    expect(cloudWrites(world, since)).toEqual([]);
    await first.kill('SIGTERM');
    await first.whenExited();
    await world.startOperator({ flags: moved });
    await eventually(() => expect(live(world, id)?.tags[OWNER_TAGS.cluster]).toBe(moved['cluster-id']), {
      within: 15_000,
    });
    await world.whenReady('web');
  });
});

function page(): Promise<string> {
  return readFile(fileURLToPath(new URL('../../docs/restore.md', import.meta.url)), 'utf8');
}

/** The kubectl commands below a heading of the page. */
async function commands(title: string): Promise<readonly string[]> {
  const section = (await page()).split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.match(/^kubectl .*$/gm) ?? [];
}

/** The words of a command as the shell would give them, without the program. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)]
    .map(([word]) => word.replaceAll("'", ''))
    .slice(1)
    .map((word) => (word === 'albsp/NAME' ? 'albsp/web' : word));
}

/** The flags of a line; `OLD` is the id of the cluster that was backed up. */
function flagsOf(line: string, old: string): Readonly<Record<string, string>> {
  const found = [...line.matchAll(/--([a-z-]+) (\S+)/g)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value === 'OLD' ? old : value]));
}
