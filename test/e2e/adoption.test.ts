/** Taking over what exists, watching it without touching it, and asking before doing; the ledger is the witness. */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { Manifest } from '../environment/admin.ts';
import { eventually } from '../environment/eventually.ts';
import { describeTiers, type Tier } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
const SPEC = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] } as const;
const GOOD: SecurityPolicySpec = { tlsVersions: [...SPEC.tlsVersions], ciphers: [...SPEC.ciphers] };
const BY_HAND = {
  name: 'by-hand',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'],
  tags: { team: 'shop' },
};

/** Requests that could change something in the cloud, in order. */
function cloudWrites(world: World): readonly string[] {
  return world.alb.ledger.entries().flatMap(({ action }) => (/^(List|Get)/.test(action) ? [] : [action]));
}

function live(world: World, id: string) {
  return world.alb.model.live().find((policy) => policy.id === id);
}

/** A world with an operator and a policy that somebody made in the console. */
async function opened(tier: Tier, flags = {}) {
  const world = await tier.open();
  const id = world.alb.console.create(PLACE, BY_HAND);
  await world.startOperator({ flags });
  return { world, id };
}

function halted(world: World, reason: string) {
  return world.whenCondition('web', { type: 'Stalled', status: 'True', reason });
}

function message(object: Manifest): string {
  const conditions: readonly { type: string; message: string }[] = object.status.conditions;
  return conditions.find(({ type }) => type === 'Ready')?.message ?? '';
}

async function whenReleased(world: World, name: string, text: string): Promise<void> {
  await eventually(
    async () => {
      const events = await world.events(name);
      expect(events.map((event) => event.message ?? event.note).join('\n')).toContain(text);
    },
    { within: 15_000 },
  );
}

describeTiers('adoption', (tier) => {
  test('by id applies the spec to the policy, keeps its id and the tags of others, and is frozen', async () => {
    const { world, id } = await opened(tier);
    await world.apply('web', { ...GOOD, adopt: { securityPolicyId: id } });
    const { status, metadata } = await world.whenReady('web');
    expect(status).toMatchObject({ securityPolicyId: id, binding: 'Adopted' });
    expect(live(world, id)).toMatchObject({
      name: 'web',
      ciphers: SPEC.ciphers,
      tags: { team: 'shop', [OWNER_TAGS.uid]: metadata.uid },
    });
    expect(cloudWrites(world)[0]).toBe('TagResources');
    expect(cloudWrites(world)).not.toContain('CreateSecurityPolicy');
    const refusal = 'adopt can be neither set, changed nor removed once status.target is set';
    await expect(world.patch('web', { spec: { adopt: { securityPolicyId: 'spy-9' } } })).rejects.toThrow(
      refusal,
    );
    await expect(world.patch('web', { spec: { adopt: null } })).rejects.toThrow(refusal);
  });

  test('by name names both of two matches, and takes the one that is left', async () => {
    const { world, id } = await opened(tier);
    const second = world.alb.console.create(PLACE, BY_HAND);
    await world.apply('web', { ...GOOD, adopt: { securityPolicyName: BY_HAND.name } });
    const told = message(await halted(world, 'AdoptionAmbiguous'));
    expect(told).toContain(id);
    expect(told).toContain(second);
    expect(cloudWrites(world)).toEqual([]);
    world.alb.console.delete(PLACE, second);
    expect((await world.whenReady('web')).status.securityPolicyId).toBe(id);
  });

  test('of a policy that another object owns is refused while that object lives (A12)', async () => {
    const { world, id } = await opened(tier);
    const owner = await world.apply('owner', { ...GOOD, adopt: { securityPolicyId: id } });
    await world.whenReady('owner');
    await world.apply('web', { ...GOOD, adopt: { securityPolicyId: id } });
    expect(message(await halted(world, 'Conflict'))).toContain(`${world.namespace}/owner`);
    const previousOwnerUID = owner.metadata.uid ?? '';
    await world.patch('web', { spec: { adopt: { previousOwnerUID } } });
    expect(message(await halted(world, 'Conflict'))).toContain('still exists');
    expect(live(world, id)?.tags[OWNER_TAGS.uid]).toBe(previousOwnerUID);
    // The owner goes by force, without a word to the cloud; only then its policy may be taken.
    await world.patch('owner', { metadata: { annotations: { 'alb.alicloud.dev/paused': 'true' } } });
    await world.whenCondition('owner', { type: 'Paused', status: 'True' });
    await world.delete('owner');
    await world.patch('owner', { metadata: { finalizers: null } });
    await world.whenGone('owner');
    const { metadata } = await world.whenReady('web');
    expect(live(world, id)?.tags[OWNER_TAGS.uid]).toBe(metadata.uid);
  });

  test('of a policy that another service manages is refused, and of one that does not exist', async () => {
    const { world } = await opened(tier);
    const managed = world.alb.console.create(PLACE, { ...BY_HAND, name: 'service', serviceManaged: true });
    await world.apply('web', { ...GOOD, adopt: { securityPolicyId: managed } });
    await halted(world, 'AdoptionNotAllowed');
    await world.apply('web', { ...GOOD, adopt: { securityPolicyId: 'spy-none' } });
    await halted(world, 'AdoptionTargetNotFound');
    expect(cloudWrites(world)).toEqual([]);
  });

  test('is refused by an operator with --adoption false', async () => {
    const { world, id } = await opened(tier, { adoption: 'false' });
    await world.apply('web', { ...GOOD, adopt: { securityPolicyId: id } });
    expect(message(await halted(world, 'AdoptionNotAllowed'))).toContain('--adoption=true');
    expect(cloudWrites(world)).toEqual([]);
  });

  test('keeps the policy at deletion, without our tags, so that it can be adopted again (O5)', async () => {
    const { world, id } = await opened(tier);
    for (let round = 0; round < 2; round += 1) {
      await world.apply('web', { ...GOOD, adopt: { securityPolicyId: id } });
      await world.whenReady('web');
      await world.delete('web');
      await world.whenGone('web');
      expect(live(world, id)?.tags).toEqual(BY_HAND.tags);
    }
    expect(cloudWrites(world)).not.toContain('DeleteSecurityPolicy');
  });

  test('with deletionPolicy Delete deletes the policy with the object', async () => {
    const { world, id } = await opened(tier);
    await world.apply('web', { ...GOOD, adopt: { securityPolicyId: id }, deletionPolicy: 'Delete' });
    await world.whenReady('web');
    await world.delete('web');
    await world.whenGone('web');
    expect(live(world, id)).toBeUndefined();
  });
});

describeTiers('Observe', (tier) => {
  test('reports what is there and its drift, writes nothing, and releases with an event', async () => {
    const { world, id } = await opened(tier);
    const before = live(world, id);
    const adopt = { securityPolicyId: id };
    await world.apply('web', { managementPolicy: 'Observe', adopt });
    const { status } = await world.whenReady('web');
    expect(status).toMatchObject({
      securityPolicyId: id,
      binding: 'Observed',
      observed: { name: BY_HAND.name, ciphers: BY_HAND.ciphers },
    });
    await world.apply('web', { managementPolicy: 'Observe', adopt, ciphers: [...SPEC.ciphers] });
    const drifted = await world.whenCondition('web', {
      type: 'UpToDate',
      status: 'False',
      reason: 'Drifted',
    });
    expect(drifted.status.drift).toMatchObject([{ field: 'ciphers', desired: SPEC.ciphers[0] }]);
    await world.whenReady('web');
    await world.delete('web');
    await world.whenGone('web');
    await whenReleased(world, 'web', `policy "${id}" stays as it is`);
    expect(cloudWrites(world)).toEqual([]);
    expect(live(world, id)).toEqual(before);
  });

  test('tells what the console changes, within a resync', async () => {
    const { world, id } = await opened(tier);
    await world.apply('web', { managementPolicy: 'Observe', adopt: { securityPolicyId: id } });
    await world.whenReady('web');
    world.alb.console.edit(PLACE, id, { ciphers: ['AES128-SHA'] });
    await eventually(
      async () => expect((await world.get('web')).status.observed.ciphers).toEqual(['AES128-SHA']),
      { within: 15_000 },
    );
    world.alb.console.delete(PLACE, id);
    await halted(world, 'ExternallyDeleted');
    expect(cloudWrites(world)).toEqual([]);
  });

  test('becomes an adoption when it is Managed, with the spec applied once', async () => {
    const { world, id } = await opened(tier);
    const adopt = { securityPolicyId: id };
    await world.apply('web', { managementPolicy: 'Observe', adopt });
    await world.whenReady('web');
    await world.apply('web', { ...GOOD, adopt, driftPolicy: 'Report' });
    const { status } = await world.whenReady('web');
    expect(status.binding).toBe('Adopted');
    expect(live(world, id)?.ciphers).toEqual(SPEC.ciphers);
    await world.delete('web');
    await world.whenGone('web');
    expect(live(world, id)?.tags).toEqual(BY_HAND.tags);
  });
});

describeTiers('DryRun', (tier) => {
  test('passes without making anything and without a token, and is left for the real create (I14)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', { ...GOOD, managementPolicy: 'DryRun' });
    await world.whenCondition('web', { type: 'Accepted', status: 'True', reason: 'PrecheckPassed' });
    await world.whenReady('web');
    expect(world.alb.model.live()).toEqual([]);
    const checks = world.alb.ledger.entries().filter(({ action }) => action === 'CreateSecurityPolicy');
    expect(checks.map(({ parameters, clientToken }) => [parameters.DryRun, clientToken])).toEqual([
      ['true', undefined],
    ]);
    await world.apply('web', GOOD);
    await world.whenReady('web');
    expect(world.alb.model.live()).toHaveLength(1);
    await expect(world.patch('web', { spec: { managementPolicy: 'DryRun' } })).rejects.toThrow(
      'DryRun can be left, not entered, once status.target is set',
    );
  });

  test("tells the cloud's refusal with its code and text in Accepted", async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', { ...GOOD, unlistedCiphers: ['FUTURE-SUITE'], managementPolicy: 'DryRun' });
    const refused = await world.whenCondition('web', {
      type: 'Accepted',
      status: 'False',
      reason: 'RejectedByCloud',
    });
    const accepted = refused.status.conditions.find(({ type }: { type: string }) => type === 'Accepted');
    expect(accepted.message).toMatch(/^IllegalParam\.Ciphers: .+/);
    expect(world.alb.model.live()).toEqual([]);
    expect(world.alb.ledger.commits()).toEqual([]);
  });

  test('asks about the update of what would be adopted, and changes nothing', async () => {
    const { world, id } = await opened(tier);
    const before = live(world, id);
    await world.apply('web', { ...GOOD, managementPolicy: 'DryRun', adopt: { securityPolicyId: id } });
    await world.whenReady('web');
    expect(cloudWrites(world)).toEqual(['UpdateSecurityPolicyAttribute']);
    expect(world.alb.ledger.commits()).toEqual([]);
    expect(live(world, id)).toEqual(before);
  });

  test('and Observe are not entered while a create is unanswered, and one policy comes of it (I14)', async () => {
    const world = await tier.open();
    const rule = world.alb.faults.add({
      action: 'CreateSecurityPolicy',
      fault: { kind: 'hold', at: 'after' },
    });
    await world.startOperator();
    await world.apply('web', GOOD);
    await world.alb.faults.whenHeld(rule);
    await expect(world.patch('web', { spec: { managementPolicy: 'DryRun' } })).rejects.toThrow(
      'DryRun can be left, not entered',
    );
    await expect(world.patch('web', { spec: { managementPolicy: 'Observe' } })).rejects.toThrow(
      'managementPolicy Observe creates nothing',
    );
    world.alb.faults.release(rule, 'drop');
    const { status } = await world.whenReady('web', 30_000);
    expect(world.alb.model.live().map(({ id }) => id)).toEqual([status.securityPolicyId]);
  });
});
