import { describe, expect, test } from 'vitest';
import { conditionOf } from '../../../src/domain/condition.ts';
import { NO_FAULTS, PLACE, Simulation, SPEC, seeded } from './simulation.ts';

function started(options = {}) {
  const world = new Simulation(options, seeded(1));
  world.kube.create('web', SPEC);
  return world;
}

describe('reconcile()', () => {
  test('creates a policy, and is Ready with three Kubernetes writes and one create', async () => {
    const world = started();
    expect(await world.settle(200_000)).toBe(true);
    expect(conditionOf(world.kube.object?.status, 'Ready')).toMatchObject({
      status: 'True',
      reason: 'Available',
    });
    expect(world.kube.writes).toBe(3);
    expect(world.actions.filter((action) => action === 'CreateSecurityPolicy')).toHaveLength(1);
    expect(world.kube.object?.status?.securityPolicyId).toBe(world.marked()[0]?.id);
  });

  test('updates a cipher in place with two stored writes', async () => {
    const world = started();
    await world.settle(200_000);
    const before = world.kube.length;
    world.kube.edit({ ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] });
    expect(await world.settle(300_000)).toBe(true);
    expect(world.model.live()[0]?.ciphers).toEqual(['ECDHE-RSA-AES256-GCM-SHA384']);
    expect(conditionOf(world.kube.object?.status, 'Ready')?.status).toBe('True');
    // The edit itself, the fence, Configuring if it was seen, and the result.
    expect(world.kube.length - before).toBeLessThanOrEqual(4);
  });

  test('replays a lost create with the same token and ends with one policy', async () => {
    const world = started({ listLag: 5_000 });
    let lost = 0;
    world.faults = {
      ...NO_FAULTS,
      cloud: (action) => (action === 'CreateSecurityPolicy' && lost++ < 2 ? 'lost' : 'none'),
    };
    expect(await world.settle(300_000)).toBe(true);
    expect(world.marked()).toHaveLength(1);
    expect(conditionOf(world.kube.object?.status, 'Ready')?.status).toBe('True');
    expect(world.model.ledger.commits('CreateSecurityPolicy')).toHaveLength(1);
  });

  test('deletes the policy and lets the object go', async () => {
    const world = started();
    await world.settle(200_000);
    world.kube.remove();
    await world.settle(300_000);
    expect(world.kube.object).toBeUndefined();
    expect(world.model.live()).toEqual([]);
  });

  test('names the listeners while a deletion is blocked, and goes on once they are free', async () => {
    const world = started();
    await world.settle(200_000);
    const id = world.marked()[0]?.id ?? '';
    world.model.console.attach(PLACE, id, {
      listenerId: 'lsn-1',
      loadBalancerId: 'alb-1',
      port: 443,
      protocol: 'HTTPS',
    });
    world.kube.remove();
    await world.settle(30_000);
    expect(conditionOf(world.kube.object?.status, 'DeletionBlocked')?.message).toContain('lsn-1');
    world.model.console.detach(PLACE, id);
    await world.settle(300_000);
    expect(world.kube.object).toBeUndefined();
  });

  test('a probe of a full region costs two writes, and waiting for the next one none (I9)', async () => {
    const world = new Simulation({ quota: 1 }, seeded(1));
    world.model.console.create(PLACE, { name: 'other', tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'] });
    world.kube.create('web', SPEC);
    await world.pass();
    await world.pass();
    const refusals = () => world.actions.filter((action) => action === 'CreateSecurityPolicy').length;
    const [versions, probes] = [world.kube.length, refusals()];
    await world.settle(600_000);
    expect(refusals()).toBeGreaterThan(probes + 1);
    expect(world.kube.length - versions).toBe(2 * (refusals() - probes));
    expect(conditionOf(world.kube.object?.status, 'Stalled')?.reason).toBe('QuotaExceeded');
  });
});
