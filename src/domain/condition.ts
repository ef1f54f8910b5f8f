import type { ProviderConfigStatus } from '../api/providerconfig.ts';
import type { Condition, SecurityPolicyStatus } from '../api/securitypolicy.ts';

/** The condition of this type in a status of any of our kinds. */
export function conditionOf(
  status: SecurityPolicyStatus | ProviderConfigStatus | undefined,
  type: Condition['type'],
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
