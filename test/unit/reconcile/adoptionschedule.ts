import type { SecurityPolicy, SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import { conditionOf } from '../../../src/domain/condition.ts';
import { isReady } from '../../../src/domain/status.ts';
import {
  adopted,
  bystander,
  isAsModeAsks,
  markOf,
  passes,
  rest,
  type Scene,
  sceneOf,
} from './adoptionscene.ts';
import { pick } from './schedule.ts';
import { NO_FAULTS, PLACE, type Simulation } from './simulation.ts';

/** What may have become of the policy while it was fought for. */
interface History {
  /** Somebody deleted it outside, or an object took it along that was to do so. */
  readonly mayBeGone: boolean;
  /** An object was deleted under Observe, which writes nothing: the marks of its time before stay. */
  readonly mayBeMarked: boolean;
  readonly found: readonly string[];
}

/** A history of objects that adopt, observe and check, changing their minds at any moment; the broken oracles. */
export async function runAdoption(seed: number): Promise<readonly string[]> {
  const scene = sceneOf(seed);
  const { worlds, owners, random } = scene;
  const { clock, model } = worlds[0];
  const untouched = bystander(scene);
  // The policy may be older than lists lag, or not.
  if (random() < 0.8) await clock.advance(model.options.listLag + model.options.tagsLate);
  for (const { kube } of owners) kube.create('web', firstSpec(scene));
  const history = await fight(scene);
  for (const world of worlds) world.faults = NO_FAULTS;
  // A list of more than one page that shifts each time it is read would hide a policy for ever.
  model.configure({ pageShift: false });
  await rest(scene);
  const wanting = owners.flatMap((world) => unmet(scene, world, history));
  const told = JSON.stringify(owners.map(({ kube }) => [kube.object?.spec, kube.object?.status]));
  const parting = await partings(scene, history);
  const found = [
    ...history.found,
    ...wanting,
    ...parting,
    ...(bystander(scene) === untouched ? [] : ['O5 the foreign policy was touched']),
    ...worlds.flatMap(({ violations }) => violations.map((text) => `O15 ${text}`)),
    ...scene.witnesses.flatMap((witness) => witness.found.map((text) => `O8 ${text}`)),
  ];
  return found.length === 0
    ? []
    : [...found, `seed ${seed}`, scene.company, JSON.stringify(model.options), told];
}

/** A spec that the API server takes for a new object: Observe needs `adopt` then. */
function firstSpec({ specs, random }: Scene): SecurityPolicySpec {
  const [managed, ...more] = specs;
  const valid = more.filter(({ managementPolicy: mode, adopt }) => mode !== 'Observe' || adopt !== undefined);
  return pick(random, [managed, ...valid]);
}

/** Rounds of work under faults, while users change their minds and others meddle. */
async function fight(scene: Scene): Promise<History> {
  const { worlds, owners, random } = scene;
  const found = new Set<string>();
  let [mayBeGone, mayBeMarked] = [false, false];
  const rounds = 4 + Math.floor(random() * 12);
  for (let round = 0; round < rounds; round += 1) {
    const { kube } = pick(random, [worlds[0], ...owners]);
    const deed = random();
    if (kube.object === undefined) kube.create('web', firstSpec(scene));
    else if (deed < 0.45 && !isGoing(kube.object)) kube.edit(pick(random, scene.specs));
    else if (deed < 0.55) pick(random, worlds).restart();
    else if (deed < 0.6) {
      mayBeGone ||= kube.object.spec.deletionPolicy === 'Delete';
      mayBeMarked ||= kube.object.spec.managementPolicy === 'Observe';
      kube.remove();
    } else if (deed < 0.62) {
      mayBeGone = true;
      worlds[0].model.console.delete(PLACE, scene.id);
    }
    for (const witness of scene.witnesses) witness.look();
    const delay = await passes(scene);
    const uids = worlds[0].marked().map(({ uid }) => uid);
    if (new Set(uids).size < uids.length) found.add('O1 two policies of one UID');
    for (const world of owners) {
      if (isDeceptive(world))
        found.add('O8 Ready is left over from another generation, and status is of this one');
    }
    await worlds[0].clock.advance(Math.min(delay, pick(random, [1, 500, 5_000, 90_000])));
  }
  return { mayBeGone, mayBeMarked, found: [...found] };
}

function isGoing(object: SecurityPolicy): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Tools read `Ready` by `status.observedGeneration`, and not by the generation of the condition. */
function isDeceptive({ kube: { object } }: Simulation): boolean {
  if (object === undefined || isGoing(object) || isReady(object)) return false;
  const current = object.status?.observedGeneration === object.metadata.generation;
  const bare = ['Reconciling', 'Stalled'].every((type) => conditionOf(object.status, type) === undefined);
  return current && bare && conditionOf(object.status, 'Ready')?.status === 'True';
}

function isStrangers({ metadata }: SecurityPolicy, mark: string | undefined): boolean {
  return mark !== undefined && mark !== metadata.uid;
}

/** O4: Ready and so, or a reason that is true. */
function unmet(scene: Scene, { kube, model }: Simulation, history: History): readonly string[] {
  const { object } = kube;
  if (object === undefined || isGoing(object)) {
    return object === undefined ? [] : ['O4 the object was not let go'];
  }
  if (isReady(object)) {
    const dry = object.spec.managementPolicy === 'DryRun';
    return dry || model.live().some((live) => isAsModeAsks(object, live)) ? [] : ['O8 Ready, and not so'];
  }
  const reason = conditionOf(object.status, 'Ready')?.reason;
  const mark = markOf(adopted(scene));
  switch (reason) {
    case 'QuotaExceeded':
      if (model.options.quota < 50) return [];
      break;
    case 'AdoptionTargetNotFound':
    case 'ExternallyDeleted':
      if (history.mayBeGone && adopted(scene) === undefined) return [];
      break;
    case 'Conflict':
      if (history.mayBeMarked && model.live().some((live) => isStrangers(object, markOf(live)))) return [];
      if (scene.company === 'cluster' && isStrangers(object, mark)) return [];
      break;
    case 'AdoptionAmbiguous':
      // What was made here and let go under Observe has the same name.
      if (history.mayBeMarked && model.live().length > 2) return [];
      break;
    case 'OwnershipLost':
      if (scene.company === 'cluster' && mark !== object.metadata.uid) return [];
      break;
  }
  return [`O4 not what was asked for, but ${reason}`];
}

/** O5 and O7: all objects are deleted; what goes with them and what stays. */
async function partings(scene: Scene, { mayBeGone }: History): Promise<readonly string[]> {
  const { owners } = scene;
  const before = adopted(scene);
  const owner = owners.find(({ kube }) => kube.object?.metadata.uid === markOf(before))?.kube.object;
  const holds = before !== undefined && owner !== undefined && owner.spec.managementPolicy !== 'Observe';
  const goes = holds && owner.spec.deletionPolicy === 'Delete';
  for (const { kube } of owners) kube.remove();
  await rest(scene);
  const left = adopted(scene);
  const found: string[] = [];
  if (owners.some(({ kube }) => kube.object !== undefined)) found.push('O4 the object is not let go');
  if (goes && left !== undefined) found.push('O5 deletionPolicy Delete, and the policy is there');
  if (!goes && left === undefined && !mayBeGone) found.push('O5 what was adopted is deleted');
  if (!goes && before !== undefined && left === undefined)
    found.push('O5 what was adopted went with its object');
  if (holds && !goes && markOf(left) !== undefined) found.push('O7 our marks stay on what was kept');
  if (left !== undefined && left.tags.a !== 'b') found.push('O5 the tags of others are gone');
  return found;
}
