/**
 * The create: announced once, replayed word for word until its id is known, and given up only on proof.
 * @module
 */
import type { Millis } from '../../ports/clock.ts';
import type { CloudPolicy, CreateParameters } from '../../ports/cloud.ts';
import { createParameters, desiredOf, isMarked } from '../policy.ts';
import type { PendingCreate, Situation, Step, Target } from '../step.ts';
import { isDeleting, ownStatus } from './life.ts';

/** An announce of this age, or with so many ambiguous answers, is not replayed any more. */
const ANNOUNCE_LIFETIME: Millis = 10 * 60_000;
const AMBIGUOUS_SENDS = 10;
/** How far the cloud's clock may be behind ours when a policy's createTime is compared with the announce. */
const CREATE_TIME_SKEW: Millis = 60_000;

/** The ClientToken of an attempt: the UID, then `<uid>-<n>`; at most 64 ASCII characters (ALB CreateSecurityPolicy). */
export function clientToken(uid: string, attempt: number): string {
  return attempt === 0 ? uid : `${uid}-${attempt}`;
}

/** An announced create: found, refused, worn out or to be sent (again), also while deleting. */
export function resolveCreate(
  situation: Situation,
  pending: PendingCreate,
  found: CloudPolicy | undefined,
  policies: readonly CloudPolicy[],
): Step {
  if (found !== undefined) return { kind: 'bind', policy: found, binding: 'Created' };
  const { recall, window, now, policy } = situation;
  if (recall.created?.clientToken === pending.clientToken) return { kind: 'recordId', id: recall.created.id };
  const token = recall.token?.clientToken === pending.clientToken ? recall.token : undefined;
  const unsent = token !== undefined && token.sends === 0 && token.ambiguous === 0;
  if (unsent) {
    return isDeleting(policy) ? { kind: 'abandon' } : { kind: 'create', pending, replay: false };
  }
  const announcedFor = now - Date.parse(pending.announcedAt);
  const sinceSend = token?.sinceMs ?? 0;
  // A send long after the announce makes a policy whose tags come as late; after a restart only its age tells.
  const fresh = announcedFor < window || (token?.sinceMs ?? window) < window;
  const twins = policies.filter((seen) => isLateTwin(seen, pending));
  if (twins.some((seen) => fresh || isNew(seen, now, window))) return { kind: 'await' };
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

/** Whether the cloud says that it is younger than the window. */
function isNew({ createTime }: CloudPolicy, now: Millis, window: Millis): boolean {
  return now - Date.parse(createTime ?? '') < window;
}

/** The announce of the next attempt. */
export function announce(situation: Situation, target: Target): Step {
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

function mutable(parameters: CreateParameters): PendingCreate['parameters'] {
  return {
    ...parameters,
    tlsVersions: [...parameters.tlsVersions],
    ciphers: [...parameters.ciphers],
    tags: parameters.tags.map((tag) => ({ ...tag })),
  };
}
