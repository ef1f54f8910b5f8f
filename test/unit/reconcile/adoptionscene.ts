import { OWNER_TAGS } from '../../../src/api/group.ts';
import type { SecurityPolicy, SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import type { LivePolicy } from '../../../src/dev/alb/model.ts';
import { isAsAsked, ReadyWitness } from './readywitness.ts';
import { faultsOf, pick, switches } from './schedule.ts';
import { PLACE, Simulation, SPEC, seeded } from './simulation.ts';

const BY_HAND = {
  name: 'by-hand',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['AES128-GCM-SHA256'],
  tags: { a: 'b' },
};
const BARE: SecurityPolicySpec = { ...SPEC, securityPolicyName: BY_HAND.name };
const HOURS = 4 * 3_600_000;
const RESYNC = 60_000;

/** Who else is at work: nobody, another cluster at the same policy, or a second process at the same object. */
export type Company = 'alone' | 'cluster' | 'process';

/** A cloud with one policy that somebody made by hand, and those who want it. */
export interface Scene {
  readonly random: () => number;
  readonly company: Company;
  readonly window: number;
  /** The operators. */
  readonly worlds: readonly [Simulation, ...Simulation[]];
  /** Those of them that have an object of their own. */
  readonly owners: readonly Simulation[];
  /** What is to be adopted. */
  readonly id: string;
  /** What nobody has any business with. */
  readonly foreign: string;
  readonly specs: readonly [SecurityPolicySpec, ...SecurityPolicySpec[]];
  readonly witnesses: readonly ReadyWitness[];
}

/** The scene of a seed, with its faults; nothing has happened yet. */
export function sceneOf(seed: number): Scene {
  const random = seeded(seed);
  const { options, window } = switches(random);
  const company: Company = pick(random, ['alone', 'alone', 'cluster', 'process']);
  const forgetful = options.tokenRetention === 0;
  // Only a token keeps two processes that send the same create from making two policies.
  const retention = company === 'process' && forgetful ? { tokenRetention: 3_600_000 } : {};
  // Two policies are there already: room for none, for one, or for all.
  const quota = options.quota === 50 ? 50 : pick(random, [2, 3]);
  const world = new Simulation({ ...options, ...retention, quota }, random, window);
  const id = world.model.console.create(PLACE, BY_HAND);
  const foreign = world.model.console.create(PLACE, { ...BY_HAND, name: 'foreign' });
  const others = companyOf(company, world, random, window);
  const worlds = [world, ...others] as const;
  const owners = company === 'process' ? [world] : worlds;
  const witnesses = owners.map(witnessOf);
  const rate = pick(random, [0.05, 0.2, 0.5]);
  for (const one of worlds) {
    one.onEvent = () => {
      for (const witness of witnesses) witness.look();
    };
    // The second copy of a create may be refused for the place that the first has taken; no protocol can tell that
    // from a refusal of both. What comes of it is halted and named, and is not judged here.
    one.faults = faultsOf(random, rate, forgetful || (quota < 50 && options.quotaBeforeToken === true));
  }
  return {
    random,
    company,
    window,
    worlds,
    owners,
    id,
    foreign,
    specs: specsOf(id, company, random),
    witnesses,
  };
}

function companyOf(
  company: Company,
  beside: Simulation,
  random: () => number,
  window: number,
): readonly Simulation[] {
  switch (company) {
    case 'alone':
      return [];
    case 'cluster':
      return [new Simulation({}, random, window, { clusterId: 'cluster-2', beside })];
    case 'process':
      return [new Simulation({}, random, window, { beside, sharesObject: true })];
  }
}

function witnessOf(world: Simulation): ReadyWitness {
  return new ReadyWitness(world, isAsModeAsks);
}

/** The tags of whoever made the policy stay, and what is only looked at need not be as the spec says. */
export function isAsModeAsks(object: SecurityPolicy, live: LivePolicy): boolean {
  switch (object.spec.managementPolicy) {
    case 'DryRun':
      return true;
    case 'Observe':
      return live.id === object.status?.securityPolicyId;
    case 'Managed':
    case undefined: {
      const { a: _others, ...tags } = live.tags;
      return isAsAsked(object, { ...live, tags });
    }
  }
}

function specsOf(id: string, company: Company, random: () => number): Scene['specs'] {
  const byName = pick(random, [{ securityPolicyId: id }, { securityPolicyName: BY_HAND.name }]);
  // Two clusters may make policies of that name, which then stands for more than one.
  const adopt = company === 'cluster' ? { securityPolicyId: id } : byName;
  const managed: SecurityPolicySpec = { ...BARE, adopt };
  return [
    managed,
    { ...managed, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] },
    { ...managed, deletionPolicy: 'Delete' },
    { ...managed, managementPolicy: 'Observe' },
    { ...managed, managementPolicy: 'DryRun' },
    BARE,
    { ...BARE, managementPolicy: 'Observe' },
    { ...BARE, managementPolicy: 'DryRun' },
  ];
}

/** The policy that is to be adopted, as it really is. */
export function adopted({ worlds, id }: Scene): LivePolicy | undefined {
  return worlds[0].model.live().find((policy) => policy.id === id);
}

/** What nobody has any business with, as one text. */
export function bystander({ worlds, foreign }: Scene): string {
  return JSON.stringify(worlds[0].model.live().find((policy) => policy.id === foreign));
}

/** The UID of the owner. */
export function markOf(policy: LivePolicy | undefined): string | undefined {
  return policy?.tags[OWNER_TAGS.uid];
}

/** Passes of all, one after the other or at once, and the time until somebody wants to look again. */
export async function passes({ worlds, random }: Scene): Promise<number> {
  const delays: (number | undefined)[] = [];
  if (random() < 0.5) delays.push(...(await Promise.all(worlds.map((world) => world.pass()))));
  else for (const world of worlds) delays.push(await world.pass());
  return Math.min(...delays.map((delay) => delay ?? RESYNC));
}

/** Peace, until nothing has changed for longer than anything may be late. */
export async function rest(scene: Scene): Promise<void> {
  const { clock } = scene.worlds[0];
  const end = clock.monotonic() + HOURS;
  let before = '';
  for (let quiet = 0; quiet < 2 * scene.window + RESYNC && clock.monotonic() < end; ) {
    const started = clock.monotonic();
    const delay = await passes(scene);
    await clock.advance(Math.min(delay, RESYNC));
    const now = JSON.stringify([scene.worlds[0].model.live(), scene.owners.map(({ kube }) => kube.length)]);
    quiet = now === before ? quiet + clock.monotonic() - started : 0;
    before = now;
  }
}
