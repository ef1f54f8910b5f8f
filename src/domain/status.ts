/**
 * What the user reads: one outcome of a pass gives the next status. A pure function.
 *
 * *Guarantees*: equal content is equal text; a status changes only when something changed in the world;
 * `Reconciling` and `Stalled` never stand together.
 * @module
 */
import { RECONCILE_ANNOTATION } from '../api/group.ts';
import type { Condition, SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudPolicy, Listener } from '../ports/cloud.ts';
import { isObject } from './check/shape.ts';
import { conditionOf } from './condition.ts';
import type { Outcome } from './outcome.ts';
import type { Line, Picture } from './picture/line.ts';
import { isUpdating, LISTENERS_SHOWN, pictureOf } from './picture.ts';
import { ownStatus, UNDER_WAY } from './plan/life.ts';
import { type Desired, type Difference, desiredOfParameters, managedHash, observedOf } from './policy.ts';
import type { Binding, PendingCreate, Target } from './step.ts';

const ALWAYS = ['Ready', 'Accepted', 'CredentialsReady', 'UpToDate'] as const;
const SOMETIMES = ['Reconciling', 'Stalled', 'DeletionBlocked', 'Paused'] as const;
/** Every type of condition, for metrics. */
export const CONDITION_TYPES: readonly string[] = [...ALWAYS, ...SOMETIMES];
/** The most differences that a status names (schema bound of `status.drift`). */
const DIFFERENCES_SHOWN = 64;

/** The status after `outcome`. `now` is wall time; it is written only where something happened. */
export function nextStatus(policy: SecurityPolicy, outcome: Outcome, now: Millis): SecurityPolicyStatus {
  const before = ownStatus(policy);
  const facts = { ...before, ...factsOf(policy, before, outcome, now) };
  const status: SecurityPolicyStatus = {
    ...facts,
    uid: policy.metadata.uid,
    observedGeneration: policy.metadata.generation,
    conditions: conditionsOf(policy, before.conditions ?? [], pictureOf(outcome, before, policy), now),
  };
  const token = policy.metadata.annotations?.[RECONCILE_ANNOTATION];
  if (token !== undefined && answers(outcome)) status.lastHandledReconcileAt = token;
  return withoutUndefined(status);
}

/**
 * Whether two JSON values have the same content, whatever the order of their keys; a field that is undefined is none,
 * and no value at all is an empty object.
 */
export function sameContent(a: unknown, b: unknown): boolean {
  return isSame(a ?? {}, b ?? {});
}

/** Whether the object is Ready at its present generation. */
export function isReady(policy: SecurityPolicy): boolean {
  const ready = conditionOf(policy.status, 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === policy.metadata.generation;
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
    case 'prechecked':
    case 'precheckFailed':
      return { relatedListeners: undefined };
    case 'adopting':
      return adoptingFacts(before, outcome.tagKeys, outcome.at);
    case 'observed':
      return observedFacts(before, outcome, now);
    case 'announced':
      return {
        // A binding that is left over is of an adoption that came to nothing.
        binding: undefined,
        target: outcome.target,
        pendingCreate: outcome.pending,
        lastApplied: {
          ...neverApplied(now),
          tagKeys: union(before.lastApplied?.tagKeys ?? [], keysOf(outcome.pending)),
        },
      };
    case 'abandoned':
      return {
        target: undefined,
        binding: undefined,
        pendingCreate: undefined,
        // Its tag keys stay: a copy of the request may have made the policy although this one was refused.
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
        // A further call for the same generation: what is seen now is told when all of it is done.
        ...(isUpdating(before, policy) ? {} : seenFacts(outcome.policy)),
        lastApplied: {
          ...underWay(before.lastApplied ?? neverApplied(now), now),
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
        drift: driftOf(outcome.found),
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

/** Before our tags go out: the binding says from here on that what carries them was not made by us. */
function adoptingFacts(
  before: SecurityPolicyStatus,
  tagKeys: readonly string[],
  sentAt: Millis,
): SecurityPolicyStatus {
  const known = before.lastApplied ?? neverApplied(sentAt);
  const binding = before.binding ?? 'Adopted';
  const at = binding !== 'Created' ? new Date(sentAt).toISOString() : known.at;
  return { binding, lastApplied: { ...known, at, tagKeys: union(known.tagKeys, tagKeys) } };
}

function observedFacts(
  before: SecurityPolicyStatus,
  outcome: { policy: CloudPolicy; target: Target; found: readonly Difference[] },
  now: Millis,
): { [Field in keyof SecurityPolicyStatus]: SecurityPolicyStatus[Field] | undefined } {
  return {
    ...seenFacts(outcome.policy),
    target: before.target ?? outcome.target,
    // A binding without a policy is of an adoption that came to nothing: what is managed later is tagged first.
    binding: before.securityPolicyId === undefined ? 'Observed' : (before.binding ?? 'Observed'),
    boundAt: before.boundAt ?? new Date(now).toISOString(),
    drift: outcome.found.length === 0 ? undefined : driftOf(outcome.found),
  };
}

function driftOf(found: readonly Difference[]): NonNullable<SecurityPolicyStatus['drift']> {
  return found
    .slice(0, DIFFERENCES_SHOWN)
    .map(({ field, desired, observed }) => ({ field, desired, observed }));
}

function boundFacts(
  policy: SecurityPolicy,
  before: SecurityPolicyStatus,
  outcome: { id: string; target: Target; binding: Binding },
  now: Millis,
): SecurityPolicyStatus & { pendingCreate: undefined } {
  const pending = before.pendingCreate;
  const parameters = pending === undefined ? undefined : desiredOfParameters(pending.parameters);
  return {
    securityPolicyId: outcome.id,
    target: outcome.target,
    binding: outcome.binding,
    boundAt: new Date(now).toISOString(),
    pendingCreate: undefined,
    // The hash of what was announced, not of the present spec: an edit made meanwhile is still to be applied.
    lastApplied: {
      generation: policy.metadata.generation,
      hash: parameters === undefined ? '' : managedHash(parameters),
      tagKeys: union(before.lastApplied?.tagKeys ?? [], pending === undefined ? [] : keysOf(pending)),
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

/** From the fence of a change on, nobody knows what is applied, until a list shows it. */
function underWay(applied: NonNullable<SecurityPolicyStatus['lastApplied']>, now: Millis): typeof applied {
  if (applied.hash === UNDER_WAY) return applied;
  return { ...applied, hash: UNDER_WAY, at: new Date(now).toISOString() };
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

/** Compared where they are: each resync does it for every object, and texts of both would be made only to be dropped. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return (
    keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  );
}
