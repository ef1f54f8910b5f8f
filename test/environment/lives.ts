/** Objects with the statuses that the operator's own code writes: every outcome of a pass at four points of a life. */
import type { SecurityPolicy } from '../../src/api/securitypolicy.ts';
import { nextStatus } from '../../src/domain/status.ts';
import type { CloudError } from '../../src/ports/cloud.ts';
import { OBJECTS, OUTCOMES } from '../rules/outcomes.ts';

type Outcome = (typeof OUTCOMES)[number];

/** When in its life an object meets an outcome: just created, applied, edited since, being deleted since. */
export const POINTS = ['new', 'applied', 'edited', 'deleting'] as const;
export type Point = (typeof POINTS)[number];

/** The name of an outcome: its kind and, where it carries one, the kind of its error, or why it halted. */
export function nameOf(outcome: Outcome): string {
  if ('error' in outcome) return `${outcome.kind}: ${outcome.error.kind}`;
  if ('refusal' in outcome && outcome.refusal !== undefined)
    return `${outcome.kind}: ${outcome.refusal.kind}`;
  return outcome.kind === 'halted' ? `halted: ${outcome.why.kind}` : outcome.kind;
}

/** The object at a point of its life, before the outcome. */
export function objectAt(point: Point): SecurityPolicy {
  const [fresh] = OBJECTS;
  const [inSync] = OUTCOMES.filter(({ kind }) => kind === 'inSync');
  if (fresh === undefined || inSync === undefined) throw new Error('There is no object, or nothing in sync');
  const policy = { ...fresh, status: { observedGeneration: -1 } };
  if (point === 'new') return policy;
  const applied = met(policy, inSync);
  if (point === 'applied') return applied;
  const edited = { ...applied, metadata: { ...applied.metadata, generation: 2 } };
  if (point === 'edited') return edited;
  return { ...edited, metadata: { ...edited.metadata, deletionTimestamp: '2026-01-01T00:01:00Z' } };
}

/** The object with the status that the outcome writes. */
export function met(policy: SecurityPolicy, outcome: Outcome): SecurityPolicy {
  return { ...policy, status: nextStatus(policy, outcome, 0) };
}

/** Whether `Ready` is True at this generation, and status is of this generation. What "done" means, and no client may say it else. */
export function isDone({ metadata, status }: SecurityPolicy): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    metadata.deletionTimestamp === undefined &&
    status?.observedGeneration === metadata.generation &&
    ready?.status === 'True' &&
    ready.observedGeneration === metadata.generation
  );
}

/** What the design means by the status that an outcome writes. */
export type Meaning = 'done' | 'working' | 'stuck' | 'paused, done' | 'paused, not done' | 'deleting';

/** DESIGN: what somebody has to change is stuck, what the operator goes on with is work, what was applied stays in force. */
export function meaning(outcome: Outcome, point: Point): Meaning {
  if (point === 'deleting') return 'deleting';
  const kept = point === 'applied';
  switch (outcome.kind) {
    case 'inSync':
    case 'drifted':
    case 'prechecked':
      return 'done';
    case 'paused':
    case 'readOnly':
      return kept ? 'paused, done' : 'paused, not done';
    case 'rejected':
    case 'halted':
    case 'awaitingQuota':
      return 'stuck';
    case 'unread':
      if (kept) return 'done';
      return outcome.error.kind === 'denied' ? 'stuck' : 'working';
    case 'awaiting':
    case 'abandoned':
      if (outcome.refusal !== undefined) return meaningOf(outcome.refusal);
      return kept && outcome.kind === 'awaiting' ? 'done' : 'working';
    case 'precheckFailed':
      return ['tokenSpent', 'notFound', 'inUse'].includes(outcome.error.kind)
        ? 'stuck'
        : meaningOf(outcome.error);
    case 'createFailed':
    case 'updateFailed':
    case 'deleteFailed':
      return meaningOf(outcome.error);
    case 'observed':
      return outcome.policy.status === 'Available' ? 'done' : 'working';
    case 'announced':
    case 'adopting':
    case 'bound':
    case 'lost':
    case 'settling':
    case 'updating':
    case 'deleting':
    case 'blocked':
      return 'working';
  }
}

function meaningOf({ kind }: CloudError): Meaning {
  switch (kind) {
    case 'denied':
    case 'credentials':
    case 'exhausted':
    case 'refused':
      return 'stuck';
    case 'throttled':
    case 'busy':
    case 'indeterminate':
    case 'tokenSpent':
    case 'notFound':
    case 'inUse':
      return 'working';
  }
}
