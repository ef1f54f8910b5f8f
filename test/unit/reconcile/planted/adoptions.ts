/**
 * The interleavings of adoption, of modes and of copies of clusters; see `interleavings.ts`.
 * @module
 */
import { OWNER_TAGS } from '../../../../src/api/group.ts';
import { isReady } from '../../../../src/domain/status.ts';
import { type CloudFault, PLACE, Simulation, SPEC, seeded } from '../simulation.ts';
import { broken, type Interleaving, reason, strike, work } from './interleavings.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BY_HAND = {
  name: 'web',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['AES128-GCM-SHA256'],
  tags: { team: 'a' },
};

/** A policy that somebody made by hand. */
function madeByHand(world: Simulation, tags: Readonly<Record<string, string>> = {}): string {
  return world.model.console.create(PLACE, { ...BY_HAND, tags: { ...BY_HAND.tags, ...tags } });
}

function held(world: Simulation, id: string) {
  return world.model.live().find((policy) => policy.id === id);
}

function isBound(world: Simulation): boolean {
  return world.kube.object !== undefined && isReady(world.kube.object);
}

function writesOf(world: Simulation): readonly string[] {
  return world.actions.filter((action) => !/^(List|Get)/.test(action));
}

/** I11: the list is late, so that both clusters find the policy without an owner. */
async function race(): Promise<readonly string[]> {
  const first = new Simulation({ listLag: 40_000 }, seeded(1));
  const second = new Simulation({}, seeded(2), MINUTE, { clusterId: 'cluster-2', beside: first });
  const id = madeByHand(first);
  await first.clock.advance(2 * MINUTE);
  for (const world of [first, second]) world.kube.create('web', { ...SPEC, adopt: { securityPolicyId: id } });
  for (let round = 0; round < 60; round += 1) {
    await first.pass();
    await second.pass();
    await first.clock.advance(5_000);
  }
  const tagged = [first, second].map((world) => writesOf(world).filter((one) => one === 'TagResources'));
  return broken({
    'O6 somebody tagged more than once': tagged.every((calls) => calls.length === 1),
    'O1 not exactly one owner': isBound(second) && !isBound(first),
    'O2 the loser is bound': first.kube.object?.status?.target === undefined,
    'O2 the loser does not say Conflict': reason(first, 'Stalled') === 'Conflict',
    'O15 the loser wrote more than its tags': writesOf(first).length === 1,
    'O5 the tags are not those of the winner':
      held(first, id)?.tags[OWNER_TAGS.uid] === second.kube.object?.metadata.uid,
  });
}

/** A12: the policy carries the tags of another object. */
async function owned(): Promise<readonly string[]> {
  const world = new Simulation({}, seeded(1));
  const id = madeByHand(world, { [OWNER_TAGS.uid]: 'other', [OWNER_TAGS.cluster]: world.clusterId });
  const before = JSON.stringify(held(world, id));
  world.kube.create('web', { ...SPEC, adopt: { securityPolicyId: id } });
  await work(world, 5, MINUTE);
  const refused = reason(world, 'Stalled');
  world.kube.remove();
  await world.settle(HOUR);
  return broken({
    'O2 not refused as Conflict': refused === 'Conflict',
    'O15 a write to the policy of another': writesOf(world).length === 0 && world.violations.length === 0,
    'O5 the policy was touched': JSON.stringify(held(world, id)) === before,
    'O4 the object is not let go': world.kube.object === undefined,
  });
}

/** Observed, then managed, then observed again and deleted. */
async function watched(): Promise<readonly string[]> {
  const world = new Simulation({}, seeded(1));
  const id = madeByHand(world);
  const adopt = { securityPolicyId: id };
  world.kube.create('web', { managementPolicy: 'Observe', adopt });
  await world.settle(10 * MINUTE);
  const quiet = writesOf(world).length === 0;
  const observed = isBound(world) && world.kube.object?.status?.binding === 'Observed';
  const frozen = !world.kube.edit({ ...SPEC, adopt: { securityPolicyId: 'spy-other' } });
  world.kube.edit({ ...SPEC, adopt });
  strike(world, 'TagResources', 'crashAfter');
  await world.settle(HOUR);
  const managed = isBound(world) && held(world, id)?.ciphers.join() === SPEC.ciphers?.join();
  world.kube.edit({ ...SPEC, adopt, managementPolicy: 'Observe' });
  world.model.console.edit(PLACE, id, { ciphers: ['AES128-SHA'] });
  await world.settle(10 * MINUTE);
  const left = JSON.stringify(held(world, id));
  world.kube.remove();
  await world.settle(HOUR);
  return broken({
    'O15 a write under Observe': quiet && world.violations.length === 0,
    'O4 not observed': observed,
    'O2 adopt was not frozen': frozen,
    'O4 not managed after Observe': managed,
    'O5 touched at the release': JSON.stringify(held(world, id)) === left,
    'O4 the object is not let go': world.kube.object === undefined,
  });
}

/**
 * I11 by way of Observe: the object is bound to the id already when it is to be managed. Its process dies between the
 * fence of the tagging and the list that shows the tags, which is late; another cluster may tag in between.
 */
async function observedRace(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const fault of ['crashAfter', 'crashBefore'] as const) {
    for (const rivalled of [true, false]) {
      const how = `${fault}${rivalled ? ' with a rival' : ''}`;
      found.push(...(await observedThenManaged(fault, rivalled)).map((text) => `${text}: ${how}`));
    }
  }
  return found;
}

async function observedThenManaged(fault: CloudFault, rivalled: boolean): Promise<readonly string[]> {
  const world = new Simulation({ listLag: 40_000 }, seeded(1));
  const rival = new Simulation({}, seeded(2), MINUTE, { clusterId: 'cluster-2', beside: world });
  const adopt = await tagsWhatWasObserved(world, fault);
  const id = adopt.securityPolicyId;
  if (rivalled) rival.kube.create('web', { ...SPEC, adopt });
  for (let round = 0; round < 60; round += 1) {
    await rival.pass();
    await world.pass();
    await world.clock.advance(5_000);
  }
  const tagged = [world, rival].map((one) => writesOf(one).filter((action) => action === 'TagResources'));
  const [winner, loser] = rivalled ? [rival, world] : [world, rival];
  return broken({
    'O6 somebody tagged more than once': tagged.every((calls) => calls.length <= 1),
    'O1 not exactly one owner': isBound(winner) && !isBound(loser),
    'O15 the loser wrote more than its tags': writesOf(loser).every((action) => action === 'TagResources'),
    'O2 the loser does not say Conflict': !rivalled || reason(loser, 'Stalled') === 'Conflict',
    'O5 the tags are not those of the winner':
      held(world, id)?.tags[OWNER_TAGS.uid] === winner.kube.object?.metadata.uid,
  });
}

/** An object observes a policy, is then managed, and meets this fault as it tags. Answers what it adopts. */
async function tagsWhatWasObserved(
  world: Simulation,
  fault: CloudFault,
): Promise<{ readonly securityPolicyId: string }> {
  const adopt = { securityPolicyId: madeByHand(world) };
  await world.clock.advance(2 * MINUTE);
  world.kube.create('web', { managementPolicy: 'Observe', adopt });
  await world.settle(10 * MINUTE);
  world.kube.edit({ ...SPEC, adopt });
  strike(world, 'TagResources', fault);
  await world.pass();
  return adopt;
}

/**
 * An object that was observed is managed, tags its policy, and is deleted before a list shows the tags: they come off
 * again, so that the policy can be adopted anew.
 */
async function observedThenDeleted(): Promise<readonly string[]> {
  const world = new Simulation({ listLag: 40_000 }, seeded(1));
  const { securityPolicyId: id } = await tagsWhatWasObserved(world, 'crashAfter');
  world.kube.remove();
  await world.settle(HOUR);
  return broken({
    'O4 the object is not let go': world.kube.object === undefined,
    'O7 our tags stay on the policy': JSON.stringify(held(world, id)?.tags) === JSON.stringify(BY_HAND.tags),
  });
}

/**
 * `adopt` leaves the spec between the tagging and the list that shows the tags: what carries them was not made by this
 * object, and no second policy is made beside it.
 */
async function takenBack(): Promise<readonly string[]> {
  const world = new Simulation({ listLag: 40_000 }, seeded(1));
  const id = madeByHand(world);
  await world.clock.advance(2 * MINUTE);
  world.kube.create('web', { ...SPEC, adopt: { securityPolicyId: id } });
  for (let passes = 0; passes < 5 && !writesOf(world).includes('TagResources'); passes += 1)
    await world.pass();
  const edited = world.kube.edit(SPEC);
  const settled = await world.settle(HOUR);
  const bound = isBound(world) && world.kube.object?.status?.securityPolicyId === id;
  const made = writesOf(world).filter((action) => action === 'CreateSecurityPolicy').length;
  world.kube.remove();
  await world.settle(HOUR);
  return broken({
    'O2 adopt was frozen before anything was bound': edited,
    'O1 a second policy of one UID': made === 0,
    'O4 not settled with what it has tagged': settled && bound,
    'O5 deleted what it has not made': held(world, id) !== undefined,
    'O4 the object is not let go': world.kube.object === undefined,
  });
}

/**
 * Two processes at one object, as while a leader does not know yet that it is none: the tags of the first never
 * arrived, and long after that the second one sends them. The first one goes by that, and not by its own call.
 */
async function successor(): Promise<readonly string[]> {
  const world = new Simulation({ listLag: 40_000 }, seeded(1));
  const second = new Simulation({}, seeded(2), MINUTE, { beside: world, sharesObject: true });
  const id = madeByHand(world);
  await world.clock.advance(2 * MINUTE);
  world.kube.create('web', { ...SPEC, adopt: { securityPolicyId: id } });
  strike(world, 'TagResources', 'reset');
  await world.pass();
  await world.clock.advance(MINUTE + 5_000);
  await second.pass();
  const sent = writesOf(second).length;
  await work(world, 5, 5_000);
  const again = writesOf(world).length;
  const settled = await world.settle(HOUR);
  return broken({
    'O2 the second process did not tag': sent === 1,
    'O6 tagged again while the list is late': again === 0 && world.violations.length === 0,
    'O4 not settled': settled && isBound(world),
  });
}

/** I14: a precheck, then the real create, whose first answer is lost. */
async function prechecked(): Promise<readonly string[]> {
  const world = new Simulation({ dryRunSpendsToken: true }, seeded(1));
  world.kube.create('web', { ...SPEC, managementPolicy: 'DryRun' });
  await world.settle(10 * MINUTE);
  const passed = isBound(world) && world.model.live().length === 0;
  world.kube.edit(SPEC);
  strike(world, 'CreateSecurityPolicy', 'lost');
  await world.pass();
  const refused = [
    world.kube.edit({ ...SPEC, managementPolicy: 'DryRun' }),
    world.kube.edit({ ...SPEC, managementPolicy: 'Observe' }),
  ];
  const settled = await world.settle(HOUR);
  return broken({
    'O15 DryRun wrote, or spent the token': world.violations.length === 0,
    'O4 the precheck did not pass': passed,
    'O2 a mode was entered while a create is unanswered': !refused.includes(true),
    'O1 not exactly one policy': world.model.live().length === 1,
    'O4 not settled': settled && isBound(world),
  });
}

/** I6: etcd is restored into another cluster, with an announced create whose answer was lost. */
async function copied(): Promise<readonly string[]> {
  const world = new Simulation({ tokenRetention: 0, listLag: 10_000 }, seeded(1));
  world.kube.create('web', SPEC);
  strike(world, 'CreateSecurityPolicy', 'lost');
  await world.pass();
  const before = JSON.stringify(world.model.live());
  const sent = writesOf(world).length;
  world.clusterId = 'cluster-2';
  world.restart();
  await work(world, 10, MINUTE);
  const halted = reason(world, 'Stalled');
  world.kube.remove();
  await work(world, 10, MINUTE);
  const kept = JSON.stringify(world.model.live()) === before && world.kube.object !== undefined;
  const silent = writesOf(world).length === sent;
  world.acceptClusterId = 'cluster-1';
  world.restart();
  await world.settle(HOUR);
  return broken({
    'O5 something was written before the former id was accepted': silent && kept,
    'O2 not halted with OtherCluster': halted === 'OtherCluster',
    'O5 left behind': world.kube.object === undefined && world.model.live().length === 0,
  });
}

/** All of them; those without a number in the catalogue by what they are about. */
export const ADOPTIONS = {
  I6: copied,
  I11: race,
  I14: prechecked,
  observedRace,
  observedThenDeleted,
  owned,
  successor,
  takenBack,
  watched,
} as const satisfies Record<string, Interleaving>;
