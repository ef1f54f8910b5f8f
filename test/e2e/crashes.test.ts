/** What is left when the process dies at a cloud call, and what the next process makes of it. */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { Manifest } from '../environment/admin.ts';
import { eventually } from '../environment/eventually.ts';
import type { Operator } from '../environment/operator.ts';
import { describeTiers } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
  tags: { stage: 'test' },
};
/** Shorter than the default, since each test waits for a dead leader's lease to run out. */
const QUICK_LEASE = { 'lease-duration': '3s', 'renew-deadline': '2s', 'retry-period': '300ms' };
const WITHIN_MS = 30_000;

/** A cloud write that an edit needs, the edit, and what the cloud shows after it. */
interface Edited {
  readonly action: string;
  readonly edit: Partial<SecurityPolicySpec>;
  readonly shown: object;
}

const EDITS: readonly Edited[] = [
  {
    action: 'UpdateSecurityPolicyAttribute',
    edit: { ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] },
    shown: { ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] },
  },
  {
    action: 'TagResources',
    edit: { tags: { stage: 'test', team: 'web' } },
    shown: { tags: { stage: 'test', team: 'web' } },
  },
  { action: 'UnTagResources', edit: { tags: {} }, shown: {} },
  { action: 'MoveResourceGroup', edit: { resourceGroupId: 'rg-new' }, shown: { resourceGroupId: 'rg-new' } },
];
const SIDES = ['before', 'after'] as const;

/** Applies as kubectl does: a write of the operator in between is no reason to fail. */
function apply(world: World, name: string, spec: SecurityPolicySpec): Promise<Manifest> {
  return eventually(() => world.apply(name, spec), { within: WITHIN_MS, what: `The edit of '${name}'` });
}

function start(world: World): Promise<Operator> {
  return world.startOperator({ flags: QUICK_LEASE });
}

/** Holds the next call of an action; `then` causes it. The operator is dead when this returns, its call dropped. */
async function killedAt(
  world: World,
  operator: Operator,
  call: { readonly action: string; readonly at: 'before' | 'after' },
  cause: () => Promise<unknown>,
): Promise<void> {
  const rule = world.alb.faults.add({ action: call.action, fault: { kind: 'hold', at: call.at } });
  await cause();
  await world.alb.faults.whenHeld(rule);
  await operator.kill('SIGKILL');
  world.alb.faults.release(rule, 'drop');
}

/** Policies that were ever made, and those that are there. */
function counts(world: World): { readonly made: number; readonly live: number } {
  return {
    made: world.alb.ledger.commits('CreateSecurityPolicy').length,
    live: world.alb.model.live().length,
  };
}

describeTiers('a process that dies', (tier) => {
  const calls = EDITS.flatMap((edited) => SIDES.map((at) => ({ ...edited, at })));

  test.each(calls)(
    'is followed by one that finishes $action, killed $at its commit (B1, B9)',
    async (call) => {
      const world = await tier.open();
      const first = await start(world);
      await apply(world, 'web', SPEC);
      const { metadata } = await world.whenReady('web');
      await killedAt(world, first, call, () => apply(world, 'web', { ...SPEC, ...call.edit }));
      await start(world);
      const ready = await world.whenReady('web', WITHIN_MS);
      expect(ready.metadata.generation).toBe((metadata.generation ?? 0) + 1);
      expect(world.alb.model.live()).toMatchObject([{ id: ready.status.securityPolicyId, ...call.shown }]);
      expect(world.alb.model.live()[0]?.tags.stage).toBe(
        call.action === 'UnTagResources' ? undefined : 'test',
      );
      expect(world.alb.model.live()[0]?.tags[OWNER_TAGS.uid]).toBe(metadata.uid);
      expect(world.alb.ledger.commits(call.action)).toHaveLength(1);
      expect(counts(world)).toEqual({ made: 1, live: 1 });
    },
  );

  test('in the middle of an edit of everything is followed by one that does the rest (B9)', async () => {
    const world = await tier.open();
    const first = await start(world);
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    const edited = {
      ...SPEC,
      securityPolicyName: 'web-renamed',
      ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'],
      tags: { team: 'web' },
      resourceGroupId: 'rg-new',
    };
    const call = { action: 'TagResources', at: 'after' } as const;
    await killedAt(world, first, call, () => apply(world, 'web', edited));
    await start(world);
    await world.whenReady('web', WITHIN_MS);
    const [policy] = world.alb.model.live();
    expect(policy).toMatchObject({
      name: 'web-renamed',
      ciphers: edited.ciphers,
      tags: { team: 'web' },
      resourceGroupId: 'rg-new',
    });
    expect(policy?.tags.stage).toBeUndefined();
    expect(counts(world)).toEqual({ made: 1, live: 1 });
  });

  test.each(SIDES)(
    'is followed by one that finishes the delete, killed %s its commit (B1, B8)',
    async (at) => {
      const world = await tier.open();
      const first = await start(world);
      await apply(world, 'web', SPEC);
      await world.whenReady('web');
      await killedAt(world, first, { action: 'DeleteSecurityPolicy', at }, () => world.delete('web'));
      await start(world);
      await world.whenGone('web', WITHIN_MS);
      expect(counts(world)).toEqual({ made: 1, live: 0 });
      expect(world.alb.ledger.commits('DeleteSecurityPolicy')).toHaveLength(1);
    },
  );

  test('while it takes its tags off is followed by one that retains the policy', async () => {
    const world = await tier.open();
    const first = await start(world);
    await apply(world, 'web', { ...SPEC, deletionPolicy: 'Retain' });
    await world.whenReady('web');
    const call = { action: 'UnTagResources', at: 'after' } as const;
    await killedAt(world, first, call, () => world.delete('web'));
    await start(world);
    await world.whenGone('web', WITHIN_MS);
    expect(world.alb.model.live()).toMatchObject([{ name: 'web', tags: { stage: 'test' } }]);
    expect(world.alb.ledger.commits('DeleteSecurityPolicy')).toHaveLength(0);
  });

  test('with a create under way and its object deleted meanwhile leaves nothing (B1, G1)', async () => {
    const world = await tier.open();
    const first = await start(world);
    await killedAt(world, first, { action: 'CreateSecurityPolicy', at: 'after' }, () =>
      apply(world, 'web', SPEC),
    );
    await world.delete('web');
    await start(world);
    await world.whenGone('web', WITHIN_MS);
    expect(counts(world)).toEqual({ made: 1, live: 0 });
  });

  test('with a create under way and its spec edited meanwhile has one policy of the new spec (B7)', async () => {
    const world = await tier.open();
    const first = await start(world);
    await killedAt(world, first, { action: 'CreateSecurityPolicy', at: 'before' }, () =>
      apply(world, 'web', SPEC),
    );
    await apply(world, 'web', { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] });
    await start(world);
    await world.whenReady('web', WITHIN_MS);
    expect(world.alb.model.live()).toMatchObject([{ ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] }]);
    expect(counts(world)).toEqual({ made: 1, live: 1 });
  });

  test('by SIGTERM ends in order and lets its create finish (B10)', async () => {
    const world = await tier.open();
    const rule = world.alb.faults.add({
      action: 'CreateSecurityPolicy',
      fault: { kind: 'hold', at: 'after' },
    });
    const first = await start(world);
    await apply(world, 'web', SPEC);
    await world.alb.faults.whenHeld(rule);
    await first.kill('SIGTERM');
    await first.whenLog('Stopping');
    world.alb.faults.release(rule, 'proceed');
    expect(await first.whenExited()).toEqual({ code: 0, signal: null });
    expect((await world.get('web')).status.securityPolicyId).toBe(world.alb.model.live()[0]?.id);
    const second = await start(world);
    await second.whenLog('Working');
    await world.whenReady('web', WITHIN_MS);
    expect(counts(world)).toEqual({ made: 1, live: 1 });
  });

  test.each(SIDES)(
    'by SIGTERM with a create that is lost %s its commit leaves one policy (B10)',
    async (at) => {
      const world = await tier.open();
      const rule = world.alb.faults.add({ action: 'CreateSecurityPolicy', fault: { kind: 'hold', at } });
      const first = await start(world);
      await apply(world, 'web', SPEC);
      await world.alb.faults.whenHeld(rule);
      await first.kill('SIGTERM');
      await first.whenLog('Stopping');
      const begun = world.alb.ledger.last;
      world.alb.faults.release(rule, 'drop');
      expect(await first.whenExited()).toEqual({ code: 0, signal: null });
      const after = world.alb.ledger.entries(begun).map(({ action }) => action);
      expect(after.filter((action) => action === 'DeleteSecurityPolicy')).toEqual([]);
      await start(world);
      await world.whenReady('web', WITHIN_MS);
      expect(counts(world)).toEqual({ made: 1, live: 1 });
    },
  );

  if (tier.name !== 'stand-in') return;

  test('between the delete and the removal of the finalizer lets the next one remove it (B8)', async () => {
    const world = await tier.open();
    const first = await start(world);
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    const kube = world.cluster.standIn;
    const hang = kube?.faults.inject(
      { verb: 'patch', resource: 'securitypolicies', subresource: '', name: 'web' },
      { kind: 'hang' },
    );
    await world.delete('web');
    await eventually(() => expect(hang?.hits).toBe(1), { within: 15_000, what: 'The release of the object' });
    expect(counts(world)).toEqual({ made: 1, live: 0 });
    await first.kill('SIGKILL');
    await start(world);
    await world.whenGone('web', WITHIN_MS);
    // The call of the dead process arrives late: nothing is there to be changed.
    hang?.release();
    expect(world.alb.ledger.commits('DeleteSecurityPolicy')).toHaveLength(1);
    expect(counts(world)).toEqual({ made: 1, live: 0 });
  });
});
