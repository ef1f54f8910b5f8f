import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownStatus, plan } from '../../../src/domain/plan.ts';
import { isOwn } from '../../../src/domain/policy.ts';
import type { Situation, Step } from '../../../src/domain/step.ts';
import { anySituation } from './anything.ts';
import { CLUSTER, UID } from './situation.ts';

const RUNS = { numRuns: 2_000 };

/** The id that a step writes to in the cloud. */
function writtenId(step: Step): string | undefined {
  switch (step.kind) {
    case 'destroy':
      return step.id;
    case 'update':
      return step.policy.id;
    case 'release':
      return step.untag?.id;
    case 'ignore':
    case 'observe':
    case 'pause':
    case 'claim':
    case 'reject':
    case 'unsupported':
    case 'halt':
    case 'unread':
    case 'awaitQuota':
    case 'announce':
    case 'create':
    case 'await':
    case 'bind':
    case 'abandon':
    case 'recordLoss':
    case 'settle':
    case 'inSync':
    case 'report':
      return undefined;
  }
}

/** Whether the situation shows this id with this object's UID and this cluster's id. */
function showsOwn({ observation }: Situation, id: string): boolean {
  if (observation.kind !== 'seen') return false;
  return observation.policies.some((policy) => policy.id === id && isOwn(policy, UID, CLUSTER));
}

function always(name: string, holds: (situation: Situation, step: Step) => boolean): void {
  test(name, () => {
    fc.assert(
      fc.property(anySituation, (situation) => holds(situation, plan(situation))),
      RUNS,
    );
  });
}

describe('plan() in any situation', () => {
  always('never throws and never changes what it was given', (situation, step) => {
    const copy = structuredClone(situation);
    expect(plan(copy)).toEqual(step);
    expect(copy).toEqual(situation);
    return true;
  });

  always('never announces for a deleted object (O15)', ({ policy }, { kind }) => {
    return kind !== 'announce' || policy.metadata.deletionTimestamp === undefined;
  });

  always('never announces over a create whose outcome is not known', ({ policy }, { kind }) => {
    return kind !== 'announce' || ownStatus(policy).pendingCreate === undefined;
  });

  always('never announces while a policy of its own is shown, or an id is bound', (situation, { kind }) => {
    if (kind !== 'announce') return true;
    const { observation, policy } = situation;
    const shown = observation.kind === 'seen' && observation.policies.some((one) => isOwn(one, UID, CLUSTER));
    return !shown && ownStatus(policy).securityPolicyId === undefined;
  });

  always('never announces through a closed quota gate', ({ quota }, { kind }) => {
    return kind !== 'announce' || quota === 'open';
  });

  always('changes, deletes and untags only what carries our UID and cluster (O15)', (situation, step) => {
    const id = writtenId(step);
    return id === undefined || showsOwn(situation, id);
  });

  always('binds only to what carries our UID and cluster', (situation, step) => {
    return step.kind !== 'bind' || showsOwn(situation, step.policy.id);
  });

  always(
    'records a loss only when the id was asked for by name and is absent (rule 4)',
    (situation, step) => {
      const { observation } = situation;
      return (
        step.kind !== 'recordLoss' || (observation.kind === 'seen' && observation.existence === 'absent')
      );
    },
  );

  always('writes nothing to the cloud for a paused object', ({ policy }, step) => {
    const paused = Object.values(policy.metadata.annotations ?? {}).includes('true');
    return !paused || step.kind === 'pause' || step.kind === 'ignore';
  });

  always('never creates, destroys or updates without a complete list', ({ observation }, step) => {
    const writes = step.kind === 'create' || step.kind === 'announce' || writtenId(step) !== undefined;
    return !writes || observation.kind === 'seen';
  });

  always('replays the announced parameters and no others', ({ policy }, step) => {
    return step.kind !== 'create' || step.pending === policy.status?.pendingCreate;
  });

  always('releases a managed object with an id only by proof (rule 4)', (situation, step) => {
    const { policy, observation, recall } = situation;
    const id = ownStatus(policy).securityPolicyId;
    if (step.kind !== 'release' || step.untag !== undefined || id === undefined) return true;
    const kept = policy.spec.deletionPolicy === 'Retain' || policy.status?.binding === 'Adopted';
    const observed = policy.spec.managementPolicy === 'Observe';
    const shown = observation.kind === 'seen' && observation.policies.some((one) => one.id === id);
    return kept || observed || shown || recall.deleted?.id === id;
  });
});

describe('anySituation', () => {
  test('reaches every kind of step, so that the properties speak of something', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(anySituation, (situation) => {
        kinds.add(plan(situation).kind);
      }),
      { numRuns: 5_000, seed: 1 },
    );
    expect([...kinds].sort()).toEqual(
      [
        ...[
          'abandon',
          'announce',
          'await',
          'awaitQuota',
          'bind',
          'claim',
          'create',
          'destroy',
          'halt',
          'ignore',
        ],
        ...['inSync', 'observe', 'pause', 'recordLoss', 'reject', 'release', 'report', 'settle', 'unread'],
        ...['unsupported', 'update'],
      ].sort(),
    );
  });
});
