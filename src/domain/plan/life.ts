/**
 * What an object says of its own life: whose status it carries, how young it is, and what happens when it goes.
 * @module
 */
import { FINALIZER, OWNER_TAGS, RECONCILE_ANNOTATION } from '../../api/group.ts';
import type { SecurityPolicy, SecurityPolicyStatus } from '../../api/securitypolicy.ts';
import type { Millis } from '../../ports/clock.ts';

/** `lastApplied.hash` from the fence of a change on, until a list shows what was wanted: nobody knows what is applied. */
export const UNDER_WAY = 'under way';

/** The status that belongs to this object: one that was written for another UID (restored from a backup) is none. */
export function ownStatus(policy: SecurityPolicy): SecurityPolicyStatus {
  const status = policy.status ?? {};
  const writtenFor = status.pendingCreate?.uid ?? status.uid ?? policy.metadata.uid;
  return writtenFor === policy.metadata.uid ? status : {};
}

/** Whether the policy was bound so recently that a list may not show it yet. `now` is wall time. */
export function isYoung(policy: SecurityPolicy, now: Millis, window: Millis): boolean {
  const boundAt = Date.parse(ownStatus(policy).boundAt ?? '');
  return !Number.isNaN(boundAt) && now - boundAt < window;
}

/** Whether the API server is to delete the object. */
export function isDeleting(policy: SecurityPolicy): boolean {
  return policy.metadata.deletionTimestamp !== undefined;
}

/** Whether the object is held by our finalizer. */
export function isClaimed(policy: SecurityPolicy): boolean {
  return policy.metadata.finalizers?.includes(FINALIZER) === true;
}

/** How the object came by its policy; before it has one, how it is going to. */
export function bindingOf(policy: SecurityPolicy): NonNullable<SecurityPolicyStatus['binding']> {
  return ownStatus(policy).binding ?? (policy.spec.adopt === undefined ? 'Created' : 'Adopted');
}

/** `deletionPolicy` with its default: Delete for what the operator created, Retain for what it adopted. */
export function retains(policy: SecurityPolicy): boolean {
  const fallback = bindingOf(policy) === 'Created' ? 'Delete' : 'Retain';
  return (policy.spec.deletionPolicy ?? fallback) === 'Retain';
}

/**
 * Whether our tags were, or were about to be, sent to a policy that is being adopted so recently that a list may not
 * show them yet. Known from the fence before the tagging, so that a restart does not forget it. `now` is wall time.
 */
export function isTagging(policy: SecurityPolicy, now: Millis, window: Millis): boolean {
  const at = Date.parse(ownStatus(policy).lastApplied?.at ?? '');
  return isFenced(ownStatus(policy)) && !Number.isNaN(at) && now - at < window;
}

/** Whether the tagging of an adoption was fenced, and not seen yet. What was observed has its id before it is tagged. */
export function isFenced({ binding, securityPolicyId, lastApplied }: SecurityPolicyStatus): boolean {
  switch (binding) {
    case 'Adopted':
      return securityPolicyId === undefined;
    case 'Observed':
      return lastApplied?.tagKeys.includes(OWNER_TAGS.uid) === true;
    case 'Created':
    case undefined:
      return false;
  }
}

/** Whether a look was asked for by annotation and has not been answered yet. */
export function isAsked(policy: SecurityPolicy): boolean {
  const token = policy.metadata.annotations?.[RECONCILE_ANNOTATION];
  return token !== undefined && token !== ownStatus(policy).lastHandledReconcileAt;
}
