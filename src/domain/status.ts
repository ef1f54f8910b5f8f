/**
 * What the user reads: one outcome of a pass gives the next status. A pure function, and the only place that names a condition.
 *
 * *Guarantees*: equal content is equal text; a status changes only when something changed in the world;
 * `Reconciling` and `Stalled` never stand together.
 * @module
 */
import { RECONCILE_ANNOTATION } from '../api/group.ts';
import type { Condition, SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudError, CloudPolicy, Listener } from '../ports/cloud.ts';
import type { Violation } from './check.ts';
import { type Halt, ownStatus, type PendingCreate, type Target } from './plan.ts';
import { type Desired, type Difference, desiredOfParameters, managedHash, observedOf } from './policy.ts';
import type { Reason } from './reason.ts';

/** What a pass came to. */
export type Outcome =
  | { readonly kind: 'rejected'; readonly violations: readonly Violation[] }
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'readOnly' }
  | { readonly kind: 'halted'; readonly why: Halt }
  /** `failures` counts the failed reads in a row, this one included. */
  | { readonly kind: 'unread'; readonly error: CloudError; readonly failures: number }
  | { readonly kind: 'awaitingQuota' }
  | { readonly kind: 'announced'; readonly target: Target; readonly pending: PendingCreate }
  | { readonly kind: 'awaiting'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'createFailed'; readonly error: CloudError }
  | { readonly kind: 'abandoned'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'bound'; readonly id: string; readonly target: Target }
  | { readonly kind: 'lost'; readonly id: string }
  | { readonly kind: 'settling'; readonly policy: CloudPolicy }
  | {
      readonly kind: 'updating';
      readonly policy: CloudPolicy;
      readonly found: readonly Difference[];
      readonly tagKeys: readonly string[];
    }
  | { readonly kind: 'updateFailed'; readonly error: CloudError }
  | { readonly kind: 'inSync'; readonly policy: CloudPolicy; readonly desired: Desired }
  | { readonly kind: 'drifted'; readonly policy: CloudPolicy; readonly found: readonly Difference[] }
  | { readonly kind: 'deleting' }
  | { readonly kind: 'deleteFailed'; readonly error: CloudError }
  | { readonly kind: 'blocked'; readonly listeners: readonly Listener[] };

type Truth = 'True' | 'False' | 'Unknown';
type Line = readonly [status: Truth, reason: Reason, message: string];

/**
 * The lines of one outcome. What is always present and not said here stays as it was; of the others,
 * what is not said is taken away, but for those in `keep`.
 */
interface Picture {
  readonly Ready?: Line;
  readonly Accepted?: Line;
  readonly CredentialsReady?: Line;
  readonly UpToDate?: Line;
  readonly Reconciling?: Line;
  readonly Stalled?: Line;
  readonly DeletionBlocked?: Line;
  readonly Paused?: Line;
  readonly keepProgress?: true;
}

const ALWAYS = ['Ready', 'Accepted', 'CredentialsReady', 'UpToDate'] as const;
const SOMETIMES = ['Reconciling', 'Stalled', 'DeletionBlocked', 'Paused'] as const;
/** Failed reads in a row after which `UpToDate` is not known any more. */
const UNKNOWN_AFTER = 3;
/** The most listeners that a status names (schema bound of `status.relatedListeners`). */
const LISTENERS_SHOWN = 10;
/** The most differences that a status names (schema bound of `status.drift`). */
const DIFFERENCES_SHOWN = 64;
const ACCEPTED: Line = ['True', 'Valid', 'The spec is valid'];
const IDENTIFIED: Line = ['True', 'CredentialsValid', 'The credentials work'];
const MATCHED: Line = ['True', 'Matched', 'The policy in the cloud matches the spec'];

/** The status after `outcome`. `now` is wall time; it is written only where something happened. */
export function nextStatus(policy: SecurityPolicy, outcome: Outcome, now: Millis): SecurityPolicyStatus {
  const before = ownStatus(policy);
  const facts = { ...before, ...factsOf(policy, before, outcome, now) };
  const status: SecurityPolicyStatus = {
    ...facts,
    observedGeneration: policy.metadata.generation,
    conditions: conditionsOf(policy, before.conditions ?? [], pictureOf(outcome, before, policy), now),
  };
  const token = policy.metadata.annotations?.[RECONCILE_ANNOTATION];
  if (token !== undefined && answers(outcome)) status.lastHandledReconcileAt = token;
  return withoutUndefined(status);
}

/** Whether two values have the same content, whatever the order of their keys. */
export function sameContent(a: unknown, b: unknown): boolean {
  return canonical(a ?? {}) === canonical(b ?? {});
}

/** The condition of this type, for events and metrics. */
export function conditionOf(
  status: SecurityPolicyStatus | undefined,
  type: Condition['type'],
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the object is Ready at its present generation. */
export function isReady(policy: SecurityPolicy): boolean {
  const ready = conditionOf(policy.status, 'Ready');
  return ready?.status === 'True' && policy.status?.observedGeneration === policy.metadata.generation;
}

/** Events tell transitions of these: what was said last, and what is said now. */
export function transition(
  before: SecurityPolicyStatus | undefined,
  after: SecurityPolicyStatus,
): Condition | undefined {
  for (const type of ['Stalled', 'DeletionBlocked', 'Paused', 'Ready', 'Reconciling']) {
    const now = conditionOf(after, type);
    if (now === undefined || now.status === 'Unknown') continue;
    const then = conditionOf(before, type);
    if (then?.status !== now.status || then.reason !== now.reason) return now;
  }
  return undefined;
}

/** Outcomes for which the cloud was asked, or which say why it will not be. */
function answers(outcome: Outcome): boolean {
  return outcome.kind !== 'unread' && outcome.kind !== 'announced' && outcome.kind !== 'updating';
}

function factsOf(
  policy: SecurityPolicy,
  before: SecurityPolicyStatus,
  outcome: Outcome,
  now: Millis,
): { [Field in keyof SecurityPolicyStatus]: SecurityPolicyStatus[Field] | undefined } {
  switch (outcome.kind) {
    case 'rejected':
    case 'unsupported':
    case 'paused':
    case 'readOnly':
    case 'halted':
    case 'unread':
    case 'awaitingQuota':
    case 'awaiting':
    case 'createFailed':
    case 'updateFailed':
    case 'deleting':
    case 'deleteFailed':
      return { relatedListeners: undefined };
    case 'announced':
      return {
        target: outcome.target,
        pendingCreate: outcome.pending,
        lastApplied: { ...neverApplied(now), tagKeys: keysOf(outcome.pending) },
      };
    case 'abandoned':
      return {
        target: undefined,
        pendingCreate: undefined,
        lastApplied: undefined,
        createAttempt: (before.createAttempt ?? 0) + 1,
      };
    case 'bound':
      return boundFacts(policy, before, outcome, now);
    case 'lost':
      return {
        securityPolicyId: undefined,
        securityPolicyName: undefined,
        target: undefined,
        binding: undefined,
        boundAt: undefined,
        observed: undefined,
        drift: undefined,
        lastApplied: undefined,
        createAttempt: (before.createAttempt ?? 0) + 1,
      };
    case 'settling':
      return seenFacts(outcome.policy);
    case 'updating':
      return {
        ...seenFacts(outcome.policy),
        lastApplied: {
          ...(before.lastApplied ?? neverApplied(now)),
          tagKeys: union(before.lastApplied?.tagKeys ?? [], outcome.tagKeys),
        },
      };
    case 'inSync':
      return {
        ...seenFacts(outcome.policy),
        drift: undefined,
        lastApplied: appliedFacts(policy, before, outcome.desired, now),
      };
    case 'drifted':
      return {
        ...seenFacts(outcome.policy),
        drift: outcome.found
          .slice(0, DIFFERENCES_SHOWN)
          .map(({ field, desired, observed }) => ({ field, desired, observed })),
        ...(before.lastApplied === undefined
          ? {}
          : { lastApplied: { ...before.lastApplied, generation: policy.metadata.generation } }),
      };
    case 'blocked':
      return {
        relatedListeners: outcome.listeners
          .map((listener) => ({ ...listener }))
          .sort(byListener)
          .slice(0, LISTENERS_SHOWN),
      };
  }
}

function boundFacts(
  policy: SecurityPolicy,
  before: SecurityPolicyStatus,
  outcome: { id: string; target: Target },
  now: Millis,
): SecurityPolicyStatus & { pendingCreate: undefined } {
  const pending = before.pendingCreate;
  const parameters = pending === undefined ? undefined : desiredOfParameters(pending.parameters);
  return {
    securityPolicyId: outcome.id,
    target: outcome.target,
    binding: before.binding ?? 'Created',
    boundAt: new Date(now).toISOString(),
    pendingCreate: undefined,
    // The hash of what was announced, not of the present spec: an edit made meanwhile is still to be applied.
    lastApplied: {
      generation: policy.metadata.generation,
      hash: parameters === undefined ? '' : managedHash(parameters),
      tagKeys: pending === undefined ? (before.lastApplied?.tagKeys ?? []) : keysOf(pending),
      at: new Date(now).toISOString(),
    },
  };
}

function appliedFacts(
  policy: SecurityPolicy,
  before: SecurityPolicyStatus,
  desired: Desired,
  now: Millis,
): SecurityPolicyStatus['lastApplied'] {
  const hash = managedHash(desired);
  const tagKeys = Object.keys(desired.tags).sort();
  const applied = before.lastApplied;
  const unchanged =
    applied?.hash === hash &&
    applied.generation === policy.metadata.generation &&
    applied.tagKeys.join() === tagKeys.join();
  return unchanged
    ? applied
    : { generation: policy.metadata.generation, hash, tagKeys, at: new Date(now).toISOString() };
}

function seenFacts(seen: CloudPolicy): SecurityPolicyStatus & { relatedListeners: undefined } {
  return {
    securityPolicyId: seen.id,
    securityPolicyName: seen.name,
    observed: observedOf(seen),
    relatedListeners: undefined,
  };
}

function pictureOf(outcome: Outcome, before: SecurityPolicyStatus, policy: SecurityPolicy): Picture {
  switch (outcome.kind) {
    case 'rejected': {
      const message = outcome.violations.map((violation) => violation.message).join('; ');
      return notReady('InvalidSpec', message, {
        Accepted: ['False', 'InvalidSpec', message],
        Stalled: ['True', 'InvalidSpec', message],
      });
    }
    case 'unsupported': {
      const message = `This version of the operator does not support ${outcome.what}; nothing was done in the cloud`;
      return notReady('NotSupportedYet', message, { Stalled: ['True', 'NotSupportedYet', message] });
    }
    case 'paused': {
      const deleting = policy.metadata.deletionTimestamp !== undefined;
      const message = deleting
        ? 'Deletion waits: the object is paused by annotation'
        : 'Paused by annotation: the cloud is not written to';
      return { Paused: ['True', 'ReconcilePaused', message] };
    }
    case 'readOnly':
      return {
        Paused: [
          'True',
          'ReadOnly',
          'The operator was started with --read-only: the cloud is not written to',
        ],
      };
    case 'halted':
      return haltPicture(outcome.why);
    case 'unread':
      return unreadPicture(outcome.error, outcome.failures, before, policy);
    case 'awaitingQuota': {
      const message = 'Waiting for quota: the region holds as many custom policies as it may';
      return notReady('QuotaExceeded', message, {
        Accepted: ACCEPTED,
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'QuotaExceeded', message],
      });
    }
    case 'announced':
    case 'bound':
      return progress('Creating', 'The policy is being created');
    case 'awaiting':
      return outcome.refusal === undefined
        ? waitingPicture(before, policy)
        : failed('Creating', outcome.refusal);
    case 'createFailed':
      return failed('Creating', outcome.error);
    case 'abandoned':
      return outcome.refusal === undefined
        ? progress('Creating', 'The create is being started anew')
        : refusedPicture(outcome.refusal);
    case 'lost':
      return progress(
        'ExternallyDeleted',
        `Policy "${outcome.id}" was deleted outside; it is being created again`,
      );
    case 'settling':
      return progress('Configuring', `The cloud reports the policy as "${outcome.policy.status}"`);
    case 'updating':
      return {
        ...progress('Updating', `Updating ${names(outcome.found)}`),
        UpToDate: ['False', 'Drifted', `Differs in ${names(outcome.found)}`],
      };
    case 'updateFailed':
      return updateFailedPicture(outcome.error);
    case 'inSync':
      return {
        Ready: ['True', 'Available', 'The policy is available'],
        Accepted: ACCEPTED,
        CredentialsReady: IDENTIFIED,
        UpToDate: MATCHED,
      };
    case 'drifted':
      return {
        Ready: [
          'True',
          'Available',
          'The policy is available; drift is reported and left, as driftPolicy asks',
        ],
        Accepted: ACCEPTED,
        CredentialsReady: IDENTIFIED,
        UpToDate: ['False', 'Drifted', `Differs in ${names(outcome.found)}`],
      };
    case 'deleting':
      return notReady('Deleting', 'The policy is being deleted', {
        CredentialsReady: IDENTIFIED,
        Reconciling: ['True', 'Deleting', 'The policy is being deleted'],
      });
    case 'deleteFailed':
      return failed('Deleting', outcome.error);
    case 'blocked':
      return blockedPicture(outcome.listeners);
  }
}

function notReady(reason: Reason, message: string, rest: Picture): Picture {
  return { Ready: ['False', reason, message], ...rest };
}

function progress(reason: Reason, message: string): Picture {
  return notReady(reason, message, {
    Accepted: ACCEPTED,
    CredentialsReady: IDENTIFIED,
    Reconciling: ['True', reason, message],
  });
}

function says(error: CloudError): string {
  return `${error.code}: ${error.message}`;
}

function names(found: readonly Difference[]): string {
  return found.map((difference) => difference.field).join(', ');
}

/** What the cloud's refusal of a call means to the user. */
function reasonOf(error: CloudError): Reason {
  switch (error.kind) {
    case 'throttled':
      return 'Throttled';
    case 'busy':
      return 'Configuring';
    case 'indeterminate':
      return 'CloudUnavailable';
    case 'tokenSpent':
    case 'refused':
      return 'RejectedByCloud';
    case 'notFound':
      return 'ExternallyDeleted';
    case 'inUse':
      return 'InUse';
    case 'denied':
      return 'AccessDenied';
    case 'credentials':
      return 'CredentialsInvalid';
    case 'exhausted':
      return 'QuotaExceeded';
  }
}

/** A write that failed: retried; stalled when somebody must change something first. */
function failed(doing: 'Creating' | 'Updating' | 'Deleting', error: CloudError): Picture {
  const reason = reasonOf(error);
  const message = `${doing} failed, and is retried: ${says(error)}`;
  switch (error.kind) {
    case 'throttled':
    case 'busy':
    case 'indeterminate':
    case 'tokenSpent':
    case 'notFound':
    case 'inUse':
      return notReady(reason, message, { Reconciling: ['True', doing, message] });
    case 'denied':
    case 'credentials':
      return notReady(reason, message, {
        CredentialsReady: ['False', reason, message],
        Stalled: ['True', reason, message],
      });
    case 'refused':
    case 'exhausted':
      return notReady(reason, message, { Stalled: ['True', reason, message] });
  }
}

/** A create that is finally refused; it is announced anew later. */
function refusedPicture(error: CloudError): Picture {
  const picture = failed('Creating', error);
  const rejected = error.kind === 'refused' || error.kind === 'tokenSpent';
  return rejected ? { ...picture, Accepted: ['False', 'RejectedByCloud', says(error)] } : picture;
}

function updateFailedPicture(error: CloudError): Picture {
  const picture = failed('Updating', error);
  if (error.kind !== 'refused') return picture;
  return {
    ...picture,
    Ready: ['False', 'UpdateFailed', says(error)],
    Accepted: ['False', 'RejectedByCloud', says(error)],
  };
}

function haltPicture(why: Halt): Picture {
  switch (why.kind) {
    case 'credentials': {
      const reason = reasonOf(why.error);
      const message = says(why.error);
      return notReady(reason, message, {
        CredentialsReady: ['False', reason, message],
        Stalled: ['True', reason, message],
      });
    }
    case 'accountChanged': {
      const message = `The credentials are of account "${why.actual}"; this object is bound to account "${why.expected}"; nothing is done until they match`;
      return notReady('AccountChanged', message, {
        CredentialsReady: ['False', 'AccountChanged', message],
        Stalled: ['True', 'AccountChanged', message],
      });
    }
    case 'regionChanged': {
      const message = `spec.region is "${why.actual}"; this object is bound to region "${why.expected}", which cannot change`;
      return notReady('InvalidSpec', message, {
        Accepted: ['False', 'InvalidSpec', message],
        Stalled: ['True', 'InvalidSpec', message],
      });
    }
    case 'conflict': {
      const message = `More than one policy is claimed for this object: ${why.ids.join(', ')}; delete or untag all but one`;
      return notReady('Conflict', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'Conflict', message],
      });
    }
    case 'ownershipLost': {
      const message = `Policy "${why.id}" does not carry the tags of this object any more; it is not touched`;
      return notReady('OwnershipLost', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'OwnershipLost', message],
      });
    }
    case 'notListed': {
      const message = `Policy "${why.id}" exists, but ListSecurityPolicies does not show it to these credentials`;
      return notReady('NotListed', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'NotListed', message],
      });
    }
  }
}

/** A read that failed says nothing of a generation that is applied already; three in a row, and nobody knows. */
function unreadPicture(
  error: CloudError,
  failures: number,
  before: SecurityPolicyStatus,
  policy: SecurityPolicy,
): Picture {
  const reason = reasonOf(error);
  const message = `The cloud could not be read: ${says(error)}`;
  const unknown: Picture = failures >= UNKNOWN_AFTER ? { UpToDate: ['Unknown', reason, message] } : {};
  const applied =
    before.lastApplied?.generation === policy.metadata.generation && before.securityPolicyId !== undefined;
  if (applied && policy.metadata.deletionTimestamp === undefined) return { ...unknown, keepProgress: true };
  const doing: Reason = policy.metadata.deletionTimestamp === undefined ? 'Creating' : 'Deleting';
  if (error.kind === 'denied')
    return notReady(reason, message, { ...unknown, Stalled: ['True', reason, message] });
  return notReady(reason, message, { ...unknown, Reconciling: ['True', doing, message] });
}

function waitingPicture(before: SecurityPolicyStatus, policy: SecurityPolicy): Picture {
  if (policy.metadata.deletionTimestamp !== undefined) {
    return notReady('Deleting', 'Waiting until the cloud does not show the policy any more', {
      Reconciling: ['True', 'Deleting', 'Waiting until the cloud does not show the policy any more'],
    });
  }
  const settled = before.lastApplied?.hash !== undefined && before.observed !== undefined;
  return settled ? { keepProgress: true } : progress('Creating', 'Waiting until the cloud shows the policy');
}

function blockedPicture(listeners: readonly Listener[]): Picture {
  const shown = listeners
    .slice(0, LISTENERS_SHOWN)
    .map((one) => `${one.listenerId} (${one.loadBalancerId}, ${one.protocol} ${one.port})`);
  const message =
    shown.length === 0
      ? 'The policy is in use'
      : `In use by ${shown.join(', ')}; give these listeners another policy first`;
  return notReady('InUse', message, {
    CredentialsReady: IDENTIFIED,
    Reconciling: ['True', 'Deleting', message],
    DeletionBlocked: ['True', 'InUse', message],
  });
}

function conditionsOf(
  policy: SecurityPolicy,
  before: readonly Condition[],
  picture: Picture,
  now: Millis,
): Condition[] {
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const generation = policy.metadata.generation;
  const make = (type: string, [status, reason, message]: Line): Condition => {
    const old = before.find((condition) => condition.type === type);
    return {
      type,
      status,
      reason,
      message: message.slice(0, 1024),
      observedGeneration: generation,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : time,
    };
  };
  const kept = (type: string) => before.find((condition) => condition.type === type);
  const always = ALWAYS.map((type) => {
    const line = picture[type];
    return line === undefined
      ? (kept(type) ?? make(type, ['Unknown', 'Pending', 'Not looked at yet']))
      : make(type, line);
  });
  const sometimes = SOMETIMES.flatMap((type) => {
    const line = picture[type];
    if (line !== undefined) return [make(type, line)];
    const old = picture.keepProgress ? kept(type) : undefined;
    return old === undefined ? [] : [old];
  });
  return [...always, ...sometimes];
}

function neverApplied(now: Millis): NonNullable<SecurityPolicyStatus['lastApplied']> {
  return { generation: 0, hash: '', tagKeys: [], at: new Date(now).toISOString() };
}

function keysOf(pending: PendingCreate): string[] {
  return pending.parameters.tags.map((tag) => tag.key).sort();
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}

function byListener(a: Listener, b: Listener): number {
  return a.listenerId < b.listenerId ? -1 : a.listenerId > b.listenerId ? 1 : 0;
}

function withoutUndefined(status: SecurityPolicyStatus): SecurityPolicyStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
