/**
 * The verdict on a spec: the rules that the CRD has as schema and CEL, once more, because an object may be older
 * than the CRD and because `albsp lint` has no API server. Everything here is total: a spec may be anything.
 * @module
 */
import type { SecurityPolicySpec, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import { checkAdoption, checkName } from './check/binding.ts';
import { checkShape, checkWhole, isObject, property, violation } from './check/shape.ts';
import { SHAPES } from './check/shapes.ts';
import { checkSuites, explainSuite } from './check/suites.ts';
import { checkTags } from './check/tags.ts';
import type { Violation } from './check/violation.ts';

export type { Violation } from './check/violation.ts';
export { policyName } from './name.ts';

/**
 * Everything that is wrong with `spec`, in the order of its fields; empty for a valid one.
 *
 * `name` is `metadata.name`, from which the policy's name comes by default. `status` says what the object is bound
 * to: an object that is bound may be switched to Observe without `adopt`. Without `status` the verdict is that of
 * the API server when the object is created.
 *
 * *Guarantees*: never throws, whatever the spec holds; linear in its size. Unknown fields are not violations,
 * since the API server prunes them.
 */
export function checkSpec(
  name: string,
  spec: SecurityPolicySpec,
  status?: SecurityPolicyStatus,
): readonly Violation[] {
  const value: unknown = spec;
  if (!isObject(value)) return checkWhole(SHAPES.SecurityPolicy, value, '/spec');
  return [
    ...checkShape(SHAPES.SecurityPolicy, value, '/spec').map(explainSuite),
    ...checkName(name, value),
    ...checkRequired(value),
    ...checkSuites(value),
    ...checkTags(value),
    ...checkAdoption(value, status),
  ];
}

/**
 * What of `spec` contradicts the target that `status` has frozen. The API server refuses such an edit; an object
 * that was restored or edited while the CRD was older can still hold one. Empty without a target.
 */
export function checkFrozen(
  spec: SecurityPolicySpec,
  status: SecurityPolicyStatus | undefined,
): readonly Violation[] {
  const frozen = property(property(status, 'target'), 'region');
  const region = property(spec, 'region');
  if (frozen === undefined || region === undefined || frozen === region) return [];
  return [
    violation(
      '/spec/region',
      region,
      'frozen',
      `The policy belongs to region '${frozen}'; the region cannot change once it is in the status`,
      `Write ${frozen}, or delete the object and create it anew in the other region`,
    ),
  ];
}

/** Without a list there is nothing to create; only Observe can do without one. */
function checkRequired(spec: Readonly<Record<string, unknown>>): readonly Violation[] {
  if (property(spec, 'managementPolicy') === 'Observe') return [];
  return ['tlsVersions', 'ciphers']
    .filter((field) => property(spec, field) === undefined)
    .map((field) =>
      violation(
        `/spec/${field}`,
        undefined,
        'required',
        'Missing: required unless managementPolicy is Observe',
        field === 'ciphers' ? 'See albsp ciphers for what goes with which version' : 'Add [TLSv1.2, TLSv1.3]',
      ),
    );
}
