import { OWNER_TAGS } from '../api/group.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { isOwn, observedOf, tagOf } from '../domain/policy.ts';
import { sameContent } from '../domain/status.ts';
import type { CloudPolicy, Snapshot } from '../ports/cloud.ts';

/**
 * The objects at rest whose policy in the snapshot is not what their status says: gone, doubled, changed or released.
 * Objects that are not at rest have a time of their own at which they are looked at again.
 */
export function changedSince(
  policies: Iterable<SecurityPolicy>,
  region: string,
  snapshot: Snapshot,
  clusterId: string,
): readonly SecurityPolicy[] {
  const byUid = new Map<string, CloudPolicy[]>();
  const byId = new Map<string, CloudPolicy>();
  for (const seen of snapshot.policies) {
    byId.set(seen.id, seen);
    const uid = tagOf(seen, OWNER_TAGS.uid);
    if (uid === undefined || !isOwn(seen, uid, clusterId)) continue;
    const same = byUid.get(uid);
    if (same === undefined) byUid.set(uid, [seen]);
    else same.push(seen);
  }
  return [...policies].filter((policy) => {
    const { status, metadata, spec } = policy;
    const id = status?.securityPolicyId;
    if (status?.target?.region !== region || id === undefined) return false;
    if (status.pendingCreate !== undefined || metadata.deletionTimestamp !== undefined) return false;
    // What is only observed carries no mark of ours: it is known by its id.
    const observed = byId.get(id);
    const shown =
      spec.managementPolicy !== 'Observe'
        ? (byUid.get(metadata.uid) ?? [])
        : observed === undefined
          ? []
          : [observed];
    const [only, ...others] = shown;
    if (only === undefined || others.length > 0 || only.id !== id) return true;
    return !sameContent(status.observed, observedOf(only));
  });
}
