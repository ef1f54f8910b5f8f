/**
 * DryRun: the cloud judges what would be done, once a generation, and nothing is made.
 * @module
 */
import type { SecurityPolicy } from '../../api/securitypolicy.ts';
import type { CloudPolicy, Draft } from '../../ports/cloud.ts';
import { conditionOf } from '../condition.ts';
import { createParameters, desiredOf } from '../policy.ts';
import type { Seen, Situation, Step } from '../step.ts';
import { obstacleOf, soleOf, wantedOf } from './adoption.ts';
import { bindingOf, isAsked, ownStatus } from './life.ts';

/** Whether the cloud has judged this generation well already, and nobody has asked again. */
export function isPrechecked(policy: SecurityPolicy): boolean {
  const ready = conditionOf(ownStatus(policy), 'Ready');
  const passed = ready?.status === 'True' && ready.reason === 'PrecheckPassed';
  return passed && ready.observedGeneration === policy.metadata.generation && !isAsked(policy);
}

/**
 * `seen` is a policy that carries our marks: the mode was chosen while a create or an adoption was under way, which is
 * brought to its end first. From then on the cloud judges what would be changed of that policy.
 */
export function planPrecheck(situation: Situation, seen: CloudPolicy | undefined, observation: Seen): Step {
  const { policy } = situation;
  if (seen !== undefined) {
    if (ownStatus(policy).securityPolicyId === seen.id) return updateDraft(situation, seen);
    return { kind: 'bind', policy: seen, binding: bindingOf(policy) };
  }
  if (policy.spec.adopt === undefined) return { kind: 'precheck', draft: creationDraft(situation) };
  const found = soleOf(policy, wantedOf(policy, observation.policies));
  if (found.kind !== 'policy') return { kind: 'halt', why: found };
  const obstacle = obstacleOf(situation, found.policy, observation);
  if (obstacle !== undefined) return { kind: 'halt', why: obstacle };
  return updateDraft(situation, found.policy);
}

function updateDraft({ policy, clusterId }: Situation, { id }: CloudPolicy): Step {
  const { name, tlsVersions, ciphers } = desiredOf(policy, clusterId);
  const parameters = { name, suites: { tlsVersions, ciphers } };
  return { kind: 'precheck', draft: { kind: 'update', id, parameters } };
}

function creationDraft({ policy, clusterId }: Situation): Draft {
  return { kind: 'create', parameters: createParameters(desiredOf(policy, clusterId)) };
}
