import type { SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import type { AlbOptions } from '../../../src/dev/alb/options.ts';
import { isReady } from '../../../src/domain/status.ts';
import type { KubeFault } from './kubeworld.ts';
import { isAsAsked, ReadyWitness, strayTags } from './readywitness.ts';
import { type CloudFault, type Faults, NO_FAULTS, PLACE, Simulation, SPEC, seeded } from './simulation.ts';

const FOREIGN = {
  // The same name as the object's own policy: names are not unique, and nothing may be found by one.
  name: 'web',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['AES128-GCM-SHA256'],
  tags: { owner: 'someone else' },
};
const SPECS: readonly SecurityPolicySpec[] = [
  SPEC,
  { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] },
  { ...SPEC, securityPolicyName: 'renamed' },
  { ...SPEC, tags: { team: 'web' } },
  { ...SPEC, tags: { team: 'web', stage: 'live' }, resourceGroupId: 'rg-other' },
  {
    ...SPEC,
    tlsVersions: ['TLSv1.2', 'TLSv1.3'],
    ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_AES_128_GCM_SHA256'],
  },
];

/** What a schedule came to. */
export interface Run {
  readonly seed: number;
  readonly world: Simulation;
  readonly foreign: string;
  readonly settled: boolean;
  readonly worst: number;
  readonly cleaned: boolean;
  /** O8: when Ready was said and was not so. */
  readonly lies: readonly string[];
  /** O7: tags of ours where they do not belong, when all was settled. */
  readonly stray: readonly string[];
  readonly notes: readonly string[];
}

/** One of the values, by chance. */
export function pick<T>(random: () => number, values: readonly [T, ...T[]]): T {
  return values[Math.floor(random() * values.length)] ?? values[0];
}

/**
 * The switches of a run. Left out is the one world that the protocol excludes: a cloud that forgets a token sooner
 * than its lists, or the tags in them, catch up.
 */
export function switches(random: () => number): { options: Partial<AlbOptions>; window: number } {
  const listLag = pick(random, [0, 0, 5_000, 600_000]);
  const tokenRetention =
    listLag === 0
      ? pick(random, [0, 3_600_000, Number.POSITIVE_INFINITY])
      : pick(random, [3_600_000, Number.POSITIVE_INFINITY]);
  return {
    window: Math.max(60_000, listLag * 1.5),
    options: {
      listLag,
      tokenRetention,
      tokenProcessing: pick(random, [0, 0, 2_000]),
      tokenKeepsRefusal: random() < 0.5,
      quotaBeforeToken: random() < 0.5,
      tagsLate: pick(random, [0, 0, 3_000]),
      cipherOrder: pick(random, ['kept', 'sorted', 'shuffled'] as const),
      createConfiguring: pick(random, [0, 2_000]),
      updateConfiguring: pick(random, [0, 1_000, 30_000]),
      pageShift: random() < 0.3,
      pageSize: pick(random, [1, 2, 100]),
      quota: pick(random, [50, 50, 2]),
    },
  };
}

export function faultsOf(random: () => number, rate: number, forgetful: boolean): Faults {
  const cloud: readonly [CloudFault, ...CloudFault[]] = [
    'reset',
    'lost',
    'lost',
    'twice',
    'unavailable',
    'throttled',
    'crashBefore',
    'crashAfter',
  ];
  const kube: readonly [KubeFault, ...KubeFault[]] = ['refused', 'lost', 'crashBefore', 'crashAfter'];
  return {
    cloud: (action) => {
      const fault = random() < rate ? pick(random, cloud) : 'none';
      // Only a token keeps a request that the network delivers twice from making two policies.
      return fault === 'twice' && forgetful && action === 'CreateSecurityPolicy' ? 'lost' : fault;
    },
    kube: () => (random() < rate ? pick(random, kube) : 'none'),
    lag: () => (random() < rate ? 1 + Math.floor(random() * 3) : 0),
  };
}

/** What users and other people do while the operator works. */
function disturb(world: Simulation, random: () => number): string {
  const live = world.marked()[0];
  const deed = Math.floor(random() * 8);
  switch (deed) {
    case 0:
    case 1:
      world.kube.edit(pick(random, [SPEC, ...SPECS]));
      return 'edit';
    case 2:
      // A policy that is renamed while its tags are still to come cannot be known for ours by anything.
      if (live !== undefined) {
        const renamed = world.model.options.tagsLate === 0 ? { name: 'drifted' } : {};
        world.model.console.edit(PLACE, live.id, { ciphers: ['AES128-SHA'], ...renamed });
      }
      return 'drift';
    case 3:
      if (live !== undefined) world.model.console.delete(PLACE, live.id);
      return 'outside delete';
    case 4:
      world.restart();
      return 'restart';
    case 5:
      if (random() < 0.5) world.kube.remove();
      return 'remove';
    default:
      return 'nothing';
  }
}

/** Runs one schedule: some rounds of work under faults and disturbance, then peace, then a deletion. */
export async function runSchedule(seed: number): Promise<Run> {
  const random = seeded(seed);
  const { options, window } = switches(random);
  const world = new Simulation(options, random, window);
  const witness = new ReadyWitness(world);
  const foreign = world.model.console.create(PLACE, FOREIGN);
  world.kube.create('web', pick(random, [SPEC, ...SPECS]));
  world.faults = faultsOf(random, pick(random, [0.05, 0.2, 0.5]), options.tokenRetention === 0);
  const notes: string[] = [JSON.stringify(options)];
  let worst = 0;
  const rounds = 4 + Math.floor(random() * 12);
  for (let round = 0; round < rounds; round += 1) {
    notes.push(disturb(world, random));
    witness.look();
    const delay = await world.pass();
    worst = Math.max(worst, livePerUid(world));
    await world.clock.advance(Math.min(delay ?? 1_000, pick(random, [1, 500, 5_000, 90_000])));
  }
  world.faults = NO_FAULTS;
  // A list of more than one page that shifts each time it is read would hide a policy for ever.
  world.model.configure({ pageShift: false });
  const deleting =
    world.kube.object?.metadata.deletionTimestamp !== undefined || world.kube.object === undefined;
  const settled = await world.settle(4 * 3_600_000);
  worst = Math.max(worst, livePerUid(world));
  const asked = deleting || inPlace(world);
  const stray = strayTagsOf(world);
  if (!deleting) world.kube.remove();
  await world.settle(4 * 3_600_000);
  return {
    seed,
    world,
    foreign,
    settled: settled && asked,
    worst,
    cleaned: world.kube.object === undefined && world.marked().length === 0,
    lies: witness.found,
    stray,
    notes,
  };
}

function livePerUid(world: Simulation): number {
  const counts = new Map<string, number>();
  for (const { uid } of world.marked()) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function inPlace(world: Simulation): boolean {
  const object = world.kube.object;
  const [live] = world.model.live().filter((policy) => policy.id === object?.status?.securityPolicyId);
  if (object === undefined || live === undefined || !isReady(object)) return false;
  return isAsAsked(object, live);
}

/** Keys of tags that the operator has left on any policy, but for those that the spec asks for and our marks on our own. */
function strayTagsOf(world: Simulation): readonly string[] {
  const object = world.kube.object;
  return world.model.live().flatMap((live) => {
    if (live.id === object?.status?.securityPolicyId) return strayTags(live, object.spec.tags ?? {});
    const asked = live.name === FOREIGN.name ? FOREIGN.tags : {};
    return Object.keys(live.tags).filter((key) => !Object.hasOwn(asked, key));
  });
}

/** The oracles; empty when all of them hold. */
export function judge(run: Run): readonly string[] {
  const { world } = run;
  const found: string[] = [...world.violations.map((text) => `O15 ${text}`)];
  if (run.worst > 1) found.push(`O1 ${run.worst} live policies of one UID`);
  if (!run.settled) found.push('O2 O4 the policy asked for did not come to be');
  if (!run.cleaned) found.push(`O5 left behind: ${JSON.stringify(world.marked())}`);
  for (const lie of run.lies) found.push(`O8 ${lie}`);
  if (run.stray.length > 0) found.push(`O7 stray tags: ${run.stray.join()}`);
  const foreign = world.model.live().find((policy) => policy.id === run.foreign);
  if (
    foreign === undefined ||
    foreign.name !== FOREIGN.name ||
    JSON.stringify(foreign.tags) !== JSON.stringify(FOREIGN.tags)
  ) {
    found.push('O5 the foreign policy was touched');
  }
  return found.length === 0 ? [] : [...found, `seed ${run.seed}`, ...run.notes];
}
