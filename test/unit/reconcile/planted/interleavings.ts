/**
 * The interleavings that broke earlier drafts of the protocol, each as a run of the simulation that answers with the
 * oracles it found broken: none for the code as it is, at least one for the code with the bug planted that it is about.
 * @module
 */
import type { SecurityPolicy } from '../../../../src/api/securitypolicy.ts';
import type { AlbOptions } from '../../../../src/dev/alb/options.ts';
import { conditionOf } from '../../../../src/domain/condition.ts';
import { isReady } from '../../../../src/domain/status.ts';
import { QuotaGate } from '../../../../src/reconcile/quota.ts';
import { type CloudFault, NO_FAULTS, PLACE, Simulation, SPEC, seeded } from '../simulation.ts';

/** A run; the answer names each oracle that was broken, and is empty when all held. */
export type Interleaving = () => Promise<readonly string[]>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STRONG = { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] };

function started(options: Partial<AlbOptions> = {}, spec = SPEC): Simulation {
  const world = new Simulation(options, seeded(1));
  world.kube.create('web', spec);
  return world;
}

/** Strikes the first `times` calls of one action. */
export function strike(world: Simulation, action: string, fault: CloudFault, times = 1): void {
  let left = times;
  const cloud = (called: string): CloudFault => {
    if (called !== action || left === 0) return 'none';
    left -= 1;
    return fault;
  };
  world.faults = { ...NO_FAULTS, cloud };
}

/** Passes and time, whatever the operator asks for. */
export async function work(world: Simulation, passes: number, each: number): Promise<void> {
  for (let done = 0; done < passes; done += 1) {
    await world.pass();
    await world.clock.advance(each);
  }
}

/** What does not hold, by name. */
export function broken(oracles: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(oracles).flatMap(([name, holds]) => (holds ? [] : [name]));
}

function ready(world: Simulation): boolean {
  return world.kube.object !== undefined && isReady(world.kube.object);
}

function creates(world: Simulation): number {
  return world.model.ledger.commits('CreateSecurityPolicy').length;
}

export function reason(world: Simulation, type: string): string | undefined {
  return conditionOf(world.kube.object?.status, type)?.reason;
}

/** How many versions late a view is that shows the newest version which fits. */
function lateness(world: Simulation, fits: (object: SecurityPolicy) => boolean): number {
  for (let behind = 0; behind < world.kube.length; behind += 1) {
    const seen = world.kube.view(behind);
    if (seen !== undefined && fits(seen)) return behind;
  }
  throw new Error('No version of the object fits');
}

/** I1: the credentials become those of another account, or the spec names another region, after the announce. */
async function redirected(): Promise<readonly string[]> {
  const world = started();
  strike(world, 'CreateSecurityPolicy', 'lost');
  await world.pass();
  const announced = world.kube.object?.status?.pendingCreate?.clientToken;
  world.account = '2000000000000002';
  world.restart();
  await work(world, 5, MINUTE);
  const elsewhere = world.model.live('2000000000000002');
  const halted = reason(world, 'Stalled');
  const kept = world.kube.object?.status?.pendingCreate?.clientToken;
  world.account = PLACE.account;
  world.restart();
  world.kube.edit({ ...SPEC, region: 'cn-beijing' });
  await work(world, 5, MINUTE);
  const astray = reason(world, 'Stalled');
  world.kube.edit(SPEC);
  const settled = await world.settle(HOUR);
  return broken({
    'O1 a policy in the other account': elsewhere.length === 0,
    'O2 not halted with AccountChanged': halted === 'AccountChanged',
    'O5 the announce was forgotten': announced !== undefined && kept === announced,
    'O2 not halted for the other region': astray === 'InvalidSpec',
    'O1 more than one create': creates(world) === 1,
    'O4 not settled': settled && ready(world),
  });
}

/** I2: bound, and then the list does not show the policy any more, though it exists. */
async function hidden(): Promise<readonly string[]> {
  const world = started();
  await world.settle(10 * MINUTE);
  world.model.configure({ listLag: 100 * HOUR });
  await work(world, 10, MINUTE);
  const shown = reason(world, 'Stalled');
  const again = creates(world);
  world.kube.remove();
  await work(world, 10, MINUTE);
  const held = world.kube.object !== undefined;
  world.model.configure({ listLag: 0 });
  await world.settle(HOUR);
  return broken({
    'O1 the policy was taken for lost': again === 1,
    'O2 not halted with NotListed': shown === 'NotListed',
    'O5 released while the policy exists': held,
    'O5 left behind': world.kube.object === undefined && world.marked().length === 0,
  });
}

/** I4: a new generation is seen and fenced, and the process dies before the update; drift is only reported. */
async function unapplied(): Promise<readonly string[]> {
  const report = { ...SPEC, driftPolicy: 'Report' as const };
  const world = started({}, report);
  await world.settle(10 * MINUTE);
  world.kube.edit({ ...STRONG, driftPolicy: 'Report' });
  strike(world, 'UpdateSecurityPolicyAttribute', 'crashBefore');
  await world.settle(HOUR);
  return broken({
    'O2 the new spec was taken for drift':
      world.model.live()[0]?.ciphers.join() === STRONG.ciphers.join() && ready(world),
  });
}

/** I7: a new leader reads the generation before the one that is applied. */
async function staleUpdate(): Promise<readonly string[]> {
  const world = started();
  await world.settle(10 * MINUTE);
  world.kube.edit(STRONG);
  await world.settle(10 * MINUTE);
  const late = lateness(world, (object) => object.metadata.generation === 1 && isReady(object));
  world.restart();
  world.faults = { ...NO_FAULTS, lag: () => late };
  await work(world, 3, 1_000);
  const back = world.model.live()[0]?.ciphers.join() === STRONG.ciphers.join();
  world.faults = NO_FAULTS;
  const settled = await world.settle(HOUR);
  return broken({ 'O2 the old suites came back': back, 'O4 not settled': settled && ready(world) });
}

/** I8: the create takes the last place, its answer is lost, and its replay is refused for quota. */
async function ambiguousRefusal(): Promise<readonly string[]> {
  const options = { quota: 1, quotaBeforeToken: true, tokenKeepsRefusal: false, listLag: 40_000 };
  const world = started(options);
  strike(world, 'CreateSecurityPolicy', 'lost');
  await work(world, 2, 2_000);
  world.model.console.quota(PLACE, 50);
  await work(world, 10, 5_000);
  const settled = await world.settle(HOUR);
  return broken({
    'O1 a second create under another token': creates(world) === 1,
    'O4 not settled': settled && ready(world) && world.kube.object?.status?.createAttempt === undefined,
  });
}

/** I8 by rights: the create has committed, its answer is lost, and its replays are refused with 403 for a while. */
async function ambiguousDenial(): Promise<readonly string[]> {
  const world = started({ tokenKeepsRefusal: false, listLag: 40_000 });
  let sends = 0;
  const cloud = (action: string): CloudFault => {
    if (action !== 'CreateSecurityPolicy') return 'none';
    sends += 1;
    return sends === 1 ? 'lost' : sends <= 3 ? 'denied' : 'none';
  };
  world.faults = { ...NO_FAULTS, cloud };
  await work(world, 10, 5_000);
  const settled = await world.settle(HOUR);
  return broken({
    'O1 a second create under another token': creates(world) === 1,
    'O2 the replay was never refused': sends >= 2,
    'O4 not settled': settled && ready(world) && world.kube.object?.status?.createAttempt === undefined,
  });
}

/** O8: a tag is set, the spec goes back before any list shows it, and the process may forget that it was set. */
async function toAndFro(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const restarts of [false, true]) {
    const world = started({ listLag: 30_000 });
    await world.settle(10 * MINUTE);
    world.kube.edit({ ...SPEC, tags: { team: 'web' } });
    const tagged = () => world.model.live()[0]?.tags.team === 'web';
    for (let passes = 0; passes < 5 && !tagged(); passes += 1) await work(world, 1, 1_000);
    const set = tagged();
    world.kube.edit(SPEC);
    if (restarts) world.restart();
    let lied = false;
    for (let passes = 0; passes < 20; passes += 1) {
      await world.pass();
      lied ||= ready(world) && tagged();
      await world.clock.advance(1_000);
    }
    const settled = await world.settle(HOUR);
    const how = restarts ? 'after a restart' : 'in one process';
    found.push(
      ...broken({
        [`O2 ${how}: the tag was never set`]: set,
        [`O8 ${how}: Ready while the tag is there`]: !lied,
        [`O7 ${how}: our tag stays on the policy`]: !tagged(),
        [`O4 ${how}: not settled`]: settled && ready(world),
      }),
    );
  }
  return found;
}

/** I9: a full region and ten objects that want to create. */
async function crowd(): Promise<readonly string[]> {
  const gate = new QuotaGate();
  const waiting = new Set(Array.from({ length: 10 }, (_, index) => `team-a/web-${index}`));
  const limit = 50;
  let [used, sent, made] = [limit, 0, 0];
  const round = (now: number) => {
    for (const key of waiting) {
      if (!gate.admits(key, used, now)) continue;
      sent += 1;
      if (used >= limit) {
        gate.refused(used, now);
        gate.left(key);
        continue;
      }
      used += 1;
      made += 1;
      waiting.delete(key);
      gate.succeeded(key);
    }
  };
  round(0);
  for (let now = 1_000; now < 10 * MINUTE; now += 1_000) round(now);
  const refused = sent;
  used -= 1;
  round(10 * MINUTE);
  const drawn = sent - refused;
  const alone = made;
  used -= 20;
  for (let now = 11 * MINUTE; now < 12 * MINUTE; now += 1_000) round(now);
  return broken({
    'O12 creates without bound in a full region': refused <= 10,
    'O12 one free place drew more than one create and its probe': drawn <= 2 && alone === 1,
    'O4 somebody still waits in an empty region': waiting.size === 0,
  });
}

/** I12: parameters that the cloud always answers with 503; the spec is mended, or the object deleted. */
async function poisoned(): Promise<readonly string[]> {
  const run = async (change: (world: Simulation) => void) => {
    const world = started();
    const poison = SPEC.ciphers?.join();
    const cloud = (action: string): CloudFault => {
      const sent = world.kube.object?.status?.pendingCreate?.parameters.ciphers.join();
      return action === 'CreateSecurityPolicy' && sent === poison ? 'unavailable' : 'none';
    };
    world.faults = { ...NO_FAULTS, cloud };
    await work(world, 3, 1_000);
    change(world);
    await world.settle(HOUR);
    return world;
  };
  const mended = await run((world) => world.kube.edit(STRONG));
  const deleted = await run((world) => world.kube.remove());
  return broken({
    'O4 the mended spec is never sent': ready(mended) && mended.marked().length === 1,
    'O4 the deletion waits for ever': deleted.kube.object === undefined,
    'O5 left behind': deleted.marked().length === 0,
  });
}

/** I13: the policy shows without its tags for a while; the cloud remembers no token. */
async function lateTags(): Promise<readonly string[]> {
  const world = started({ tagsLate: 30_000, tokenRetention: 0 });
  strike(world, 'CreateSecurityPolicy', 'lost');
  await work(world, 5, 2_000);
  const settled = await world.settle(HOUR);
  return broken({ 'O1 a second policy': creates(world) === 1, 'O4 not settled': settled && ready(world) });
}

/** I15: the policy is deleted outside before its id is known; the replay of its token answers with the dead id. */
async function deadId(): Promise<readonly string[]> {
  const world = started({ tokenRetention: Number.POSITIVE_INFINITY });
  strike(world, 'CreateSecurityPolicy', 'lost');
  await world.pass();
  world.model.console.delete(PLACE, world.marked()[0]?.id ?? '');
  let lied = false;
  for (let passes = 0; passes < 10; passes += 1) {
    await world.pass();
    lied ||= ready(world) && world.marked().length === 0;
    await world.clock.advance(1_000);
  }
  const settled = await world.settle(HOUR);
  return broken({
    'O8 Ready with a dead id': !lied,
    'O4 not settled': settled && ready(world) && world.marked()[0]?.id === securityPolicyId(world),
  });
}

/** I17: answers are lost, or the process dies, and the cloud forgets each token at once. */
async function forgotten(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const fault of ['lost', 'crashAfter'] as const) {
    const world = started({ tokenRetention: 0 });
    strike(world, 'CreateSecurityPolicy', fault, 8);
    const settled = await world.settle(HOUR);
    found.push(
      ...broken({
        [`O1 ${fault}: ${creates(world)} policies`]: creates(world) === 1,
        [`O4 ${fault}: not settled`]: settled && ready(world),
      }),
    );
  }
  return found;
}

/** I18: a process wakes with a view of before the announce, when the object is long gone and tokens are forgotten. */
async function sleeper(): Promise<readonly string[]> {
  const world = started({ tokenRetention: 0 });
  await world.settle(10 * MINUTE);
  world.kube.remove();
  await world.settle(10 * MINUTE);
  const gone = world.kube.object === undefined && world.marked().length === 0;
  const late = lateness(
    world,
    ({ metadata, status }) => metadata.finalizers !== undefined && status?.target === undefined,
  );
  world.restart();
  world.clock.freeze(2 * HOUR);
  world.faults = { ...NO_FAULTS, lag: () => late };
  await work(world, 3, 1_000);
  return broken({
    'O5 not deleted': gone,
    'O5 a policy for an object that is gone': world.marked().length === 0,
    'O1 more than one create': creates(world) === 1,
  });
}

/** Tag keys: the process dies when a tag was set, and the tag leaves the spec before anything is recorded. */
async function strayTag(): Promise<readonly string[]> {
  const world = started();
  await world.settle(10 * MINUTE);
  world.kube.edit({ ...SPEC, tags: { team: 'web' } });
  strike(world, 'TagResources', 'crashAfter');
  await world.pass();
  const set = world.model.live()[0]?.tags.team === 'web';
  world.kube.edit(SPEC);
  await world.settle(HOUR);
  return broken({
    'O2 the tag was never set': set,
    'O7 our tag stays on the policy': world.model.live()[0]?.tags.team === undefined,
  });
}

function securityPolicyId(world: Simulation): string | undefined {
  return world.kube.object?.status?.securityPolicyId;
}

/** All of them by their catalogue id; `tags` is that of rule 7's tag keys, which has none. */
export const INTERLEAVINGS = {
  I1: redirected,
  I2: hidden,
  I4: unapplied,
  I7: staleUpdate,
  I8: ambiguousRefusal,
  I8denied: ambiguousDenial,
  I9: crowd,
  I12: poisoned,
  I13: lateTags,
  I15: deadId,
  I17: forgotten,
  I18: sleeper,
  tags: strayTag,
  toAndFro,
} as const satisfies Record<string, Interleaving>;
