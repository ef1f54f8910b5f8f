import { describe, expect, test } from 'vitest';
import { RECONCILE_ANNOTATION } from '../../../src/api/group.ts';
import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import { conditionOf } from '../../../src/domain/condition.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { desiredOf } from '../../../src/domain/policy.ts';
import { isReady, nextStatus, sameContent, transition } from '../../../src/domain/status.ts';
import {
  ago,
  bound,
  CLUSTER,
  DELETING,
  failure,
  HASH,
  NOW,
  object,
  own,
  pending,
  TARGET,
} from './situation.ts';

const IN_SYNC: Outcome = { kind: 'inSync', policy: own(), desired: desiredOf(object(), CLUSTER) };
const FOUND = [{ field: 'ciphers' as const, desired: 'a', observed: 'b' }];
const PENDING = pending();

/** The object after an outcome. */
function judged(policy: SecurityPolicy, outcome: Outcome, now = NOW): SecurityPolicy {
  return { ...policy, status: nextStatus(policy, outcome, now) };
}

/** Conditions in a line each: type, status, reason. */
function lines(policy: SecurityPolicy): string[] {
  return (policy.status?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

const FRESH = object();
const READY = judged(object(bound()), IN_SYNC, NOW - 3_600_000);
const GONE = object(READY.status, DELETING);
const UNKNOWN_UP = 'UpToDate Unknown Pending';
const OK = ['Accepted True Valid', 'CredentialsReady True CredentialsValid'];
const NOT_LOOKED = ['Accepted Unknown Pending', 'CredentialsReady Unknown Pending'];
const MATCHED = 'UpToDate True Matched';
const listener = (id: string) => ({
  listenerId: id,
  loadBalancerId: 'alb-1',
  port: 443,
  protocol: 'HTTPS',
});

const violations = [{ pointer: '/spec', value: '', rule: 'required', message: 'Missing' }];

describe('nextStatus() says', () => {
  test.each<readonly [string, SecurityPolicy, Outcome, readonly string[]]>([
    [
      'that a spec is invalid',
      FRESH,
      { kind: 'rejected', violations },
      [
        'Ready False InvalidSpec',
        'Accepted False InvalidSpec',
        'CredentialsReady Unknown Pending',
        UNKNOWN_UP,
        'Stalled True InvalidSpec',
      ],
    ],
    [
      'that the object is paused, and leaves the rest',
      READY,
      { kind: 'paused' },
      ['Ready True Available', ...OK, MATCHED, 'Paused True ReconcilePaused'],
    ],
    [
      'that the operator only reads',
      READY,
      { kind: 'readOnly' },
      ['Ready True Available', ...OK, MATCHED, 'Paused True ReadOnly'],
    ],
    [
      'that the credentials are refused',
      FRESH,
      { kind: 'halted', why: { kind: 'credentials', error: failure('credentials') } },
      [
        'Ready False CredentialsInvalid',
        'Accepted Unknown Pending',
        'CredentialsReady False CredentialsInvalid',
        UNKNOWN_UP,
        'Stalled True CredentialsInvalid',
      ],
    ],
    [
      'that the account is another one (I1)',
      READY,
      { kind: 'halted', why: { kind: 'accountChanged', expected: '1', actual: '2' } },
      [
        'Ready False AccountChanged',
        'Accepted True Valid',
        'CredentialsReady False AccountChanged',
        MATCHED,
        'Stalled True AccountChanged',
      ],
    ],
    [
      'that two policies are claimed',
      FRESH,
      { kind: 'halted', why: { kind: 'conflict', ids: ['a', 'b'] } },
      [
        'Ready False Conflict',
        'Accepted Unknown Pending',
        'CredentialsReady True CredentialsValid',
        UNKNOWN_UP,
        'Stalled True Conflict',
      ],
    ],
    [
      'that the marks are gone',
      READY,
      { kind: 'halted', why: { kind: 'ownershipLost', id: 'a' } },
      ['Ready False OwnershipLost', ...OK, MATCHED, 'Stalled True OwnershipLost'],
    ],
    [
      'that the list hides the policy',
      READY,
      { kind: 'halted', why: { kind: 'notListed', id: 'a' } },
      ['Ready False NotListed', ...OK, MATCHED, 'Stalled True NotListed'],
    ],
    [
      'that it waits for quota',
      FRESH,
      { kind: 'awaitingQuota' },
      ['Ready False QuotaExceeded', ...OK, UNKNOWN_UP, 'Stalled True QuotaExceeded'],
    ],
    [
      'that a create is announced',
      FRESH,
      { kind: 'announced', target: TARGET, pending: PENDING },
      ['Ready False Creating', ...OK, UNKNOWN_UP, 'Reconciling True Creating'],
    ],
    [
      'that a policy is bound and not seen yet (rule 6)',
      FRESH,
      { kind: 'bound', id: 'spy-1', target: TARGET, binding: 'Created' },
      ['Ready False Creating', ...OK, UNKNOWN_UP, 'Reconciling True Creating'],
    ],
    [
      'that a refusal may not be final yet (I8)',
      FRESH,
      { kind: 'awaiting', refusal: failure('exhausted') },
      ['Ready False QuotaExceeded', ...NOT_LOOKED, UNKNOWN_UP, 'Stalled True QuotaExceeded'],
    ],
    [
      'that the cloud rejects the spec',
      FRESH,
      { kind: 'abandoned', refusal: failure('refused') },
      [
        'Ready False RejectedByCloud',
        'Accepted False RejectedByCloud',
        'CredentialsReady Unknown Pending',
        UNKNOWN_UP,
        'Stalled True RejectedByCloud',
      ],
    ],
    [
      'that a create is retried',
      FRESH,
      { kind: 'createFailed', error: failure('indeterminate') },
      ['Ready False CloudUnavailable', ...NOT_LOOKED, UNKNOWN_UP, 'Reconciling True Creating'],
    ],
    [
      'that the identity may not create',
      FRESH,
      { kind: 'createFailed', error: failure('denied') },
      [
        'Ready False AccessDenied',
        'Accepted Unknown Pending',
        'CredentialsReady False AccessDenied',
        UNKNOWN_UP,
        'Stalled True AccessDenied',
      ],
    ],
    [
      'that the policy was deleted outside',
      READY,
      { kind: 'lost', id: 'spy-1' },
      ['Ready False ExternallyDeleted', ...OK, MATCHED, 'Reconciling True ExternallyDeleted'],
    ],
    [
      'that the cloud is configuring',
      READY,
      { kind: 'settling', policy: own({ status: 'Configuring' }) },
      ['Ready False Configuring', ...OK, MATCHED, 'Reconciling True Configuring'],
    ],
    [
      'that an update is under way',
      READY,
      { kind: 'updating', policy: own(), found: FOUND, tagKeys: [] },
      ['Ready False Updating', ...OK, 'UpToDate False Drifted', 'Reconciling True Updating'],
    ],
    [
      'that an update was refused',
      READY,
      { kind: 'updateFailed', error: failure('refused') },
      [
        'Ready False UpdateFailed',
        'Accepted False RejectedByCloud',
        'CredentialsReady True CredentialsValid',
        MATCHED,
        'Stalled True RejectedByCloud',
      ],
    ],
    ['that all is well', FRESH, IN_SYNC, ['Ready True Available', ...OK, MATCHED]],
    [
      'that drift is left, as asked',
      READY,
      { kind: 'drifted', policy: own(), found: FOUND },
      ['Ready True Available', ...OK, 'UpToDate False Drifted'],
    ],
    [
      'that the policy is being deleted',
      GONE,
      { kind: 'deleting' },
      ['Ready False Deleting', ...OK, MATCHED, 'Reconciling True Deleting'],
    ],
    [
      'that listeners block the deletion',
      GONE,
      { kind: 'blocked', listeners: [listener('lsn-1')] },
      ['Ready False InUse', ...OK, MATCHED, 'Reconciling True Deleting', 'DeletionBlocked True InUse'],
    ],
    [
      'that the identity may not delete',
      GONE,
      { kind: 'deleteFailed', error: failure('denied') },
      [
        'Ready False AccessDenied',
        'Accepted True Valid',
        'CredentialsReady False AccessDenied',
        MATCHED,
        'Stalled True AccessDenied',
      ],
    ],
  ])('%s', (_what, policy, outcome, expected) => {
    expect(lines(judged(policy, outcome))).toEqual(expected);
  });
});

describe('nextStatus() for reads that fail', () => {
  const DENIED = { kind: 'unread', what: 'list', error: failure('denied') } as const;
  const unread = (failures: number): Outcome => ({
    kind: 'unread',
    what: 'list',
    error: failure('indeterminate'),
    failures,
  });

  test('leaves an applied generation as it is, twice', () => {
    expect(lines(judged(READY, unread(2)))).toEqual(lines(READY));
    expect(sameContent(judged(READY, unread(2)).status, READY.status)).toBe(true);
  });

  test('does not know after the third in a row whether it is up to date, and nothing else changes', () => {
    expect(lines(judged(READY, unread(3)))).toEqual([
      'Ready True Available',
      ...OK,
      'UpToDate Unknown CloudUnavailable',
    ]);
  });

  test('names a right that is missing, or an account that nobody could tell, after the third in a row', () => {
    const denied: Outcome = { ...DENIED, failures: 3 };
    expect(lines(judged(READY, { ...DENIED, failures: 2 }))).toEqual(lines(READY));
    expect(lines(judged(READY, denied))).toContain('CredentialsReady False AccessDenied');
    const anonymous: Outcome = {
      kind: 'unread',
      what: 'account',
      error: failure('indeterminate'),
      failures: 3,
    };
    expect(lines(judged(READY, anonymous))).toContain('CredentialsReady Unknown CloudUnavailable');
    expect(lines(judged(READY, anonymous))).toContain('Ready True Available');
  });

  test('says so at once for a generation that is not applied', () => {
    const edited = object(READY.status, { generation: 3 });
    expect(lines(judged(edited, unread(1)))).toContain('Reconciling True Creating');
  });
});

describe('nextStatus() writes down', () => {
  test('the announce, its target and the tag keys about to be set, and nothing of a create yet', () => {
    expect(judged(FRESH, { kind: 'announced', target: TARGET, pending: PENDING }).status).toMatchObject({
      target: TARGET,
      pendingCreate: PENDING,
      lastApplied: { hash: '', generation: 0, tagKeys: PENDING.parameters.tags.map(({ key }) => key) },
    });
  });

  test('of a bound policy the hash of what was announced, not of the present spec', () => {
    const pendingObject = object({ target: TARGET, pendingCreate: PENDING }, { generation: 5 });
    const { status } = judged(pendingObject, {
      kind: 'bound',
      id: 'spy-1',
      target: TARGET,
      binding: 'Created',
    });
    expect(status).toMatchObject({
      securityPolicyId: 'spy-1',
      binding: 'Created',
      boundAt: ago(0),
      lastApplied: { hash: HASH },
    });
    expect(status).not.toHaveProperty('pendingCreate');
  });

  test('of a loss nothing but the next attempt', () => {
    const { status } = judged(READY, { kind: 'lost', id: 'spy-1' });
    expect(status?.createAttempt).toBe(1);
    for (const field of ['securityPolicyId', 'target', 'boundAt', 'lastApplied', 'observed', 'binding']) {
      expect(status).not.toHaveProperty(field);
    }
  });

  test('of a final refusal the next attempt, without announce and target', () => {
    const announced = object({ target: TARGET, pendingCreate: PENDING, createAttempt: 4 });
    const { status } = judged(announced, { kind: 'abandoned', refusal: failure('refused') });
    expect(status?.createAttempt).toBe(5);
    expect(status).not.toHaveProperty('pendingCreate');
    expect(status).not.toHaveProperty('target');
  });

  test('the tag keys of an update before it is sent (rule 7)', () => {
    const updating: Outcome = { kind: 'updating', policy: own(), found: FOUND, tagKeys: ['team'] };
    expect(judged(READY, updating).status?.lastApplied?.tagKeys).toContain('team');
  });

  test('from the fence of a change on that nobody knows what is applied, and since when (O8)', () => {
    const updating: Outcome = { kind: 'updating', policy: own(), found: FOUND, tagKeys: [] };
    const fenced = judged(READY, updating).status?.lastApplied;
    expect(fenced?.hash).not.toBe(HASH);
    expect(fenced?.at).not.toBe(READY.status?.lastApplied?.at);
    expect(judged(object(judged(READY, updating).status), updating).status?.lastApplied).toEqual(fenced);
  });

  test('at most ten listeners, sorted', () => {
    const listeners = Array.from({ length: 15 }, (_, index) =>
      listener(`lsn-${String(14 - index).padStart(2, '0')}`),
    );
    const related = judged(GONE, { kind: 'blocked', listeners }).status?.relatedListeners ?? [];
    expect(related.map(({ listenerId }) => listenerId)).toEqual(
      Array.from({ length: 10 }, (_, index) => `lsn-${String(index).padStart(2, '0')}`),
    );
  });

  test('the reconcile token once it is answered, not while nobody could read', () => {
    const asked = object(READY.status, { annotations: { [RECONCILE_ANNOTATION]: 'now' } });
    expect(judged(asked, IN_SYNC).status?.lastHandledReconcileAt).toBe('now');
    const unread = judged(asked, { kind: 'unread', what: 'list', error: failure('throttled'), failures: 1 });
    expect(unread.status?.lastHandledReconcileAt).toBeUndefined();
  });

  test('nothing of a status that was restored under another UID (I5)', () => {
    const restored = object(bound({ pendingCreate: pending({ uid: 'other' }) }));
    expect(judged(restored, { kind: 'awaitingQuota' }).status?.securityPolicyId).toBeUndefined();
  });
});

describe('transition()', () => {
  test('is silent when nothing turned, and tells what did', () => {
    expect(transition(READY.status, READY.status ?? {})).toBeUndefined();
    expect(transition(FRESH.status, READY.status ?? {})).toMatchObject({ type: 'Ready', status: 'True' });
    const halted = judged(READY, { kind: 'halted', why: { kind: 'notListed', id: 'spy-1' } });
    expect(transition(READY.status, halted.status ?? {})).toMatchObject({
      type: 'Stalled',
      reason: 'NotListed',
    });
  });
});

describe('isReady()', () => {
  test('is true for the generation that was looked at, and false for the next', () => {
    expect(isReady(READY)).toBe(true);
    expect(isReady(object(READY.status, { generation: 3 }))).toBe(false);
    expect(conditionOf(READY.status, 'Ready')?.observedGeneration).toBe(2);
  });

  // The old Ready is kept, and status.observedGeneration moves on beneath it: whoever reads both takes the edit for done.
  test.each<readonly [string, Outcome]>([
    ['it is paused', { kind: 'paused' }],
    ['the operator only reads', { kind: 'readOnly' }],
    ['a list that lags is waited for', { kind: 'awaiting' }],
  ])('is false for an edit that came while %s (O8)', (_when, outcome) => {
    expect(isReady(judged(object(READY.status, { generation: 3 }), outcome))).toBe(false);
  });
});
