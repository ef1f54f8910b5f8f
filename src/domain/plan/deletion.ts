/**
 * What follows for an object that is being deleted, once its announced create is resolved.
 * @module
 */
import type { CloudPolicy, Tag } from '../../ports/cloud.ts';
import { desiredOf, tagOf } from '../policy.ts';
import type { Seen, Situation, Step } from '../step.ts';
import { isTagging, ownStatus, retains } from './life.ts';
import { unseen } from './presence.ts';

/** `seen` is the policy that carries our marks, if one does. */
export function planDeletion(situation: Situation, seen: CloudPolicy | undefined, observation: Seen): Step {
  const { policy, recall, now, window } = situation;
  const id = ownStatus(policy).securityPolicyId;
  const deleted = recall.deleted;
  if (seen !== undefined && id !== undefined && deleted?.id === id && seen.id !== id) {
    // Two carried our mark; the one in status is deleted, and whose the other one is nobody knows.
    return { kind: 'halt', why: { kind: 'conflict', ids: [seen.id] } };
  }
  if (seen !== undefined) {
    if (retains(policy)) return { kind: 'release', untag: { id: seen.id, tags: ownMarks(situation, seen) } };
    // Deleted already, and the list has not caught up yet; past the window, the delete is sent again.
    if (deleted?.id === seen.id && deleted.sinceMs < window) return { kind: 'await' };
    return { kind: 'destroy', id: seen.id };
  }
  if (isTagging(policy, now, window)) return { kind: 'await' };
  if (id === undefined || deleted?.id === id) return { kind: 'release' };
  const step = unseen(situation, id, observation);
  if (step.kind === 'halt' && step.why.kind === 'ownershipLost') {
    return { kind: 'release', note: `Policy "${id}" does not carry our tags any more and was left as it is` };
  }
  return step;
}

function ownMarks(situation: Situation, seen: CloudPolicy): Tag[] {
  const { tags } = desiredOf({ ...situation.policy, spec: {} }, situation.clusterId);
  return Object.keys(tags)
    .sort()
    .flatMap((key) => {
      const value = tagOf(seen, key);
      return value === undefined ? [] : [{ key, value }];
    });
}
