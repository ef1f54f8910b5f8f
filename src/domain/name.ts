import type { SecurityPolicySpec } from '../api/securitypolicy.ts';
import { property } from './check/shape.ts';

/**
 * A policy's name in the cloud: a letter first, then letters, digits, `.`, `_`, `-` (ALB CreateSecurityPolicy,
 * SecurityPolicyName). Han is written as a range of characters, which Go and JavaScript read alike.
 */
export const NAME_PATTERN = '^[A-Za-z一-鿿][A-Za-z0-9一-鿿._-]*$';
/** Fewest characters of a name (ALB CreateSecurityPolicy, SecurityPolicyName). */
export const NAME_MIN = 2;
/** Most characters of a name (ALB CreateSecurityPolicy, SecurityPolicyName). */
export const NAME_MAX = 128;
/** Goes before an object's name that starts with a digit, since a policy's name must start with a letter. */
export const DIGIT_PREFIX = 'sp-';

/**
 * The name that the policy has in the cloud: `spec.securityPolicyName`, else the object's name, with `sp-` before
 * it when it starts with a digit. Total; the result is valid only when `checkSpec` finds nothing.
 * `name` is `metadata.name`.
 */
export function policyName(name: string, spec: SecurityPolicySpec): string {
  const given = property(spec, 'securityPolicyName');
  if (typeof given === 'string') return given;
  return /^[0-9]/.test(name) ? `${DIGIT_PREFIX}${name}` : name;
}
