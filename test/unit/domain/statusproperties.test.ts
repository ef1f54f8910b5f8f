import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import { statusSchema } from '../../../src/api/status.ts';
import { conditionOf } from '../../../src/domain/condition.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { ownStatus } from '../../../src/domain/plan/life.ts';
import { REASONS } from '../../../src/domain/reason.ts';
import { nextStatus, sameContent } from '../../../src/domain/status.ts';
import { anyHistory, anyOutcome } from './anything.ts';
import { NOW } from './situation.ts';

const RUNS = { numRuns: 2_000 };

function always(name: string, check: (policy: SecurityPolicy, outcome: Outcome) => void): void {
  test(name, () => {
    fc.assert(fc.property(anyHistory, anyOutcome, check), RUNS);
  });
}

/** Outcomes of something that happened once, which the same outcome a second time would be a second time. */
function happensOnce({ kind }: Outcome): boolean {
  return kind === 'announced' || kind === 'bound' || kind === 'lost' || kind === 'abandoned';
}

describe('nextStatus() after any history', () => {
  always('always has Ready, Accepted, CredentialsReady and UpToDate, each once', (policy, outcome) => {
    const types = nextStatus(policy, outcome, NOW).conditions?.map(({ type }) => type) ?? [];
    expect(types).toEqual(expect.arrayContaining(['Ready', 'Accepted', 'CredentialsReady', 'UpToDate']));
    expect(new Set(types).size).toBe(types.length);
  });

  always('never says Reconciling and Stalled at once, and shows both only while True', (policy, outcome) => {
    const status = nextStatus(policy, outcome, NOW);
    const [reconciling, stalled] = [conditionOf(status, 'Reconciling'), conditionOf(status, 'Stalled')];
    expect(reconciling !== undefined && stalled !== undefined).toBe(false);
    for (const type of ['Reconciling', 'Stalled', 'DeletionBlocked', 'Paused']) {
      expect([undefined, 'True']).toContain(conditionOf(status, type)?.status);
    }
  });

  always('moves lastTransitionTime exactly when the status of a condition moves', (policy, outcome) => {
    for (const now of nextStatus(policy, outcome, NOW).conditions ?? []) {
      const then = conditionOf(ownStatus(policy), now.type);
      const turned = then?.status !== now.status;
      expect(now.lastTransitionTime).toBe(turned ? '2026-03-01T12:00:00Z' : then?.lastTransitionTime);
    }
  });

  always('is the same when the same comes again later (O6)', (policy, outcome) => {
    if (happensOnce(outcome)) return;
    const once = nextStatus(policy, outcome, NOW);
    const twice = nextStatus({ ...policy, status: once }, outcome, NOW + 3_600_000);
    expect(sameContent(twice, once)).toBe(true);
  });

  always('speaks of the generation that was looked at', (policy, outcome) => {
    const status = nextStatus(policy, outcome, NOW);
    expect(status.observedGeneration).toBe(policy.metadata.generation);
    for (const { observedGeneration } of status.conditions ?? []) {
      expect(observedGeneration).toBeLessThanOrEqual(policy.metadata.generation);
    }
  });

  always('turns Ready True only when all is well, or drift is left by choice', (policy, outcome) => {
    const then = conditionOf(ownStatus(policy), 'Ready')?.status;
    const now = conditionOf(nextStatus(policy, outcome, NOW), 'Ready')?.status;
    if (now !== 'True' || then === 'True') return;
    expect(['inSync', 'drifted', 'observed', 'prechecked']).toContain(outcome.kind);
  });

  always('never sets Reconciling for a failing resync of an applied generation', (policy, outcome) => {
    if (outcome.kind !== 'unread' || policy.metadata.deletionTimestamp !== undefined) return;
    const { status, metadata } = policy;
    const applied =
      status?.lastApplied?.generation === metadata.generation && status.securityPolicyId !== undefined;
    if (!applied || status.pendingCreate !== undefined) return;
    const after = nextStatus(policy, outcome, NOW);
    expect(conditionOf(after, 'Reconciling')).toEqual(conditionOf(status, 'Reconciling'));
    expect(conditionOf(after, 'Ready')?.status).toBe(conditionOf(status, 'Ready')?.status ?? 'Unknown');
  });

  always('is one that the schema takes, with reasons of the closed list', (policy, outcome) => {
    const status = nextStatus(policy, outcome, NOW);
    expect(statusSchema.safeParse(status).error?.issues).toBeUndefined();
    for (const { reason } of status.conditions ?? []) expect(REASONS).toContain(reason);
  });

  always('does not change what it was given', (policy, outcome) => {
    const copy = structuredClone({ policy, outcome });
    nextStatus(policy, outcome, NOW);
    expect({ policy, outcome }).toEqual(copy);
  });
});

describe('sameContent()', () => {
  /** What the value is as JSON, with its keys in order. */
  function asText(value: unknown): string {
    return JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  }
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.constantFrom('a', 'b', '', 0, 1, true, null),
    fields: fc.dictionary(
      fc.constantFrom('a', 'b', 'toString', '__proto__'),
      fc.oneof(tie('tree'), fc.constant(undefined)),
    ),
    tree: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 2 }),
      tie('fields'),
    ),
  }));

  test('is true exactly when the JSON is the same but for the order of keys', () => {
    const pair = fc.oneof(
      fc.tuple(tree, tree),
      tree.map((one) => [one, JSON.parse(JSON.stringify(one) ?? 'null')] as const),
    );
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(sameContent(a, b)).toBe(asText(a ?? {}) === asText(b ?? {}));
      }),
      RUNS,
    );
  });

  test('takes nothing for an empty object', () => {
    expect(sameContent(undefined, {})).toBe(true);
    expect(sameContent(null, { a: undefined })).toBe(true);
    expect(sameContent({}, [])).toBe(false);
  });
});
