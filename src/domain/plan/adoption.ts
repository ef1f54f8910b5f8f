/**
 * Taking over a policy that exists: ours by a former cluster id, of nobody, or of the owner that the spec names.
 * First our tags, then a list that shows them, and only then the first change. Who finds another owner's tags has lost.
 * @module
 */
import { OWNER_TAGS } from '../../api/group.ts';
import type { SecurityPolicy } from '../../api/securitypolicy.ts';
import type { CloudPolicy } from '../../ports/cloud.ts';
import { isMarked, ownerTags, tagList, tagOf } from '../policy.ts';
import type { AdoptionHalt, Seen, Situation, Step } from '../step.ts';
import { isDeleting, isTagging, ownStatus, retains } from './life.ts';
import { unseen } from './presence.ts';

/** Whether the object is still to take over the policy that it names or has observed so far. */
export function isAdopting(policy: SecurityPolicy): boolean {
  const status = ownStatus(policy);
  if (status.binding === 'Observed') return true;
  return status.securityPolicyId === undefined && policy.spec.adopt !== undefined;
}

/** `seen` is the policy that carries our marks already, if one does. */
export function planAdoption(situation: Situation, seen: CloudPolicy | undefined, observation: Seen): Step {
  const { policy } = situation;
  const id = ownStatus(policy).securityPolicyId;
  const wanted = wantedOf(policy, observation.policies);
  if (seen !== undefined) {
    // Its name may have changed since: an update of ours, whose status was lost. Another policy by that name may not.
    const intended = wanted.length === 0 || wanted.some((one) => one.id === seen.id);
    if (intended) return { kind: 'bind', policy: seen, binding: 'Adopted' };
    return { kind: 'halt', why: { kind: 'conflict', ids: [seen, ...wanted].map((one) => one.id).sort() } };
  }
  if (wanted.length === 0 && id !== undefined) return unseen(situation, id, observation);
  const found = soleOf(policy, wanted);
  if (found.kind !== 'policy') return { kind: 'halt', why: found };
  const obstacle = obstacleOf(situation, found.policy, observation);
  return obstacle === undefined ? takeOver(situation, found.policy) : { kind: 'halt', why: obstacle };
}

/** The policies that the object names: by the id that it has observed, by `adopt.securityPolicyId`, or by name. */
export function wantedOf(policy: SecurityPolicy, policies: readonly CloudPolicy[]): readonly CloudPolicy[] {
  const { adopt } = policy.spec;
  const id = ownStatus(policy).securityPolicyId ?? adopt?.securityPolicyId;
  if (id !== undefined) return policies.filter((one) => one.id === id);
  return policies.filter((one) => one.name === adopt?.securityPolicyName);
}

/** The one policy that is wanted; none, or more than one by that name, is refused. */
export function soleOf(
  policy: SecurityPolicy,
  wanted: readonly CloudPolicy[],
): { readonly kind: 'policy'; readonly policy: CloudPolicy } | AdoptionHalt {
  const { adopt } = policy.spec;
  const name = adopt?.securityPolicyName ?? '';
  const [only, ...others] = wanted;
  if (only === undefined) {
    return { kind: 'adoptionTargetNotFound', wanted: adopt?.securityPolicyId ?? name };
  }
  if (others.length > 0) {
    return { kind: 'adoptionAmbiguous', name, ids: wanted.map((one) => one.id).sort() };
  }
  return { kind: 'policy', policy: only };
}

/** What stands in the way of taking this policy over. */
export function obstacleOf(
  situation: Situation,
  found: CloudPolicy,
  observation: Seen,
): AdoptionHalt | undefined {
  if (!observation.adoption) return { kind: 'adoptionForbidden' };
  if (found.serviceManaged) return { kind: 'serviceManaged', id: found.id };
  if (!isMarked(found)) return undefined;
  const uid = tagOf(found, OWNER_TAGS.uid) ?? '';
  const cluster = tagOf(found, OWNER_TAGS.cluster) ?? '';
  const refusal = (claim: Extract<AdoptionHalt, { kind: 'ownedByAnother' }>['claim']): AdoptionHalt => {
    const owner = tagOf(found, OWNER_TAGS.object) ?? '';
    return { kind: 'ownedByAnother', id: found.id, uid, object: owner, cluster, claim };
  };
  if (situation.policy.spec.adopt?.previousOwnerUID !== uid) return refusal('none');
  if (cluster !== situation.clusterId && cluster !== situation.acceptClusterId)
    return refusal('otherCluster');
  switch (observation.previousOwner) {
    case 'gone':
      return undefined;
    case 'alive':
      return refusal('alive');
    case 'unasked':
    case 'unknown':
      return refusal('unknown');
  }
}

/** Puts our tags on, unless they may be on their way: a second tagging could take the policy from who came since. */
export function takeOver(situation: Situation, found: CloudPolicy): Step {
  const { policy, clusterId, recall, now, window } = situation;
  const { claimed } = recall;
  const last = claimed?.fence === ownStatus(policy).lastApplied?.at;
  const sent = claimed?.id === found.id && last ? claimed : undefined;
  const underway =
    sent === undefined ? isTagging(policy, now, window) : !sent.refused && sent.sinceMs < window;
  if (underway) return { kind: 'await' };
  return { kind: 'adopt', policy: found, tags: tagList(ownerTags(policy, clusterId)) };
}

/**
 * The object is of another cluster by the tags of its policy, or by what its announced create was to be tagged with:
 * etcd was restored into a second cluster. Nothing is touched until `--accept-cluster-id` says that it moved.
 */
export function planAbroad(situation: Situation, { policies }: Seen): Step | undefined {
  const { policy, clusterId, acceptClusterId } = situation;
  const strange = (cluster: string | undefined): cluster is string =>
    cluster !== undefined && cluster !== clusterId && cluster !== acceptClusterId;
  const twins = policies.filter((one) => tagOf(one, OWNER_TAGS.uid) === policy.metadata.uid);
  if (twins.some((one) => tagOf(one, OWNER_TAGS.cluster) === clusterId)) return undefined;
  const twin = twins.find((one) => strange(tagOf(one, OWNER_TAGS.cluster)));
  const announced = ownStatus(policy).pendingCreate?.parameters.tags.find(
    ({ key }) => key === OWNER_TAGS.cluster,
  )?.value;
  const cluster = (twin && tagOf(twin, OWNER_TAGS.cluster)) ?? (strange(announced) ? announced : undefined);
  if (cluster === undefined) return undefined;
  const id = twin?.id;
  if (isDeleting(policy) && retains(policy)) {
    return {
      kind: 'release',
      note: `Policy "${id ?? 'of the announced create'}" is of cluster "${cluster}" and stays`,
    };
  }
  return { kind: 'halt', why: { kind: 'otherCluster', id, cluster } };
}
