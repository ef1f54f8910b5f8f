import { describe, expect, test } from 'vitest';
import { conditionOf } from '../../../src/domain/condition.ts';
import { ADOPTIONS } from './planted/adoptions.ts';
import { CROWDS } from './planted/crowds.ts';
import { INTERLEAVINGS } from './planted/interleavings.ts';
import { Simulation, SPEC, seeded } from './simulation.ts';

describe('reconcile() holds every oracle when', () => {
  test.each([
    ['the account, then the region, changes after the announce (I1)', INTERLEAVINGS.I1],
    ['the list hides a bound policy past the window (I2)', INTERLEAVINGS.I2],
    ['it dies between the fence and the update under Report (I4)', INTERLEAVINGS.I4],
    ['a new leader reads the generation before the applied one (I7)', INTERLEAVINGS.I7],
    ['the replay of a create that took the last place is refused for quota (I8)', INTERLEAVINGS.I8],
    ['the replay of a create that has committed is refused with 403 (I8)', INTERLEAVINGS.I8denied],
    ['ten objects wait in a full region (I9)', INTERLEAVINGS.I9],
    ['ten objects find room for four, and one of these leaves (I9)', CROWDS.I9loop],
    ['the announced parameters always answer 503 (I12)', INTERLEAVINGS.I12],
    ['the tags of a new policy come late (I13)', INTERLEAVINGS.I13],
    ['the replay of a token answers with the id of a deleted policy (I15)', INTERLEAVINGS.I15],
    ['eight answers in a row are lost and the cloud forgets its tokens (I17)', INTERLEAVINGS.I17],
    ['a process wakes with a view of before the announce (I18)', INTERLEAVINGS.I18],
    ['a tag leaves the spec before its setting was recorded (rule 7)', INTERLEAVINGS.tags],
    ['the spec goes to and fro before a list shows it (O8)', INTERLEAVINGS.toAndFro],
    ['two clusters adopt one policy at once (I11)', ADOPTIONS.I11],
    ['two clusters adopt one policy, and one dies that observed it before (I11)', ADOPTIONS.observedRace],
    ['it is deleted while the tags of what it observed are late (O7)', ADOPTIONS.observedThenDeleted],
    ['adopt leaves the spec while the tags are late (O1, O5)', ADOPTIONS.takenBack],
    ['a second process has tagged since the tags of the first were lost (O6)', ADOPTIONS.successor],
    ['the policy to adopt has another owner (A12)', ADOPTIONS.owned],
    ['a policy is observed, managed and observed again (O15)', ADOPTIONS.watched],
    ['DryRun is followed by the real create (I14)', ADOPTIONS.I14],
    ['etcd is restored into another cluster (I6)', ADOPTIONS.I6],
  ])('%s', async (_name, run) => {
    expect(await run()).toEqual([]);
  });
});

describe('reconcile() in a full region', () => {
  test('says so without a request id, and writes nothing more until a probe is due (O6)', async () => {
    const world = new Simulation({ quota: 0 }, seeded(1));
    world.kube.create('web', SPEC);
    for (let passes = 0; passes < 2; passes += 1) {
      await world.pass();
      await world.clock.advance(1_000);
    }
    const { status } = world.kube.object ?? {};
    expect(conditionOf(status, 'Stalled')?.reason).toBe('QuotaExceeded');
    expect(JSON.stringify(status)).not.toMatch(/[0-9A-Z]{32}|RequestId/);
    const before = world.kube.length;
    for (let passes = 0; passes < 3; passes += 1) await world.pass();
    expect(world.kube.length).toBe(before);
  });
});
