/**
 * The cloud writes, each behind its fence: a status write with the resourceVersion that was read, so that a stale view
 * gets a conflict before anything is changed.
 * @module
 */
import type { SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import { conditionOf } from '../domain/condition.ts';
import type { Outcome } from '../domain/outcome.ts';
import { fingerprint } from '../domain/plan/presence.ts';
import type { Difference } from '../domain/policy.ts';
import { nextStatus } from '../domain/status.ts';
import type { Change, PendingCreate } from '../domain/step.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudError, CloudPolicy, CloudResult, Listener, Region, Tag } from '../ports/cloud.ts';
import type { PolicyStore, WriteResult } from '../ports/store.ts';
import type { Memory } from './memory.ts';

/** The pass as the performing functions need it. */
export interface Stage {
  readonly policy: SecurityPolicy;
  readonly memory: Memory;
  readonly region: Region;
  readonly store: PolicyStore;
  readonly clock: Clock;
}

/** What a cloud write came to; `fenced` when the fence did not hold and nothing was sent. */
export type Performed<T> =
  | { readonly kind: 'fenced'; readonly write: WriteResult }
  | { readonly kind: 'done'; readonly policy: SecurityPolicy; readonly value: T };

/** The answer to a create. */
export type Created =
  | { readonly kind: 'created'; readonly id: string }
  | { readonly kind: 'failed'; readonly error: CloudError };

/** Writes the status of `outcome`, also when nothing differs: the server then only checks the version. */
async function fence(stage: Stage, status: SecurityPolicyStatus): Promise<WriteResult> {
  return stage.store.writeStatus(stage.policy, status);
}

/** Sends the announced create. A replay is fenced: what this process believes may be long out of date. */
export async function performCreate(
  stage: Stage,
  pending: PendingCreate,
  replay: boolean,
): Promise<Performed<Created>> {
  let { policy } = stage;
  const { memory, region, clock } = stage;
  if (replay) {
    const write = await fence(stage, policy.status ?? {});
    if (write.kind !== 'ok') return { kind: 'fenced', write };
    policy = write.object;
  }
  const known = memory.token?.clientToken === pending.clientToken ? memory.token : undefined;
  const token = {
    clientToken: pending.clientToken,
    sends: known?.sends ?? 0,
    ambiguous: known?.ambiguous ?? 1,
    at: clock.monotonic(),
  };
  // Until the answer is seen the send counts as ambiguous, so that no exit from here forgets it.
  memory.token = { ...token, sends: token.sends + 1, ambiguous: token.ambiguous + 1 };
  memory.notBefore = clock.monotonic();
  const answer = await region.create(pending.parameters, pending.clientToken);
  memory.notBefore = clock.monotonic();
  if (answer.kind === 'error') {
    memory.token = tokenAfter({ ...token, at: memory.notBefore }, answer.error);
    return { kind: 'done', policy, value: { kind: 'failed', error: answer.error } };
  }
  const { id } = answer.value;
  memory.created = { clientToken: pending.clientToken, id, at: memory.notBefore };
  return { kind: 'done', policy, value: { kind: 'created', id } };
}

/** The memory of a token after a failed send. */
function tokenAfter(token: NonNullable<Memory['token']>, error: CloudError): NonNullable<Memory['token']> {
  if (error.unsent) return token;
  const sent = { ...token, sends: token.sends + 1 };
  switch (error.kind) {
    case 'indeterminate':
    case 'busy':
      return { ...sent, ambiguous: token.ambiguous + 1 };
    case 'throttled':
    case 'credentials':
      return sent;
    case 'tokenSpent':
      // Somebody used the token with other parameters: what it made, if anything, only a list can tell.
      return { ...sent, ambiguous: token.ambiguous + 1, refusal: error };
    case 'notFound':
    case 'inUse':
    case 'denied':
    case 'exhausted':
    case 'refused':
      return { ...sent, refusal: error };
  }
}

/** One update, tag, untag or move. */
export async function performChange(
  stage: Stage,
  step: { readonly policy: CloudPolicy; readonly change: Change; readonly found: readonly Difference[] },
): Promise<Performed<CloudResult<void>>> {
  const { change } = step;
  const tagKeys = tagKeysOf(step.found);
  const outcome: Outcome = { kind: 'updating', policy: step.policy, found: step.found, tagKeys };
  const write = await fence(stage, nextStatus(stage.policy, outcome, stage.clock.now()));
  if (write.kind !== 'ok') return { kind: 'fenced', write };
  const answer = await sent(stage, () => sendChange(stage.region, step.policy.id, change));
  if (answer.kind === 'ok') {
    stage.memory.written = { at: stage.memory.notBefore, before: fingerprint(step.policy) };
  }
  return { kind: 'done', policy: write.object, value: answer };
}

/** The keys of all tags that are about to be set, so that the fences of further calls for the same spec store nothing. */
function tagKeysOf(found: readonly Difference[]): string[] {
  return found.flatMap(({ field, desired }) =>
    field.startsWith('tags.') && desired !== '' ? [field.slice('tags.'.length)] : [],
  );
}

function sendChange(region: Region, id: string, change: Change): Promise<CloudResult<void>> {
  switch (change.kind) {
    case 'attributes':
      return region.update(id, change.parameters);
    case 'tag':
      return region.tag(id, change.tags);
    case 'untag':
      return region.untag(id, change.tags);
    case 'move':
      return region.move(id, change.resourceGroupId);
  }
}

/** DeleteSecurityPolicy; a 404 is a success. When listeners use the policy, they are asked for by name. */
export async function performDelete(
  stage: Stage,
  id: string,
): Promise<
  Performed<CloudResult<void> | { readonly kind: 'inUse'; readonly listeners: readonly Listener[] }>
> {
  const write = await fence(stage, deletingStatus(stage));
  if (write.kind !== 'ok') return { kind: 'fenced', write };
  const policy = write.object;
  const answer = await sent(stage, () => stage.region.delete(id));
  if (answer.kind === 'ok' || answer.error.kind === 'notFound') {
    stage.memory.deleted = { id, at: stage.memory.notBefore };
    return { kind: 'done', policy, value: { kind: 'ok', value: undefined } };
  }
  if (answer.error.kind !== 'inUse') return { kind: 'done', policy, value: answer };
  const relations = await stage.region.relations(id);
  return {
    kind: 'done',
    policy,
    value: { kind: 'inUse', listeners: relations.kind === 'ok' ? relations.value : [] },
  };
}

/** A deletion that is known to be blocked is tried again without calling it unblocked in between. */
function deletingStatus({ policy, clock }: Stage): SecurityPolicyStatus {
  const blocked = conditionOf(policy.status, 'DeletionBlocked') !== undefined;
  return blocked && policy.status !== undefined
    ? policy.status
    : nextStatus(policy, { kind: 'deleting' }, clock.now());
}

/** Puts our tags on a policy that exists, to take it over. */
export async function performAdoption(
  stage: Stage,
  id: string,
  tags: readonly Tag[],
): Promise<Performed<CloudResult<void>>> {
  const { memory, region, clock } = stage;
  const at = clock.now();
  const outcome: Outcome = { kind: 'adopting', id, tagKeys: tags.map((tag) => tag.key), at };
  const write = await fence(stage, nextStatus(stage.policy, outcome, at));
  if (write.kind !== 'ok') return { kind: 'fenced', write };
  const fenced = write.object.status?.lastApplied?.at ?? '';
  memory.claimed = { id, at: clock.monotonic(), refused: false, fence: fenced };
  const answer = await sent(stage, () => region.tag(id, tags));
  const refused = answer.kind === 'error' && (answer.error.unsent || answer.error.kind !== 'indeterminate');
  memory.claimed = { id, at: memory.notBefore, refused, fence: fenced };
  return { kind: 'done', policy: write.object, value: answer };
}

/** Takes our tags off a policy that is let go. */
export async function performUntag(
  stage: Stage,
  id: string,
  tags: readonly Tag[],
): Promise<Performed<CloudResult<void>>> {
  const write = await fence(stage, nextStatus(stage.policy, { kind: 'deleting' }, stage.clock.now()));
  if (write.kind !== 'ok') return { kind: 'fenced', write };
  const answer = await sent(stage, () => stage.region.untag(id, tags));
  return { kind: 'done', policy: write.object, value: answer };
}

/** Sends a write; lists sent before its answer are not believed any more. */
async function sent(stage: Stage, send: () => Promise<CloudResult<void>>): Promise<CloudResult<void>> {
  stage.memory.notBefore = stage.clock.monotonic();
  const answer = await send();
  stage.memory.notBefore = stage.clock.monotonic();
  return answer;
}
