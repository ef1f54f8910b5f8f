/** The life of one policy, the same on the stand-in API server and on the real one: from YAML to the cloud and back. */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import { eventually } from '../environment/eventually.ts';
import { describeTiers } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const SPEC = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };

/** Creates that made a policy, of one object. */
function creates(world: World, uid: string | undefined): readonly string[] {
  return world.alb.ledger.createsByOwner(OWNER_TAGS.uid).get(uid ?? '') ?? [];
}

function live(world: World) {
  return world.alb.model.live();
}

describeTiers('the life of a policy', (tier) => {
  test('an applied policy is created in the cloud and Ready with its id, by three writes', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    const ready = await world.whenReady('web');
    expect(ready.status.securityPolicyId).toBe(live(world)[0]?.id);
    expect(live(world)).toMatchObject([
      { name: 'web', ciphers: SPEC.ciphers, tags: { [OWNER_TAGS.uid]: ready.metadata.uid } },
    ]);
    expect(ready.status.observedGeneration).toBe(ready.metadata.generation);
    expect(
      (await world.writes()).filter(({ resource }) => resource.startsWith('securitypolicies')),
    ).toHaveLength(3);
  });

  test('a lost create answer ends with one policy (B2, I17)', async () => {
    const world = await tier.open();
    world.alb.faults.add({ action: 'CreateSecurityPolicy', fault: { kind: 'reset', at: 'after' } });
    await world.startOperator();
    const object = await world.apply('web', SPEC);
    await world.whenReady('web');
    expect(creates(world, object.metadata.uid)).toHaveLength(1);
    expect(live(world)).toHaveLength(1);
  });

  test('a lost create answer ends with one policy when the cloud forgets tokens at once (I17)', async () => {
    const world = await tier.open({ alb: { tokenRetention: 0 } });
    world.alb.faults.add({ action: 'CreateSecurityPolicy', fault: { kind: 'reset', at: 'after' } });
    await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenReady('web');
    expect(live(world)).toHaveLength(1);
  });

  test.each(['before', 'after'] as const)(
    'a process killed %s its create commits leaves one policy (B1)',
    async (at) => {
      const world = await tier.open();
      const rule = world.alb.faults.add({ action: 'CreateSecurityPolicy', fault: { kind: 'hold', at } });
      const first = await world.startOperator();
      const object = await world.apply('web', SPEC);
      await world.alb.faults.whenHeld(rule);
      await first.kill('SIGKILL');
      world.alb.faults.release(rule, 'drop');
      await world.startOperator();
      await world.whenReady('web', 30_000);
      expect(live(world)).toHaveLength(1);
      expect(creates(world, object.metadata.uid)).toHaveLength(1);
      await world.delete('web');
      await world.whenGone('web');
      expect(live(world)).toHaveLength(0);
    },
  );

  test('a deleted object takes its policy with it', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenReady('web');
    await world.delete('web');
    await world.whenGone('web');
    expect(live(world)).toHaveLength(0);
  });

  test('an edited cipher is updated in place', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    const before = await world.whenReady('web');
    await world.apply('web', { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] });
    const after = await world.whenReady('web');
    expect(after.status.securityPolicyId).toBe(before.status.securityPolicyId);
    expect(live(world)[0]?.ciphers).toEqual(['ECDHE-RSA-AES256-GCM-SHA384']);
  });

  test('drift made in the console is put right', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    const { status } = await world.whenReady('web');
    world.alb.console.edit(PLACE, status.securityPolicyId, { ciphers: ['AES128-SHA'] });
    await eventually(async () => expect(live(world)[0]?.ciphers.toSorted()).toEqual(SPEC.ciphers), {
      within: 15_000,
    });
    await world.whenCondition('web', { type: 'UpToDate', status: 'True' });
  });

  test('driftPolicy Report lists the drift and leaves it', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', { ...SPEC, driftPolicy: 'Report' });
    const { status } = await world.whenReady('web');
    world.alb.console.edit(PLACE, status.securityPolicyId, { ciphers: ['AES128-SHA'] });
    const drifted = await world.whenCondition('web', {
      type: 'UpToDate',
      status: 'False',
      reason: 'Drifted',
    });
    expect(drifted.status.drift).toMatchObject([{ field: 'ciphers', observed: 'AES128-SHA' }]);
    expect(live(world)[0]?.ciphers).toEqual(['AES128-SHA']);
  });

  test('a policy deleted outside is created again (C9, I15)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    const { status } = await world.whenReady('web');
    world.alb.console.delete(PLACE, status.securityPolicyId);
    await eventually(async () => expect(live(world)).toHaveLength(1), { within: 20_000 });
    await eventually(
      async () => expect((await world.whenReady('web')).status.securityPolicyId).toBe(live(world)[0]?.id),
      { within: 20_000 },
    );
  });

  test('a deletion blocked by a listener names it, and goes on when it is free (C7)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    const { status } = await world.whenReady('web');
    world.alb.console.attach(PLACE, status.securityPolicyId, {
      listenerId: 'lsn-1',
      loadBalancerId: 'alb-1',
      port: 443,
      protocol: 'HTTPS',
    });
    await world.delete('web');
    const blocked = await world.whenCondition('web', {
      type: 'DeletionBlocked',
      status: 'True',
      reason: 'InUse',
    });
    expect(blocked.status.relatedListeners).toMatchObject([{ listenerId: 'lsn-1' }]);
    world.alb.console.detach(PLACE, status.securityPolicyId);
    await world.whenGone('web');
    expect(live(world)).toHaveLength(0);
  });

  test('deletionPolicy Retain lets the object go, keeps the policy and takes our tags off', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', { ...SPEC, deletionPolicy: 'Retain', tags: { team: 'web' } });
    await world.whenReady('web');
    await world.delete('web');
    await world.whenGone('web');
    expect(live(world)).toMatchObject([{ name: 'web', tags: { team: 'web' } }]);
    expect(live(world)[0]?.tags[OWNER_TAGS.uid]).toBeUndefined();
  });

  test('a full region is told as QuotaExceeded and heals when a place is freed (C6, I9)', async () => {
    const world = await tier.open({ alb: { quota: 1 } });
    const other = world.alb.console.create(PLACE, { name: 'other', ...SPEC });
    await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenCondition('web', { type: 'Ready', status: 'False', reason: 'QuotaExceeded' });
    world.alb.console.delete(PLACE, other);
    await world.whenReady('web', 30_000);
    expect(live(world)).toHaveLength(1);
  });

  test('refused keys are told in CredentialsReady and nothing is announced (C5)', async () => {
    const world = await tier.open();
    await world.startOperator({ env: { ALIBABA_CLOUD_ACCESS_KEY_ID: 'nobody' } });
    await world.apply('web', SPEC);
    const object = await world.whenCondition('web', {
      type: 'CredentialsReady',
      status: 'False',
      reason: 'CredentialsInvalid',
    });
    expect(object.status.pendingCreate).toBeUndefined();
    expect(live(world)).toHaveLength(0);
  });

  test('a paused object is not written to the cloud, and its deletion is shown to wait (G12)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenReady('web');
    await world.patch('web', { metadata: { annotations: { 'alb.alicloud.dev/paused': 'true' } } });
    await world.whenCondition('web', { type: 'Paused', status: 'True', reason: 'ReconcilePaused' });
    await world.delete('web');
    await eventually(
      async () => {
        const object = await world.get('web');
        const paused = object.status.conditions.find((one: { type: string }) => one.type === 'Paused');
        expect(paused.message).toContain('Deletion waits');
      },
      { within: 10_000 },
    );
    expect(live(world)).toHaveLength(1);
    await world.patch('web', { metadata: { annotations: { 'alb.alicloud.dev/paused': null } } });
    await world.whenGone('web');
    expect(live(world)).toHaveLength(0);
  });

  test('reconcile-requested-at is answered in status', async () => {
    const world = await tier.open();
    await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenReady('web');
    await world.patch('web', {
      metadata: { annotations: { 'alb.alicloud.dev/reconcile-requested-at': 'now-1' } },
    });
    await eventually(
      async () => expect((await world.get('web')).status.lastHandledReconcileAt).toBe('now-1'),
      { within: 10_000 },
    );
  });

  test('a restart with 30 objects writes nothing, to the cloud or to Kubernetes (O6)', async () => {
    const world = await tier.open();
    const first = await world.startOperator();
    const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
    for (const name of names) await world.apply(name, SPEC);
    for (const name of names) await world.whenReady(name);
    await first.kill('SIGTERM');
    await first.whenExited();
    const writes = (await world.writes()).length;
    const entries = world.alb.ledger.last;
    const second = await world.startOperator();
    await second.whenLog('Working');
    await eventually(
      async () =>
        expect(
          world.alb.ledger.entries(entries).filter(({ action }) => action === 'ListSecurityPolicies').length,
        ).toBeGreaterThan(2),
      { within: 15_000 },
    );
    expect(world.alb.ledger.entries(entries).filter(({ action }) => !/^(List|Get)/.test(action))).toEqual([]);
    expect((await world.writes()).length).toBe(writes);
  });

  test('a leader stopped in mid-create is followed by another, and one policy comes of it (F2, I18)', async () => {
    const world = await tier.open();
    const rule = world.alb.faults.add({
      action: 'CreateSecurityPolicy',
      fault: { kind: 'hold', at: 'before' },
    });
    const first = await world.startOperator();
    await first.whenLog('Working');
    const second = await world.startOperator();
    await world.apply('web', SPEC);
    await world.alb.faults.whenHeld(rule);
    await first.kill('SIGSTOP');
    await second.whenLog('Working');
    world.alb.faults.release(rule, 'proceed');
    await world.whenReady('web', 30_000);
    await first.kill('SIGCONT');
    await first.whenExited();
    expect(live(world)).toHaveLength(1);
  });
});
