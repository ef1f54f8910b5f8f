import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OWNER_TAGS } from '../../../src/api/group.ts';
import { ownStatus } from '../../../src/domain/plan/life.ts';
import { plan } from '../../../src/domain/plan.ts';
import { isMarked, isOwn } from '../../../src/domain/policy.ts';
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
    case 'adopt':
    case 'watch':
    case 'precheck':
    case 'prechecked':
    case 'halt':
    case 'unread':
    case 'awaitQuota':
    case 'announce':
    case 'create':
    case 'await':
    case 'bind':
    case 'recordId':
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

/** Whether the spec lets the operator write to the cloud now; what is announced is resolved in any mode. */
function mayWrite({ policy }: Situation): boolean {
  const mode = policy.spec.managementPolicy ?? 'Managed';
  return mode === 'Managed' || ownStatus(policy).pendingCreate !== undefined;
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
    if (step.kind !== 'bind') return true;
    const { acceptClusterId = CLUSTER } = situation;
    return showsOwn(situation, step.policy.id) || isOwn(step.policy, UID, acceptClusterId);
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

  always(
    'tags for an adoption only what is of nobody, of the named and gone owner, or of our former cluster',
    (situation, step) => {
      if (step.kind !== 'adopt') return true;
      const { observation, policy, acceptClusterId } = situation;
      const uid = step.policy.tags[OWNER_TAGS.uid];
      const cluster = step.policy.tags[OWNER_TAGS.cluster];
      if (uid === UID) return cluster === acceptClusterId && cluster !== CLUSTER;
      if (observation.kind !== 'seen' || !observation.adoption) return false;
      const gone = uid === policy.spec.adopt?.previousOwnerUID && observation.previousOwner === 'gone';
      return !isMarked(step.policy) || (gone && (cluster === CLUSTER || cluster === acceptClusterId));
    },
  );

  always('creates, changes and tags nothing under Observe and DryRun', (situation, step) => {
    const writes = ['announce', 'create', 'update', 'adopt'].includes(step.kind);
    const takesBack = step.kind === 'adopt' && step.policy.tags[OWNER_TAGS.uid] === UID;
    return !writes || mayWrite(situation) || takesBack;
  });

  always('destroys nothing under Observe', ({ policy }, step) => {
    const observes = policy.spec.managementPolicy === 'Observe';
    return step.kind !== 'destroy' || !observes || ownStatus(policy).pendingCreate !== undefined;
  });

  always('deletes no policy that was adopted or observed unless the spec says Delete', ({ policy }, step) => {
    const found = ownStatus(policy).binding === 'Adopted' || ownStatus(policy).binding === 'Observed';
    return step.kind !== 'destroy' || !found || policy.spec.deletionPolicy === 'Delete';
  });

  always(
    'writes down an id without a list only when its own create was answered with it',
    (situation, step) => {
      const { created } = situation.recall;
      const pending = ownStatus(situation.policy).pendingCreate;
      const answered = created !== undefined && created.clientToken === pending?.clientToken;
      return step.kind !== 'recordId' || (answered && step.id === created.id);
    },
  );

  always('releases a managed object with an id only by proof (rule 4)', (situation, step) => {
    const { policy, observation, recall } = situation;
    const id = ownStatus(policy).securityPolicyId;
    if (step.kind !== 'release' || step.untag !== undefined || id === undefined) return true;
    const kept =
      policy.spec.deletionPolicy === 'Retain' || (policy.status?.binding ?? 'Created') !== 'Created';
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
      { numRuns: 10_000, seed: 1 },
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
        ...['adopt', 'precheck', 'prechecked', 'recordId', 'update', 'watch'],
      ].sort(),
    );
  });
});
