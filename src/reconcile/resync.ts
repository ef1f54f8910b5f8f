/**
 * The resync: one list an identity and region, compared with what the objects say.
 * @module
 */
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { isDeleting } from '../domain/plan/life.ts';
import { isOwn, observedOf } from '../domain/policy.ts';
import { sameContent } from '../domain/status.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudError, Snapshot } from '../ports/cloud.ts';
import type { Identities } from '../ports/identities.ts';
import { listRegion } from './listing.ts';
import { placesOf } from './places.ts';
import { markedWith, withId } from './shelf.ts';

/** What a resync found. */
export interface Resync {
  /** The objects to look at: changed in the cloud, or in a region that could not be read. */
  readonly due: readonly SecurityPolicy[];
  readonly unread: readonly { readonly region: string; readonly error: CloudError }[];
  /** How many custom policies each region holds, whoever made them. */
  readonly usage: readonly Usage[];
}

/** How full a region is for an account. */
export interface Usage {
  readonly account: string;
  readonly region: string;
  readonly used: number;
}

/** Objects that are compared before others get their turn: some 5 ms at first, 1 ms later. */
const BATCH = 250;

/**
 * One list an identity and region; only objects whose policy is not what their status says are due. `pause` gives the
 * event loop its turn.
 */
export async function resync(
  policies: Iterable<SecurityPolicy>,
  identities: Identities,
  clock: Clock,
  clusterId: string,
  pause: () => Promise<void>,
): Promise<Resync> {
  const due: SecurityPolicy[] = [];
  const unread: { region: string; error: CloudError }[] = [];
  const usage: Usage[] = [];
  // All at once, since one after the other a tenant whose cloud hangs would keep the others from being looked at.
  const looks = [...placesOf(policies, identities)].map(async (place) => ({
    ...place,
    list: await listRegion(place.identity.cloud, place.region, clock),
  }));
  for (const { region, members, list } of await Promise.all(looks)) {
    if (list.kind === 'error') {
      due.push(...members);
      unread.push({ region, error: list.error });
      continue;
    }
    const { accountId, snapshot } = list.value;
    for (let start = 0; start < members.length; start += BATCH) {
      due.push(...changedSince(members.slice(start, start + BATCH), region, snapshot, clusterId));
      await pause();
    }
    usage.push({ account: accountId, region, used: snapshot.policies.length });
  }
  return { due, unread, usage };
}

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
  return [...policies].filter((policy) => {
    const { status, metadata, spec } = policy;
    const id = status?.securityPolicyId;
    if (status?.target?.region !== region || id === undefined) return false;
    if (status.pendingCreate !== undefined || isDeleting(policy)) return false;
    // What is only observed carries no mark of ours: it is known by its id.
    const shown =
      spec.managementPolicy === 'Observe'
        ? withId(id, snapshot)
        : markedWith(metadata.uid, snapshot).filter((seen) => isOwn(seen, metadata.uid, clusterId));
    const [only, ...others] = shown;
    if (only === undefined || others.length > 0 || only.id !== id) return true;
    return !sameContent(status.observed, observedOf(only));
  });
}
