/**
 * What the cloud shows for one object: the account, one shared list, and, only when the list does not show the id
 * in status, whether that id still exists.
 * @module
 */

import { OWNER_TAGS } from '../api/group.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { isAdopting } from '../domain/plan/adoption.ts';
import { isDeleting, isYoung, ownStatus } from '../domain/plan/life.ts';
import { isOwn, tagOf } from '../domain/policy.ts';
import type { Observation, Seen, Target } from '../domain/step.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudPolicy, Region } from '../ports/cloud.ts';
import type { Identity } from '../ports/identities.ts';
import type { PolicyStore } from '../ports/store.ts';
import type { Memory } from './memory.ts';
import { bearingOn } from './shelf.ts';

/** How long a sighting of the one id stands for a list: long enough for the watch to bring back our own write. */
const SIGHTING_LIFETIME: Millis = 5_000;

/** What `observe` needs to know. Times are monotonic. */
export interface Question {
  readonly policy: SecurityPolicy;
  readonly memory: Memory;
  readonly identity: Identity;
  readonly store: PolicyStore;
  readonly clusterId: string;
  /** A list sent earlier is not believed. */
  readonly notBefore: Millis;
  readonly now: Millis;
  readonly wallNow: Millis;
  /** The time within which lists may lag. */
  readonly window: Millis;
}

/** The region that an object is looked for in: the one it is bound to, if any, unless the spec says otherwise. */
function regionOf(policy: SecurityPolicy, fallback: string): string {
  return policy.spec.region ?? ownStatus(policy).target?.region ?? fallback;
}

/** What was seen, and the region in which a write may follow it. */
export interface Sight {
  readonly observation: Observation;
  /** Undefined when nobody knows whose region it would be. */
  readonly region?: Region;
}

/** Never rejects; counts failed reads in `memory.readFailures`. */
export async function observe(question: Question): Promise<Sight> {
  const { identity, policy } = question;
  const account = await identity.cloud.account();
  if (account.kind === 'error') {
    question.memory.readFailures += 1;
    return { observation: { kind: 'anonymous', error: account.error } };
  }
  const region = account.value.region(regionOf(policy, identity.region));
  return { observation: await observeIn(question, region, account.value.accountId), region };
}

async function observeIn(question: Question, region: Region, accountId: string): Promise<Observation> {
  const { policy, memory } = question;
  const target: Target = { accountId, region: region.region, endpoint: region.endpoint };
  const bound = ownStatus(policy).target;
  if (bound !== undefined && (bound.accountId !== target.accountId || bound.region !== target.region)) {
    return justSeen(question, target, [], 0);
  }
  const created = sightingOfCreated(question);
  if (created !== undefined) return justSeen(question, target, created, created.length);
  const sighted = freshSighting(question);
  if (sighted !== undefined) return justSeen(question, target, [sighted], 1);

  const list = await listFor(question, region);
  if (list.kind === 'error') {
    memory.readFailures += 1;
    return { kind: 'unread', target, error: list.error };
  }
  memory.readFailures = 0;
  const policies = bearingOn(policy, list.value);
  return {
    ...justSeen(question, target, policies, list.value.policies.length),
    existence: await existence(question, region, policies),
    previousOwner: await previousOwner(question, policies),
  };
}

function justSeen(
  { identity }: Question,
  target: Target,
  policies: readonly CloudPolicy[],
  total: number,
): Seen {
  const { adoption } = identity;
  return { kind: 'seen', target, policies, total, existence: 'unasked', previousOwner: 'unasked', adoption };
}

/** A list that does not show what is bound is not the last word unless it was sent just now. */
async function listFor(question: Question, region: Region) {
  const { policy, memory, clusterId } = question;
  const notBefore = Math.max(question.notBefore, memory.notBefore);
  const list = await region.list(notBefore);
  const id = ownStatus(policy).securityPolicyId;
  if (list.kind === 'error' || id === undefined || notBefore >= question.now) return list;
  const shown = bearingOn(policy, list.value).some(
    (seen) => seen.id === id && isOwn(seen, policy.metadata.uid, clusterId),
  );
  return shown ? list : region.list(question.now);
}

/**
 * After a create that was answered: the sighting if it has come, and nothing if it has not. No list is waited for, so
 * that the id is written down soon either way.
 */
function sightingOfCreated({ policy, memory }: Question): readonly CloudPolicy[] | undefined {
  const { created, sighting } = memory;
  if (created === undefined || created.clientToken !== ownStatus(policy).pendingCreate?.clientToken)
    return undefined;
  const seen = sighting !== undefined && sighting.policy.id === created.id && sighting.sentAt >= created.at;
  return seen ? [sighting.policy] : [];
}

function freshSighting({ policy, memory, now, notBefore }: Question) {
  const { sighting } = memory;
  const status = ownStatus(policy);
  const simple = !isDeleting(policy) && status.pendingCreate === undefined;
  if (sighting === undefined || !simple || sighting.policy.id !== status.securityPolicyId) return undefined;
  const young = now - sighting.sentAt < SIGHTING_LIFETIME;
  return young && sighting.sentAt >= Math.max(memory.notBefore, notBefore) ? sighting.policy : undefined;
}

/** Asked only when the list does not show the id at all and lists have had their time to catch up. */
async function existence(
  { policy, memory, wallNow, window }: Question,
  region: Region,
  policies: readonly CloudPolicy[],
): Promise<Seen['existence']> {
  const status = ownStatus(policy);
  const id = status.securityPolicyId;
  if (id === undefined || status.pendingCreate !== undefined || memory.deleted?.id === id) return 'unasked';
  if (policies.some((seen) => seen.id === id) || isYoung(policy, wallNow, window)) return 'unasked';
  const relations = await region.relations(id);
  if (relations.kind === 'ok') return 'exists';
  return relations.error.kind === 'notFound' ? 'absent' : 'unknown';
}

/** Asked only for an adoption whose policy carries the tags of the owner that the spec names. */
async function previousOwner(
  { policy, store }: Question,
  policies: readonly CloudPolicy[],
): Promise<Seen['previousOwner']> {
  const uid = policy.spec.adopt?.previousOwnerUID;
  if (uid === undefined || !isAdopting(policy)) return 'unasked';
  const claims = policies.some((seen) => tagOf(seen, OWNER_TAGS.uid) === uid);
  return claims ? store.lives(uid) : 'unasked';
}
