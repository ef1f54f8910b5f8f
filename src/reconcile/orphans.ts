/**
 * The search for orphans: policies with the tags of an object that does not exist.
 * @module
 */
import { OWNER_TAGS } from '../api/group.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { tagOf } from '../domain/policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudError, CloudPolicy } from '../ports/cloud.ts';
import type { Identities, Identity } from '../ports/identities.ts';
import { listRegion } from './listing.ts';
import { placesOf } from './places.ts';

/** A policy with this cluster's tag whose object does not exist. */
export interface Orphan {
  readonly accountId: string;
  readonly region: string;
  readonly id: string;
  readonly name: string;
  readonly uid: string;
  /** `namespace/name` of the object, as the tag says it. */
  readonly object: string;
}

/** What the search for orphans works with. */
export interface OrphanSearch {
  readonly identities: Identities;
  /** The objects as far as they are watched: where their policies are, and who is known to live. */
  policies(): Iterable<SecurityPolicy>;
  /** The UIDs of all objects of the watched namespaces, labels or not, read live after this call. */
  living(): Promise<ReadonlySet<string> | undefined>;
  /** Watched namespaces; none: all. */
  readonly namespaces: readonly string[];
  readonly clusterId: string;
  readonly clock: Clock;
}

/** A region of an identity that could not be looked at, and why. */
export interface Unread {
  readonly identity: Identity;
  readonly region: string;
  readonly error: CloudError;
}

/** The orphans of every identity and region in use, and where nobody could look. */
export interface Orphans {
  readonly found: readonly Orphan[];
  readonly unread: readonly Unread[];
}

/**
 * Looks for policies that nobody will ever delete. The cloud is read first and the objects after it, so that no object
 * made meanwhile can look like one that is gone; they are read only when there is somebody to miss.
 * Undefined when that could not be read: then nothing is known.
 */
export async function findOrphans(search: OrphanSearch): Promise<Orphans | undefined> {
  const candidates = new Map<string, Orphan>();
  const unread: Unread[] = [];
  const known = new Set<string>();
  for (const { metadata } of search.policies()) known.add(metadata.uid);
  for (const [identity, regions] of regionsOf(search)) {
    for (const region of regions) {
      const list = await listRegion(identity.cloud, region, search.clock);
      if (list.kind === 'error') {
        unread.push({ identity, region, error: list.error });
        continue;
      }
      const { accountId, snapshot } = list.value;
      for (const seen of snapshot.policies) {
        const orphan = candidateOf(seen, search, known);
        if (orphan === undefined) continue;
        candidates.set(`${accountId}/${region}/${seen.id}`, { accountId, region, ...orphan });
      }
    }
  }
  if (candidates.size === 0) return { found: [], unread };
  const alive = await search.living();
  if (alive === undefined) return undefined;
  const found = [...candidates.values()].filter(({ uid }) => !alive.has(uid));
  return { found: found.sort((a, b) => (a.id < b.id ? -1 : 1)), unread };
}

/** Where policies of an identity may be: its own region, and those that its objects are bound to. */
function regionsOf({ identities, policies }: OrphanSearch): ReadonlyMap<Identity, ReadonlySet<string>> {
  const regions = new Map<Identity, Set<string>>();
  for (const identity of identities.all()) regions.set(identity, new Set([identity.region]));
  for (const { identity, region } of placesOf(policies(), identities)) {
    const known = regions.get(identity) ?? new Set<string>();
    regions.set(identity, known.add(region));
  }
  return regions;
}

function candidateOf(
  seen: CloudPolicy,
  { clusterId, namespaces }: OrphanSearch,
  known: ReadonlySet<string>,
): Omit<Orphan, 'accountId' | 'region'> | undefined {
  const uid = tagOf(seen, OWNER_TAGS.uid);
  const object = tagOf(seen, OWNER_TAGS.object) ?? '';
  if (uid === undefined || tagOf(seen, OWNER_TAGS.cluster) !== clusterId || known.has(uid)) return undefined;
  // Objects of other namespaces cannot be read, so that nothing is known of theirs.
  const watched = namespaces.length === 0 || namespaces.includes(object.split('/', 1)[0] ?? '');
  return watched ? { id: seen.id, name: seen.name, uid, object } : undefined;
}
