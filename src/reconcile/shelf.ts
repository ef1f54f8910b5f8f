import { OWNER_TAGS } from '../api/group.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { ownStatus } from '../domain/plan/life.ts';
import { tagOf } from '../domain/policy.ts';
import type { CloudPolicy, Snapshot } from '../ports/cloud.ts';

/** A snapshot, sorted by what objects ask for: looking through all of it for each object would be quadratic. */
interface Shelf {
  readonly byUid: ReadonlyMap<string, readonly CloudPolicy[]>;
  readonly byId: ReadonlyMap<string, readonly CloudPolicy[]>;
  readonly byName: ReadonlyMap<string, readonly CloudPolicy[]>;
}

/** Sorted once for all objects, and gone with its snapshot. */
const shelves = new WeakMap<Snapshot, Shelf>();

/** What of the list bears on the object: its UID is on it, or the object speaks of its id or its name. */
export function bearingOn(policy: SecurityPolicy, snapshot: Snapshot): readonly CloudPolicy[] {
  const shelf = shelfOf(snapshot);
  const { securityPolicyId, pendingCreate } = ownStatus(policy);
  const { adopt } = policy.spec;
  const found = new Set([
    ...at(shelf.byUid, policy.metadata.uid),
    ...at(shelf.byUid, adopt?.previousOwnerUID),
    ...at(shelf.byId, securityPolicyId),
    ...at(shelf.byId, adopt?.securityPolicyId),
    ...at(shelf.byName, adopt?.securityPolicyName),
    ...at(shelf.byName, pendingCreate?.parameters.name),
  ]);
  return [...found];
}

/** What of the list carries the UID of an object, of whatever cluster. */
export function markedWith(uid: string, snapshot: Snapshot): readonly CloudPolicy[] {
  return at(shelfOf(snapshot).byUid, uid);
}

/** What of the list has this id: one policy, or none. */
export function withId(id: string, snapshot: Snapshot): readonly CloudPolicy[] {
  return at(shelfOf(snapshot).byId, id);
}

function shelfOf(snapshot: Snapshot): Shelf {
  const known = shelves.get(snapshot);
  if (known !== undefined) return known;
  const { policies } = snapshot;
  const made = {
    byUid: grouped(policies, (policy) => tagOf(policy, OWNER_TAGS.uid)),
    byId: grouped(policies, (policy) => policy.id),
    byName: grouped(policies, (policy) => policy.name),
  };
  shelves.set(snapshot, made);
  return made;
}

function grouped(
  policies: readonly CloudPolicy[],
  keyOf: (policy: CloudPolicy) => string | undefined,
): ReadonlyMap<string, readonly CloudPolicy[]> {
  const groups = new Map<string, CloudPolicy[]>();
  for (const policy of policies) {
    const key = keyOf(policy);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [policy]);
    else group.push(policy);
  }
  return groups;
}

function at(
  groups: ReadonlyMap<string, readonly CloudPolicy[]>,
  key: string | undefined,
): readonly CloudPolicy[] {
  return key === undefined ? [] : (groups.get(key) ?? []);
}
