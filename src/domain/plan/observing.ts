/**
 * Observe: reads and reports, and writes nothing to the cloud, ever.
 * @module
 */
import type { SecurityPolicy, SecurityPolicySpec } from '../../api/securitypolicy.ts';
import type { CloudPolicy } from '../../ports/cloud.ts';
import { type Difference, differences } from '../policy.ts';
import type { Seen, Situation, Step } from '../step.ts';
import { soleOf, wantedOf } from './adoption.ts';
import { isYoung, ownStatus } from './life.ts';

/** What to tell of the policy that the object observes. */
export function planObserving(situation: Situation, observation: Seen): Step {
  const { policy } = situation;
  const id = ownStatus(policy).securityPolicyId;
  const wanted = wantedOf(policy, observation.policies);
  if (wanted.length === 0 && id !== undefined) return planUnseen(situation, id, observation);
  const found = soleOf(policy, wanted);
  if (found.kind !== 'policy') return { kind: 'halt', why: found };
  return { kind: 'watch', policy: found.policy, found: spokenDifferences(policy.spec, found.policy) };
}

/** Nothing is made anew under Observe, so that a loss is told and not recorded. */
function planUnseen(situation: Situation, id: string, observation: Seen): Step {
  if (isYoung(situation.policy, situation.now, situation.window)) return { kind: 'await' };
  switch (observation.existence) {
    case 'absent':
      return { kind: 'halt', why: { kind: 'observedGone', id } };
    case 'exists':
      return { kind: 'halt', why: { kind: 'notListed', id } };
    case 'unasked':
    case 'unknown':
      return { kind: 'await' };
  }
}

/** What differs of the fields that the spec names: under Observe no default counts as asked for. */
function spokenDifferences(spec: SecurityPolicySpec, seen: CloudPolicy): readonly Difference[] {
  const { resourceGroupId } = spec;
  const named = spec.ciphers !== undefined || spec.unlistedCiphers !== undefined;
  const asked = {
    name: spec.securityPolicyName ?? seen.name,
    tlsVersions: spec.tlsVersions ?? seen.tlsVersions,
    ciphers: named ? [...(spec.ciphers ?? []), ...(spec.unlistedCiphers ?? [])] : seen.ciphers,
    ...(resourceGroupId === undefined ? {} : { resourceGroupId }),
    tags: spec.tags ?? {},
  };
  return differences(asked, seen, []);
}

/** An observed object goes without a call: whatever is in the cloud stays as it is. */
export function letObservedGo(policy: SecurityPolicy): Step {
  const id = ownStatus(policy).securityPolicyId;
  return {
    kind: 'release',
    note: id === undefined ? undefined : `Observe never writes to the cloud: policy "${id}" stays as it is`,
  };
}
