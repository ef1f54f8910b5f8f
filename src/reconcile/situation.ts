import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { checkSpec } from '../domain/check.ts';
import { ownStatus } from '../domain/plan/life.ts';
import type { Observation, Recall, Situation } from '../domain/step.ts';
import type { Workshop } from './workshop.ts';

/** What `plan` decides by, with the quota gate open. */
export function situationOf(
  { settings, clock }: Pick<Workshop, 'settings' | 'clock'>,
  policy: SecurityPolicy,
  observation: Observation,
  recall: Recall,
): Situation {
  const { clusterId, acceptClusterId, window } = settings;
  return {
    policy,
    violations: checkSpec(policy.metadata.name, policy.spec, ownStatus(policy)),
    clusterId,
    acceptClusterId,
    observation,
    recall,
    quota: 'open',
    now: clock.now(),
    window,
  };
}
