/**
 * The rules on how an object gets its policy: by which name, and whether by adoption.
 * @module
 */
import { NAME_MAX, NAME_MIN, NAME_PATTERN, policyName } from '../name.ts';
import { isObject, property, violation } from './shape.ts';
import type { Violation } from './violation.ts';

/** An object without `securityPolicyName` must itself have a name that a policy can have. */
export function checkName(name: unknown, spec: Readonly<Record<string, unknown>>): readonly Violation[] {
  if (property(spec, 'securityPolicyName') !== undefined) return [];
  const text = typeof name === 'string' ? policyName(name, {}) : '';
  const bounded = text.length >= NAME_MIN && text.length <= NAME_MAX;
  if (bounded && new RegExp(NAME_PATTERN, 'u').test(text)) return [];
  return [
    violation(
      '/spec/securityPolicyName',
      undefined,
      'name-default',
      `Missing: the default is metadata.name, '${text.slice(0, NAME_MAX)}', and a policy's name must have ${NAME_MIN} to ${NAME_MAX} characters, a letter first; it has ${text.length}`,
      `Set securityPolicyName to a name of ${NAME_MIN} to ${NAME_MAX} characters that starts with a letter`,
    ),
  ];
}

/** What `adopt` must name, and that Observe has something to observe. */
export function checkAdoption(
  spec: Readonly<Record<string, unknown>>,
  status: unknown,
): readonly Violation[] {
  const adopt = property(spec, 'adopt');
  if (isObject(adopt)) return checkTarget(adopt);
  const bound = property(status, 'securityPolicyId') !== undefined;
  if (adopt !== undefined || bound || property(spec, 'managementPolicy') !== 'Observe') return [];
  return [
    violation(
      '/spec/adopt',
      undefined,
      'observe-adopt',
      'Missing: managementPolicy is Observe, which creates nothing, so adopt must name the policy to observe',
      'Add adopt with securityPolicyId or securityPolicyName, or remove managementPolicy',
    ),
  ];
}

function checkTarget(adopt: Readonly<Record<string, unknown>>): readonly Violation[] {
  const named = ['securityPolicyId', 'securityPolicyName'].filter(
    (field) => property(adopt, field) !== undefined,
  );
  if (named.length === 1) return [];
  return [
    violation(
      '/spec/adopt',
      adopt,
      'adopt-one',
      `Names the policy ${named.length === 0 ? 'not at all' : 'twice'}: exactly one of securityPolicyId and securityPolicyName is needed`,
      named.length === 0 ? 'Add securityPolicyId' : 'Remove securityPolicyName',
    ),
  ];
}
