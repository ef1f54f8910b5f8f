import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import type { LivePolicy } from '../../../src/dev/alb/model.ts';
import { isReady } from '../../../src/domain/status.ts';
import type { Simulation } from './simulation.ts';

/** Marks of ours in the cloud, whatever the code under test calls them. */
const OWN_PREFIX = 'alb.alicloud.dev/';

/** The cloud from `at` on, until the next one. */
interface Moment {
  readonly at: number;
  readonly live: readonly LivePolicy[];
}

/**
 * O8: whoever reads `Ready=True` of the present generation may rely on it. Asked after every event of a run, with a
 * comparison of its own: the policy of that id is as the spec says, or it has been since this generation exists, or
 * as short a time before as a list may lag, and somebody else changed it then.
 */
export class ReadyWitness {
  readonly found: string[] = [];
  readonly #world: Simulation;
  readonly #moments: Moment[] = [];
  #generation: { readonly number: number; readonly uid: string; readonly since: number } | undefined;

  readonly #asAsked: (object: SecurityPolicy, live: LivePolicy) => boolean;

  /** `asAsked`: what a policy must be for an object to call itself Ready. */
  constructor(world: Simulation, asAsked = isAsAsked) {
    this.#world = world;
    this.#asAsked = asAsked;
    world.onEvent = () => this.look();
  }

  /** Looks now. The run calls it after what users and other people do; the simulation after each write. */
  look(): void {
    const { kube, model, clock } = this.#world;
    const now = clock.monotonic();
    const live = model.live();
    if (JSON.stringify(this.#moments.at(-1)?.live) !== JSON.stringify(live))
      this.#moments.push({ at: now, live });
    const object = kube.object;
    if (object === undefined) return;
    const { uid, generation } = object.metadata;
    if (this.#generation?.number !== generation || this.#generation.uid !== uid)
      this.#generation = { number: generation, uid, since: now };
    if (object.metadata.deletionTimestamp !== undefined || !isReady(object)) return;
    const earliest = this.#generation.since - model.options.listLag;
    const wasSo = this.#moments.some((moment, index) => {
      const end = this.#moments[index + 1]?.at ?? now;
      return end >= earliest && moment.live.some((policy) => this.#asAsked(object, policy));
    });
    if (!wasSo)
      this.found.push(`Ready at generation ${generation}, and the cloud is not so: ${JSON.stringify(live)}`);
  }
}

/** Whether this is the object's policy, and exactly as its spec says. */
export function isAsAsked({ spec, metadata, status }: SecurityPolicy, live: LivePolicy): boolean {
  const ciphers = [...(spec.ciphers ?? []), ...(spec.unlistedCiphers ?? [])];
  return (
    live.id === status?.securityPolicyId &&
    live.name === (spec.securityPolicyName ?? metadata.name) &&
    sameWords(live.tlsVersions, spec.tlsVersions ?? []) &&
    sameWords(live.ciphers, ciphers) &&
    (spec.resourceGroupId === undefined || live.resourceGroupId === spec.resourceGroupId) &&
    strayTags(live, spec.tags ?? {}).length === 0
  );
}

/** Tags beside our marks that are not those of the spec, by key. Nobody else tags the policies of a run. */
export function strayTags(live: LivePolicy, asked: Readonly<Record<string, string>>): readonly string[] {
  const keys = new Set([...Object.keys(live.tags), ...Object.keys(asked)]);
  return [...keys].filter((key) => !key.startsWith(OWN_PREFIX) && live.tags[key] !== asked[key]);
}

function sameWords(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join() === right.toSorted().join();
}
