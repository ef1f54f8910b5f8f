import fc from 'fast-check';
import { FINALIZER, PAUSED_ANNOTATION, RECONCILE_ANNOTATION } from '../../../src/api/group.ts';
import type { SecurityPolicy, SecurityPolicyStatus } from '../../../src/api/securitypolicy.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { fingerprint } from '../../../src/domain/plan.ts';
import { desiredOf, differences } from '../../../src/domain/policy.ts';
import { nextStatus } from '../../../src/domain/status.ts';
import type { Situation } from '../../../src/domain/step.ts';
import type { CloudErrorKind, CloudPolicy } from '../../../src/ports/cloud.ts';
import {
  ago,
  bound,
  CLUSTER,
  DELETING,
  failure,
  NOW,
  object,
  own,
  pending,
  SPEC,
  seen,
  stranger,
  TARGET,
  twinOfOtherCluster,
  UID,
  WINDOW,
} from './situation.ts';

const KINDS: readonly CloudErrorKind[] = [
  'throttled',
  'busy',
  'indeterminate',
  'tokenSpent',
  'notFound',
  'inUse',
  'denied',
  'credentials',
  'exhausted',
  'refused',
];
const error = fc.constantFrom(...KINDS).map((kind) => failure(kind));
const age = fc.constantFrom(0, 1, WINDOW - 1, WINDOW, 10 * WINDOW, 100 * WINDOW);

/** Policies of ours, of another cluster's twin and of strangers, in any state, under few ids so that they meet. */
export const anyCloudPolicy: fc.Arbitrary<CloudPolicy> = fc
  .record({
    make: fc.constantFrom(own, own, stranger, twinOfOtherCluster),
    id: fc.constantFrom('spy-1', 'spy-2', 'spy-3'),
    name: fc.constantFrom(own().name, 'other'),
    ciphers: fc.constantFrom(own().ciphers, ['AES128-SHA']),
    status: fc.constantFrom('Available', 'Available', 'Configuring', 'Frozen'),
    createTime: fc.option(age.map(ago), { nil: undefined }),
  })
  .map(({ make, createTime, ...rest }) => make({ ...rest, createTime: createTime ?? 'not a time' }));

const anyStatus: fc.Arbitrary<SecurityPolicyStatus> = fc
  .record({
    base: fc.constantFrom({}, { target: TARGET }, bound(), bound({ binding: 'Adopted' })),
    pendingCreate: fc.option(
      fc
        .record({
          uid: fc.constantFrom(UID, UID, 'other'),
          clientToken: fc.constantFrom(UID, `${UID}-1`),
          announcedAt: age.map(ago),
        })
        .map(pending),
      { nil: undefined },
    ),
    boundAt: age.map(ago),
    createAttempt: fc.option(fc.nat(3), { nil: undefined }),
  })
  .map(({ base, pendingCreate, boundAt, createAttempt }) => ({
    ...base,
    ...(pendingCreate === undefined ? {} : { pendingCreate, target: TARGET }),
    ...('boundAt' in base ? { boundAt } : {}),
    ...(createAttempt === undefined ? {} : { createAttempt }),
  }));

/** An object in any phase of its life. */
export const anyObject: fc.Arbitrary<SecurityPolicy> = fc
  .record({
    status: anyStatus,
    deleting: fc.boolean(),
    finalizers: fc.constantFrom([FINALIZER], [FINALIZER], []),
    annotations: fc.constantFrom({}, {}, { [PAUSED_ANNOTATION]: 'true' }, { [RECONCILE_ANNOTATION]: 'now' }),
    generation: fc.integer({ min: 1, max: 3 }),
    spec: fc.constantFrom(
      SPEC,
      { ...SPEC, driftPolicy: 'Report' as const },
      { ...SPEC, deletionPolicy: 'Retain' as const },
      { ...SPEC, managementPolicy: 'Observe' as const },
      { ...SPEC, tags: { team: 'web' } },
      { ...SPEC, region: 'cn-beijing' },
    ),
  })
  .map(({ status, deleting, spec, ...metadata }) =>
    object(status, { ...metadata, ...(deleting ? DELETING : {}) }, spec),
  );

const anyObservation: fc.Arbitrary<Situation['observation']> = fc.oneof(
  fc.constant({ kind: 'unasked' as const }),
  error.map((failed) => ({ kind: 'anonymous' as const, error: failed })),
  error.map((failed) => ({ kind: 'unread' as const, target: TARGET, error: failed })),
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.uniqueArray(anyCloudPolicy, { maxLength: 3, selector: ({ id }) => id }),
        fc.constantFrom('unasked' as const, 'exists' as const, 'absent' as const, 'unknown' as const),
      )
      .map(([policies, existence]) => seen(policies, existence)),
  },
);

/** Any situation at all. */
export const anySituation: fc.Arbitrary<Situation> = fc.record({
  policy: anyObject,
  violations: fc.constantFrom(
    [],
    [],
    [{ pointer: '/spec', value: '', rule: 'required', message: 'Missing' }],
  ),
  clusterId: fc.constant(CLUSTER),
  observation: anyObservation,
  recall: fc.record({
    token: fc.option(
      fc.record({
        clientToken: fc.constantFrom(UID, `${UID}-1`),
        sends: fc.nat(2),
        ambiguous: fc.constantFrom(0, 1, 10),
        sinceMs: age,
        refusal: fc.option(error, { nil: undefined }),
      }),
      { nil: undefined },
    ),
    written: fc.option(
      fc.record({ sinceMs: age, before: fc.constantFrom('', fingerprint(own({ ciphers: ['AES128-SHA'] }))) }),
      { nil: undefined },
    ),
    deleted: fc.option(fc.record({ id: fc.constantFrom('spy-1', 'spy-2'), sinceMs: age }), {
      nil: undefined,
    }),
  }),
  quota: fc.constantFrom('open' as const, 'closed' as const),
  now: fc.constant(NOW),
  window: fc.constant(WINDOW),
});

const listener = fc
  .nat(99)
  .map((n) => ({ listenerId: `lsn-${n}`, loadBalancerId: 'alb-1', port: 443, protocol: 'HTTPS' }));

/** Any outcome, of every kind. */
export const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom<Outcome>(
    { kind: 'rejected', violations: [{ pointer: '/spec', value: '', rule: 'required', message: 'Missing' }] },
    { kind: 'unsupported', what: 'spec.adopt' },
    { kind: 'paused' },
    { kind: 'readOnly' },
    { kind: 'awaitingQuota' },
    { kind: 'awaiting' },
    { kind: 'deleting' },
    { kind: 'abandoned' },
    { kind: 'announced', target: TARGET, pending: pending() },
    { kind: 'bound', id: 'spy-1', target: TARGET },
    { kind: 'lost', id: 'spy-1' },
    { kind: 'halted', why: { kind: 'accountChanged', expected: '1', actual: '2' } },
    { kind: 'halted', why: { kind: 'regionChanged', expected: 'cn-a', actual: 'cn-b' } },
    { kind: 'halted', why: { kind: 'conflict', ids: ['spy-1', 'spy-2'] } },
    { kind: 'halted', why: { kind: 'ownershipLost', id: 'spy-1' } },
    { kind: 'halted', why: { kind: 'notListed', id: 'spy-1' } },
  ),
  error.map((failed): Outcome => ({ kind: 'halted', why: { kind: 'credentials', error: failed } })),
  fc.tuple(error, fc.integer({ min: 1, max: 5 })).map(
    ([failed, failures]): Outcome => ({
      kind: 'unread',
      error: failed,
      failures,
    }),
  ),
  error.map((refusal): Outcome => ({ kind: 'awaiting', refusal })),
  error.map((refusal): Outcome => ({ kind: 'abandoned', refusal })),
  fc
    .tuple(fc.constantFrom('createFailed' as const, 'updateFailed' as const, 'deleteFailed' as const), error)
    .map(([kind, failed]): Outcome => ({ kind, error: failed })),
  anyCloudPolicy.map((policy): Outcome => ({ kind: 'settling', policy })),
  anyCloudPolicy.map(
    (policy): Outcome => ({ kind: 'inSync', policy, desired: desiredOf(object(), CLUSTER) }),
  ),
  fc.tuple(anyCloudPolicy, fc.boolean()).map(([policy, sent]): Outcome => {
    const found = differences(desiredOf(object(), CLUSTER), policy, []);
    return sent ? { kind: 'updating', policy, found, tagKeys: ['team'] } : { kind: 'drifted', policy, found };
  }),
  fc.array(listener, { maxLength: 20 }).map((listeners): Outcome => ({ kind: 'blocked', listeners })),
);

/** An object whose status some outcomes, seconds apart, have written. */
export const anyHistory: fc.Arbitrary<SecurityPolicy> = fc
  .tuple(anyObject, fc.array(anyOutcome, { maxLength: 4 }))
  .map(([policy, outcomes]) => {
    let now = policy;
    for (const [index, outcome] of outcomes.entries()) {
      now = { ...now, status: nextStatus(now, outcome, NOW - 60_000 + index * 5_000) };
    }
    return now;
  });
