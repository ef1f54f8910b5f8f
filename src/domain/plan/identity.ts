/**
 * What follows when nobody knows by whose credentials the object is to be looked at, or when they are the wrong ones.
 * @module
 */
import type { SecurityPolicy, SecurityPolicyStatus } from '../../api/securitypolicy.ts';
import type { CloudError } from '../../ports/cloud.ts';
import type { Halt, Observation, Step, Target } from '../step.ts';
import { isDeleting, ownStatus, retains } from './life.ts';

/** Whether the target that the status has frozen is another one than the credentials lead to. */
export function misdirected(status: SecurityPolicyStatus, actual: Target): Halt | undefined {
  const expected = status.target;
  if (expected === undefined) return undefined;
  if (expected.accountId !== actual.accountId) {
    return { kind: 'accountChanged', expected: expected.accountId, actual: actual.accountId };
  }
  if (expected.region !== actual.region) {
    return { kind: 'regionChanged', expected: expected.region, actual: actual.region };
  }
  return undefined;
}

/** Whether the identity itself was refused. */
export function isCredentials(error: CloudError): boolean {
  return error.kind === 'credentials';
}

/** The provider config does not resolve. An object that never had anything in the cloud is let go all the same. */
export function withoutIdentity(
  policy: SecurityPolicy,
  observation: Extract<Observation, { kind: 'unidentified' }>,
): Step {
  if (isDeleting(policy) && (retains(policy) || hasNothing(ownStatus(policy)))) return releaseUnseen(policy);
  const { reason, message } = observation;
  return { kind: 'halt', why: { kind: 'identity', reason, message: withEscape(policy, message) } };
}

/** Retain needs no credentials to let the object go; everything else waits for them. */
export function withoutAccount(policy: SecurityPolicy, error: CloudError): Step {
  if (isDeleting(policy) && retains(policy) && isCredentials(error)) return releaseUnseen(policy);
  return isCredentials(error) || error.kind === 'denied'
    ? {
        kind: 'halt',
        why: { kind: 'credentials', error: { ...error, message: withEscape(policy, error.message) } },
      }
    : { kind: 'unread', what: 'account', error };
}

/** A deletion whose credentials are gone waits for ever, unless somebody knows that Retain needs none. */
function withEscape(policy: SecurityPolicy, message: string): string {
  return isDeleting(policy) && !retains(policy)
    ? `${message}; to let the object go without credentials and keep the policy, set spec.deletionPolicy to Retain`
    : message;
}

/** Nothing was ever announced for this object, or a refusal took it back: there is nothing to look for. */
export function hasNothing(status: SecurityPolicyStatus): boolean {
  const { target, securityPolicyId, pendingCreate, binding } = status;
  return (
    target === undefined &&
    securityPolicyId === undefined &&
    pendingCreate === undefined &&
    binding === undefined
  );
}

/** Lets a retained object go without the cloud, naming what could not be finished. */
export function releaseUnseen(policy: SecurityPolicy): Step {
  const status = ownStatus(policy);
  const left = [
    ...(status.pendingCreate === undefined
      ? []
      : [`the announced create "${status.pendingCreate.clientToken}" was not resolved`]),
    ...(status.securityPolicyId === undefined
      ? []
      : [`our tags stay on policy "${status.securityPolicyId}"`]),
  ];
  return {
    kind: 'release',
    note: left.length === 0 ? undefined : `Released without credentials of its account: ${left.join('; ')}`,
  };
}
