/**
 * The decision: one object, its verdict and what was seen of the cloud give one `Step`. A pure function.
 *
 * *Guarantees*: a create is never announced for an object that is being deleted; nothing that does not carry this
 * object's UID and this cluster's id is changed or deleted; no list alone makes `recordLoss` or `release`.
 * *Assumption*: the observation is of a list sent after this process's last write for the object (`Recall.notBefore`).
 * @module
 */
import { FINALIZER, PAUSED_ANNOTATION } from '../api/group.ts';
import type { SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudError, CloudPolicy, CreateParameters, Tag } from '../ports/cloud.ts';
import {
  createParameters,
  type Desired,
  type Difference,
  desiredOf,
  differences,
  isMarked,
  isOwn,
  managedHash,
  tagOf,
} from './policy.ts';
import type { Change, Halt, Observation, PendingCreate, Situation, Step, Target } from './step.ts';

/** An announce of this age, or with so many ambiguous answers, is not replayed any more. */
const ANNOUNCE_LIFETIME: Millis = 10 * 60_000;
const AMBIGUOUS_SENDS = 10;
/** How far the cloud's clock may be behind ours when a policy's createTime is compared with the announce. */
const CREATE_TIME_SKEW: Millis = 60_000;

/** The whole decision, in the order in which it must be made. */
export function plan(situation: Situation): Step {
  const { policy, violations, observation } = situation;
  const deleting = policy.metadata.deletionTimestamp !== undefined;
  const claimed = policy.metadata.finalizers?.includes(FINALIZER) === true;
  if (deleting && !claimed) return { kind: 'ignore' };
  if (policy.metadata.annotations?.[PAUSED_ANNOTATION] === 'true') return { kind: 'pause' };

  const status = ownStatus(policy);
  const unresolved = status.pendingCreate !== undefined;
  if (!unresolved && !deleting) {
    if (violations.length > 0) return { kind: 'reject', violations };
    const what = unsupported(policy);
    if (what !== undefined) return { kind: 'unsupported', what };
    if (!claimed) return { kind: 'claim' };
  }
  if (deleting && status.target === undefined && status.securityPolicyId === undefined && !unresolved) {
    // Nothing was ever announced for this UID, or a refusal took it back: there is nothing to look for.
    if (unsupported(policy) !== undefined || violations.length > 0) return { kind: 'release' };
  }
  if (observation.kind === 'unasked') return { kind: 'observe' };
  if (observation.kind === 'anonymous') return withoutCloud(situation, observation.error);
  const halt = misdirected(status, observation.target);
  if (halt !== undefined)
    return deleting && retains(policy) ? releaseUnseen(policy) : { kind: 'halt', why: halt };
  if (observation.kind === 'unread') {
    return isCredentials(observation.error)
      ? withoutCloud(situation, observation.error)
      : { kind: 'unread', error: observation.error };
  }
  const mine = observation.policies.filter((seen) => isOwn(seen, policy.metadata.uid, situation.clusterId));
  const known = mine.find((seen) => seen.id === status.securityPolicyId);
  if (mine.length > 1 && !(deleting && known !== undefined)) {
    return { kind: 'halt', why: { kind: 'conflict', ids: mine.map((seen) => seen.id).sort() } };
  }
  if (status.pendingCreate !== undefined) {
    return resolveCreate(situation, status.pendingCreate, mine[0], observation.policies);
  }
  const seen = known ?? mine[0];
  return deleting ? planDeletion(situation, seen, observation) : planPresence(situation, seen, observation);
}

/** The status that belongs to this object: one that was written for another UID (restored from a backup) is none. */
export function ownStatus(policy: SecurityPolicy): SecurityPolicyStatus {
  const status = policy.status ?? {};
  const pending = status.pendingCreate;
  return pending !== undefined && pending.uid !== policy.metadata.uid ? {} : status;
}

/** Whether the policy was bound so recently that a list may not show it yet. `now` is wall time. */
export function isYoung(policy: SecurityPolicy, now: Millis, window: Millis): boolean {
  const boundAt = Date.parse(ownStatus(policy).boundAt ?? '');
  return !Number.isNaN(boundAt) && now - boundAt < window;
}

/** `deletionPolicy` with its default: Delete for what the operator created, Retain for what it adopted. */
export function retains(policy: SecurityPolicy): boolean {
  const fallback = ownStatus(policy).binding === 'Adopted' ? 'Retain' : 'Delete';
  return (policy.spec.deletionPolicy ?? fallback) === 'Retain';
}

/** The ClientToken of an attempt: the UID, then `<uid>-<n>`; at most 64 ASCII characters (ALB CreateSecurityPolicy). */
export function clientToken(uid: string, attempt: number): string {
  return attempt === 0 ? uid : `${uid}-${attempt}`;
}

function unsupported(policy: SecurityPolicy): string | undefined {
  const { spec } = policy;
  if (spec.managementPolicy === 'Observe') return 'spec.managementPolicy "Observe"';
  if (spec.managementPolicy === 'DryRun') return 'spec.managementPolicy "DryRun"';
  if (spec.adopt !== undefined && ownStatus(policy).target === undefined) return 'spec.adopt';
  if (spec.providerConfigRef !== undefined) return 'spec.providerConfigRef';
  return undefined;
}

function misdirected(status: SecurityPolicyStatus, actual: Target): Halt | undefined {
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

function isCredentials(error: CloudError): boolean {
  return error.kind === 'credentials';
}

/** Retain needs no credentials to let the object go; everything else waits for them. */
function withoutCloud(situation: Situation, error: CloudError): Step {
  const { policy } = situation;
  const deleting = policy.metadata.deletionTimestamp !== undefined;
  if (deleting && retains(policy) && isCredentials(error)) return releaseUnseen(policy);
  return isCredentials(error) || error.kind === 'denied'
    ? { kind: 'halt', why: { kind: 'credentials', error } }
    : { kind: 'unread', error };
}

/** Lets a retained object go without the cloud, naming what could not be finished. */
function releaseUnseen(policy: SecurityPolicy): Step {
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

/** An announced create: found, refused, worn out or to be sent (again), also while deleting. */
function resolveCreate(
  situation: Situation,
  pending: PendingCreate,
  found: CloudPolicy | undefined,
  policies: readonly CloudPolicy[],
): Step {
  if (found !== undefined) return { kind: 'bind', policy: found };
  const { recall, window, now, policy } = situation;
  const token = recall.token?.clientToken === pending.clientToken ? recall.token : undefined;
  const unsent = token !== undefined && token.sends === 0 && token.ambiguous === 0;
  if (unsent) {
    return policy.metadata.deletionTimestamp === undefined
      ? { kind: 'create', pending, replay: false }
      : { kind: 'abandon' };
  }
  const announcedFor = now - Date.parse(pending.announcedAt);
  const sinceSend = token?.sinceMs ?? 0;
  if (announcedFor < window && policies.some((seen) => isLateTwin(seen, pending))) return { kind: 'await' };
  const ambiguous = token === undefined || token.ambiguous > 0;
  const refusal = token?.refusal;
  if (refusal !== undefined) {
    // A refusal of a token that was ever ambiguous proves nothing until a list sent after the window shows nothing.
    if (!ambiguous || sinceSend >= window) return { kind: 'abandon', refusal };
    return { kind: 'await', refusal };
  }
  const worn = announcedFor >= ANNOUNCE_LIFETIME || (token?.ambiguous ?? 0) >= AMBIGUOUS_SENDS;
  if (!worn) return { kind: 'create', pending, replay: true };
  return sinceSend >= window ? { kind: 'abandon' } : { kind: 'await' };
}

/** A policy by the announced name that has no owner's mark yet: perhaps ours, with its tags still to come. */
function isLateTwin(seen: CloudPolicy, pending: PendingCreate): boolean {
  if (seen.name !== pending.parameters.name || isMarked(seen)) return false;
  const created = Date.parse(seen.createTime ?? '');
  return Number.isNaN(created) || created >= Date.parse(pending.announcedAt) - CREATE_TIME_SKEW;
}

function planPresence(
  situation: Situation,
  seen: CloudPolicy | undefined,
  observation: Extract<Observation, { kind: 'seen' }>,
): Step {
  const { policy, quota } = situation;
  const status = ownStatus(policy);
  const id = status.securityPolicyId;
  if (seen === undefined) {
    if (id !== undefined) return unseen(situation, id, observation);
    if (quota === 'closed') return { kind: 'awaitQuota' };
    return announce(situation, observation.target);
  }
  if (seen.id !== id) {
    // The id in status is evidence only: what carries our mark is ours, once the other one is known to be gone.
    if (id === undefined || observation.existence === 'absent') return { kind: 'bind', policy: seen };
    return { kind: 'halt', why: { kind: 'conflict', ids: [id, seen.id].sort() } };
  }
  return compare(situation, seen);
}

/** The id in status is not shown with our mark. */
function unseen(situation: Situation, id: string, observation: Extract<Observation, { kind: 'seen' }>): Step {
  const { policy, now, window, recall } = situation;
  const young = isYoung(policy, now, window);
  const stranger = observation.policies.some((seen) => seen.id === id);
  if (young || (stranger && recall.written !== undefined && recall.written.sinceMs < window))
    return { kind: 'await' };
  if (stranger) return { kind: 'halt', why: { kind: 'ownershipLost', id } };
  switch (observation.existence) {
    case 'absent':
      return { kind: 'recordLoss', id };
    case 'exists':
      return { kind: 'halt', why: { kind: 'notListed', id } };
    case 'unasked':
    case 'unknown':
      return { kind: 'await' };
  }
}

function announce(situation: Situation, target: Target): Step {
  const { policy, clusterId, now } = situation;
  const desired = desiredOf(policy, clusterId);
  return {
    kind: 'announce',
    target,
    pending: {
      uid: policy.metadata.uid,
      clientToken: clientToken(policy.metadata.uid, ownStatus(policy).createAttempt ?? 0),
      parameters: mutable(createParameters(desired)),
      announcedAt: new Date(now).toISOString(),
    },
  };
}

function compare(situation: Situation, seen: CloudPolicy): Step {
  const { policy, clusterId, recall, window } = situation;
  if (seen.status !== 'Available') return { kind: 'settle', policy: seen };
  const desired = desiredOf(policy, clusterId);
  const applied = ownStatus(policy).lastApplied;
  const found = differences(desired, seen, applied?.tagKeys ?? []);
  if (found.length === 0) return { kind: 'inSync', policy: seen, desired };
  // A list that still shows what was there before our own last accepted write is late, not different.
  const late =
    recall.written !== undefined &&
    recall.written.sinceMs < window &&
    recall.written.before === fingerprint(seen);
  if (late) return { kind: 'await' };
  const specChanged = applied?.hash !== managedHash(desired);
  if (!specChanged && policy.spec.driftPolicy === 'Report') return { kind: 'report', policy: seen, found };
  return { kind: 'update', policy: seen, change: firstChange(desired, seen, found), found };
}

/** What a list shows of the fields that we write, as one text to compare. */
export function fingerprint(seen: CloudPolicy): string {
  return JSON.stringify([
    seen.name,
    [...seen.tlsVersions].sort(),
    [...seen.ciphers].sort(),
    seen.resourceGroupId ?? null,
    Object.entries(seen.tags).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** One write a pass: attributes first (what listeners serve), then tags, then the resource group. */
function firstChange(desired: Desired, seen: CloudPolicy, found: readonly Difference[]): Change {
  const fields = new Set(found.map((difference) => difference.field));
  const suites = fields.has('tlsVersions') || fields.has('ciphers');
  if (suites || fields.has('securityPolicyName')) {
    return {
      kind: 'attributes',
      parameters: {
        ...(fields.has('securityPolicyName') ? { name: desired.name } : {}),
        ...(suites ? { suites: { tlsVersions: desired.tlsVersions, ciphers: desired.ciphers } } : {}),
      },
    };
  }
  const keys = found.flatMap(({ field }) => (field.startsWith('tags.') ? [field.slice('tags.'.length)] : []));
  const set = keys.filter((key) => Object.hasOwn(desired.tags, key));
  if (set.length > 0)
    return { kind: 'tag', tags: set.map((key) => ({ key, value: desired.tags[key] ?? '' })) };
  if (keys.length > 0)
    return { kind: 'untag', tags: keys.map((key) => ({ key, value: tagOf(seen, key) ?? '' })) };
  return { kind: 'move', resourceGroupId: desired.resourceGroupId ?? '' };
}

function planDeletion(
  situation: Situation,
  seen: CloudPolicy | undefined,
  observation: Extract<Observation, { kind: 'seen' }>,
): Step {
  const { policy, recall, window } = situation;
  const id = ownStatus(policy).securityPolicyId;
  const deleted = recall.deleted;
  if (seen !== undefined && id !== undefined && deleted?.id === id && seen.id !== id) {
    // Two carried our mark; the one in status is deleted, and whose the other one is nobody knows.
    return { kind: 'halt', why: { kind: 'conflict', ids: [seen.id] } };
  }
  if (seen !== undefined) {
    if (retains(policy)) return { kind: 'release', untag: { id: seen.id, tags: ownMarks(situation, seen) } };
    if (policy.spec.managementPolicy === 'Observe') {
      return { kind: 'release', note: `Observe never writes to the cloud: policy "${seen.id}" stays` };
    }
    // Deleted already, and the list has not caught up yet; past the window, the delete is sent again.
    if (deleted?.id === seen.id && deleted.sinceMs < window) return { kind: 'await' };
    return { kind: 'destroy', id: seen.id };
  }
  if (id === undefined || deleted?.id === id) return { kind: 'release' };
  const step = unseen(situation, id, observation);
  if (step.kind === 'halt' && step.why.kind === 'ownershipLost') {
    return { kind: 'release', note: `Policy "${id}" does not carry our tags any more and was left as it is` };
  }
  return step;
}

function ownMarks(situation: Situation, seen: CloudPolicy): Tag[] {
  const { tags } = desiredOf({ ...situation.policy, spec: {} }, situation.clusterId);
  return Object.keys(tags)
    .sort()
    .flatMap((key) => {
      const value = tagOf(seen, key);
      return value === undefined ? [] : [{ key, value }];
    });
}

function mutable(parameters: CreateParameters): PendingCreate['parameters'] {
  return {
    ...parameters,
    tlsVersions: [...parameters.tlsVersions],
    ciphers: [...parameters.ciphers],
    tags: parameters.tags.map((tag) => ({ ...tag })),
  };
}
