/**
 * What follows for an object that is to have a policy: bind, compare, change, or say what is in the way.
 * @module
 */
import type { CloudPolicy } from '../../ports/cloud.ts';
import { type Desired, type Difference, desiredOf, differences, managedHash, tagOf } from '../policy.ts';
import type { Change, Seen, Situation, Step } from '../step.ts';
import { announce } from './creation.ts';
import { bindingOf, isTagging, isYoung, ownStatus, UNDER_WAY } from './life.ts';

/** `seen` is the one policy that carries our marks, if one does. */
export function planPresence(situation: Situation, seen: CloudPolicy | undefined, observation: Seen): Step {
  const { policy, quota, now, window } = situation;
  const status = ownStatus(policy);
  const id = status.securityPolicyId;
  if (seen === undefined) {
    if (id !== undefined) return unseen(situation, id, observation);
    // An adoption that the spec does not ask for any more: what carries our tags is to be found, and none made beside it.
    if (isTagging(policy, now, window)) return { kind: 'await' };
    if (quota === 'closed') return { kind: 'awaitQuota' };
    return announce(situation, observation.target);
  }
  if (seen.id !== id) {
    // The id in status is evidence only: what carries our mark is ours, once the other one is known to be gone.
    if (id === undefined || observation.existence === 'absent') {
      return { kind: 'bind', policy: seen, binding: bindingOf(policy) };
    }
    return { kind: 'halt', why: { kind: 'conflict', ids: [id, seen.id].sort() } };
  }
  return compare(situation, seen);
}

/** The id in status is not shown with our mark. */
export function unseen(situation: Situation, id: string, observation: Seen): Step {
  const { policy, now, window, recall } = situation;
  const young = isYoung(policy, now, window);
  const stranger = observation.policies.some((seen) => seen.id === id);
  if (young || (stranger && recall.written !== undefined && recall.written.sinceMs < window))
    return { kind: 'await' };
  if (stranger) return { kind: 'halt', why: { kind: 'ownershipLost', id } };
  switch (observation.existence) {
    case 'absent':
      return { kind: 'recordLoss', id };
    case 'exists':
      return { kind: 'halt', why: { kind: 'notListed', id } };
    case 'unasked':
    case 'unknown':
      return { kind: 'await' };
  }
}

function compare(situation: Situation, seen: CloudPolicy): Step {
  const { policy, clusterId, recall, window } = situation;
  if (seen.status !== 'Available') return { kind: 'settle', policy: seen };
  const desired = desiredOf(policy, clusterId);
  const applied = ownStatus(policy).lastApplied;
  const found = differences(desired, seen, applied?.tagKeys ?? []);
  if (found.length === 0)
    return isUnsettled(situation, desired) ? { kind: 'await' } : { kind: 'inSync', policy: seen, desired };
  // A list that still shows what was there before our own last accepted write is late, not different.
  const late =
    recall.written !== undefined &&
    recall.written.sinceMs < window &&
    recall.written.before === fingerprint(seen);
  if (late) return { kind: 'await' };
  const specChanged = applied?.hash !== managedHash(desired);
  if (!specChanged && policy.spec.driftPolicy === 'Report') return { kind: 'report', policy: seen, found };
  return { kind: 'update', policy: seen, change: firstChange(desired, seen, found), found };
}

/**
 * Whether a list that shows what is wanted may be older than a change that was sent for something else: the spec went
 * to and fro within the window, or another process sent the change. Believed, Ready would be a lie, and the keys of
 * tags that are set would be forgotten.
 */
function isUnsettled({ policy, recall, now, window }: Situation, desired: Desired): boolean {
  const applied = ownStatus(policy).lastApplied;
  if (applied === undefined || applied.hash !== UNDER_WAY) return false;
  const age = Math.min(now - Date.parse(applied.at), recall.written?.sinceMs ?? Number.POSITIVE_INFINITY);
  return recall.sent !== managedHash(desired) && age < window;
}

/** What a list shows of the fields that we write, as one text to compare. */
export function fingerprint(seen: CloudPolicy): string {
  return JSON.stringify([
    seen.name,
    [...seen.tlsVersions].sort(),
    [...seen.ciphers].sort(),
    seen.resourceGroupId ?? null,
    Object.entries(seen.tags).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** One write a pass: attributes first (what listeners serve), then tags, then the resource group. */
function firstChange(desired: Desired, seen: CloudPolicy, found: readonly Difference[]): Change {
  const fields = new Set(found.map((difference) => difference.field));
  const suites = fields.has('tlsVersions') || fields.has('ciphers');
  if (suites || fields.has('securityPolicyName')) {
    return {
      kind: 'attributes',
      parameters: {
        ...(fields.has('securityPolicyName') ? { name: desired.name } : {}),
        ...(suites ? { suites: { tlsVersions: desired.tlsVersions, ciphers: desired.ciphers } } : {}),
      },
    };
  }
  const keys = found.flatMap(({ field }) => (field.startsWith('tags.') ? [field.slice('tags.'.length)] : []));
  const set = keys.filter((key) => Object.hasOwn(desired.tags, key));
  if (set.length > 0)
    return { kind: 'tag', tags: set.map((key) => ({ key, value: desired.tags[key] ?? '' })) };
  if (keys.length > 0)
    return { kind: 'untag', tags: keys.map((key) => ({ key, value: tagOf(seen, key) ?? '' })) };
  return { kind: 'move', resourceGroupId: desired.resourceGroupId ?? '' };
}
