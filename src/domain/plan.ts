/**
 * The decision: one object, its verdict and what was seen of the cloud give one `Step`. A pure function.
 * This file has the order in which it must be made; each branch has a file in `plan/`.
 *
 * *Guarantees*: a create is never announced for an object that is being deleted; nothing that does not carry this
 * object's UID and this cluster's id is changed or deleted, and nothing is tagged that another owner's tags are on;
 * no list alone makes `recordLoss` or `release`; under Observe and DryRun no step writes to the cloud.
 * *Assumption*: the observation is of a list sent after this process's last write for the object.
 * @module
 */
import { PAUSED_ANNOTATION } from '../api/group.ts';
import type { CloudPolicy } from '../ports/cloud.ts';
import { isAdopting, planAbroad, planAdoption, takeOver } from './plan/adoption.ts';
import { resolveCreate } from './plan/creation.ts';
import { planDeletion } from './plan/deletion.ts';
import {
  hasNothing,
  isCredentials,
  misdirected,
  releaseUnseen,
  withoutAccount,
  withoutIdentity,
} from './plan/identity.ts';
import { isClaimed, isDeleting, ownStatus, retains } from './plan/life.ts';
import { letObservedGo, planObserving } from './plan/observing.ts';
import { isPrechecked, planPrecheck } from './plan/precheck.ts';
import { planPresence } from './plan/presence.ts';
import { isOwn } from './policy.ts';
import type { Seen, Situation, Step } from './step.ts';

/** The whole decision, in the order in which it must be made. */
export function plan(situation: Situation): Step {
  const { policy, observation } = situation;
  if (isDeleting(policy) && !isClaimed(policy)) return { kind: 'ignore' };
  if (policy.metadata.annotations?.[PAUSED_ANNOTATION] === 'true') return { kind: 'pause' };
  const early = withoutLooking(situation);
  if (early !== undefined) return early;
  switch (observation.kind) {
    case 'unasked':
      return { kind: 'observe' };
    case 'unidentified':
      return withoutIdentity(policy, observation);
    case 'anonymous':
      return withoutAccount(policy, observation.error);
    case 'unread':
    case 'seen': {
      const why = misdirected(ownStatus(policy), observation.target);
      if (why !== undefined)
        return isDeleting(policy) && retains(policy) ? releaseUnseen(policy) : { kind: 'halt', why };
      if (observation.kind === 'seen') return planSeen(situation, observation);
      return isCredentials(observation.error)
        ? withoutAccount(policy, observation.error)
        : { kind: 'unread', what: 'list', error: observation.error };
    }
  }
}

/** What follows whatever the cloud holds. An announced create comes before everything else. */
function withoutLooking({ policy, violations }: Situation): Step | undefined {
  const status = ownStatus(policy);
  if (status.pendingCreate !== undefined) return undefined;
  const mode = policy.spec.managementPolicy;
  if (isDeleting(policy)) {
    if (violations.length > 0 && hasNothing(status)) return { kind: 'release' };
    return mode === 'Observe' ? letObservedGo(policy) : undefined;
  }
  if (violations.length > 0) return { kind: 'reject', violations };
  if (!isClaimed(policy)) return { kind: 'claim' };
  return mode === 'DryRun' && isPrechecked(policy) ? { kind: 'prechecked' } : undefined;
}

function planSeen(situation: Situation, observation: Seen): Step {
  const { policy } = situation;
  const status = ownStatus(policy);
  const deleting = isDeleting(policy);
  if (status.pendingCreate === undefined && !deleting && policy.spec.managementPolicy === 'Observe')
    return planObserving(situation, observation);
  const abroad = planAbroad(situation, observation);
  if (abroad !== undefined) return abroad;

  const mine = observation.policies.filter((one) => isOurs(situation, one));
  const known = mine.find((one) => one.id === status.securityPolicyId);
  if (mine.length > 1 && !(deleting && known !== undefined)) {
    return { kind: 'halt', why: { kind: 'conflict', ids: mine.map((one) => one.id).sort() } };
  }
  if (status.pendingCreate !== undefined) {
    return resolveCreate(situation, status.pendingCreate, mine[0], observation.policies);
  }
  const seen = known ?? mine[0];
  if (seen !== undefined && !isOwn(seen, policy.metadata.uid, situation.clusterId))
    return takeOver(situation, seen);
  if (deleting) return planDeletion(situation, seen, observation);
  if (policy.spec.managementPolicy === 'DryRun') return planPrecheck(situation, seen, observation);
  return isAdopting(policy)
    ? planAdoption(situation, seen, observation)
    : planPresence(situation, seen, observation);
}

/** Whether it carries this object's UID and the id of this cluster, or the former one that is accepted. */
function isOurs({ policy, clusterId, acceptClusterId }: Situation, cloud: CloudPolicy): boolean {
  const { uid } = policy.metadata;
  if (isOwn(cloud, uid, clusterId)) return true;
  return acceptClusterId !== undefined && isOwn(cloud, uid, acceptClusterId);
}
