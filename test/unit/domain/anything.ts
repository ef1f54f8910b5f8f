import fc from 'fast-check';
import { FINALIZER, PAUSED_ANNOTATION, RECONCILE_ANNOTATION } from '../../../src/api/group.ts';
import type { SecurityPolicy, SecurityPolicyStatus } from '../../../src/api/securitypolicy.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { fingerprint } from '../../../src/domain/plan/presence.ts';
import { desiredOf, differences } from '../../../src/domain/policy.ts';
import { nextStatus } from '../../../src/domain/status.ts';
import type { Halt, Situation } from '../../../src/domain/step.ts';
import type { CloudErrorKind, CloudPolicy } from '../../../src/ports/cloud.ts';
import {
  ago,
  anotherOwners,
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
    make: fc.constantFrom(own, own, own, stranger, twinOfOtherCluster, anotherOwners),
    id: fc.constantFrom('spy-1', 'spy-2', 'spy-3'),
    name: fc.constantFrom(own().name, 'other'),
    ciphers: fc.constantFrom(own().ciphers, ['AES128-SHA']),
    status: fc.constantFrom('Available', 'Available', 'Configuring', 'Frozen'),
    createTime: fc.option(age.map(ago), { nil: undefined }),
  })
  .map(({ make, createTime, ...rest }) => make({ ...rest, createTime: createTime ?? 'not a time' }));

const PRECHECKED = {
  type: 'Ready',
  status: 'True' as const,
  reason: 'PrecheckPassed',
  message: '',
  observedGeneration: 2,
  lastTransitionTime: '2026-03-01T11:00:00Z',
};

const anyStatus: fc.Arbitrary<SecurityPolicyStatus> = fc
  .record({
    base: fc.constantFrom<SecurityPolicyStatus>(
      {},
      { target: TARGET },
      { binding: 'Adopted' },
      bound(),
      bound(),
      bound({ binding: 'Adopted' }),
      bound({ binding: 'Observed' }),
    ),
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
    prechecked: fc.boolean(),
  })
  .map(({ base, pendingCreate, boundAt, createAttempt, prechecked }) => ({
    ...base,
    ...(prechecked ? { conditions: [PRECHECKED] } : {}),
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
      SPEC,
      SPEC,
      { ...SPEC, driftPolicy: 'Report' as const },
      { ...SPEC, driftPolicy: 'Report' as const },
      { ...SPEC, deletionPolicy: 'Retain' as const },
      { ...SPEC, managementPolicy: 'Observe' as const },
      { ...SPEC, managementPolicy: 'Observe' as const, adopt: { securityPolicyId: 'spy-2' } },
      { ...SPEC, managementPolicy: 'DryRun' as const },
      { ...SPEC, managementPolicy: 'DryRun' as const, adopt: { securityPolicyId: 'spy-1' } },
      { ...SPEC, adopt: { securityPolicyId: 'spy-1' } },
      { ...SPEC, adopt: { securityPolicyName: 'other', previousOwnerUID: 'other-uid' } },
      { ...SPEC, tags: { team: 'web' } },
      { ...SPEC, region: 'cn-beijing' },
    ),
  })
  .map(({ status, deleting, spec, ...metadata }) =>
    object(status, { ...metadata, ...(deleting ? DELETING : {}) }, spec),
  );

const anyObservation: fc.Arbitrary<Situation['observation']> = fc.oneof(
  fc.constant({ kind: 'unasked' as const }),
  fc.constant({ kind: 'unidentified' as const, reason: 'NamespaceNotAllowed' as const, message: 'No' }),
  error.map((failed) => ({ kind: 'anonymous' as const, error: failed })),
  error.map((failed) => ({ kind: 'unread' as const, target: TARGET, error: failed })),
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.uniqueArray(anyCloudPolicy, { maxLength: 3, selector: ({ id }) => id }),
        fc.constantFrom('unasked' as const, 'exists' as const, 'absent' as const, 'unknown' as const),
        fc.constantFrom('unasked' as const, 'alive' as const, 'gone' as const, 'unknown' as const),
        fc.constantFrom(true, true, false),
      )
      .map(([policies, existence, previousOwner, adoption]) =>
        seen(policies, existence, { previousOwner, adoption }),
      ),
  },
);

const wildSituation: fc.Arbitrary<Situation> = fc.record({
  policy: anyObject,
  violations: fc.constantFrom(
    [],
    [],
    [{ pointer: '/spec', value: '', rule: 'required', message: 'Missing' }],
  ),
  clusterId: fc.constant(CLUSTER),
  acceptClusterId: fc.constantFrom(undefined, undefined, 'cluster-2'),
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
    created: fc.option(fc.constantFrom({ clientToken: UID, id: 'spy-1' }), { nil: undefined }),
    written: fc.option(
      fc.record({ sinceMs: age, before: fc.constantFrom('', fingerprint(own({ ciphers: ['AES128-SHA'] }))) }),
      { nil: undefined },
    ),
    claimed: fc.option(
      fc.record({
        id: fc.constantFrom('spy-1', 'spy-2'),
        sinceMs: age,
        refused: fc.boolean(),
        fence: fc.constantFrom(ago(1_000), ago(2 * WINDOW)),
      }),
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

/** A bound object whose policy is shown, as almost every pass finds it, and chance all but never. */
const calmSituation: fc.Arbitrary<Situation> = fc
  .tuple(
    wildSituation,
    fc.constantFrom(SPEC, { ...SPEC, driftPolicy: 'Report' as const }),
    fc.constantFrom(own(), own({ ciphers: ['AES128-SHA'] })),
  )
  .map(([wild, spec, policy]) => ({
    ...wild,
    policy: object(bound(), {}, spec),
    violations: [],
    observation: seen([policy]),
  }));

/** Any situation at all. */
export const anySituation: fc.Arbitrary<Situation> = fc.oneof(
  { weight: 7, arbitrary: wildSituation },
  { weight: 1, arbitrary: calmSituation },
);

const listener = fc
  .nat(99)
  .map((n) => ({ listenerId: `lsn-${n}`, loadBalancerId: 'alb-1', port: 443, protocol: 'HTTPS' }));

const adoptionHalts: readonly Halt[] = [
  { kind: 'identity', reason: 'ProviderConfigNotFound', message: 'No such config' },
  { kind: 'otherCluster', id: 'spy-1', cluster: 'cluster-2' },
  { kind: 'otherCluster', id: undefined, cluster: 'cluster-2' },
  { kind: 'observedGone', id: 'spy-1' },
  { kind: 'adoptionTargetNotFound', wanted: 'spy-1' },
  { kind: 'adoptionAmbiguous', name: 'web', ids: ['spy-1', 'spy-2'] },
  { kind: 'adoptionForbidden' },
  { kind: 'serviceManaged', id: 'spy-1' },
  ...(['none', 'alive', 'unknown', 'otherCluster'] as const).map((claim): Halt => {
    return { kind: 'ownedByAnother', id: 'spy-1', uid: 'u', object: 'a/b', cluster: 'cluster-2', claim };
  }),
];

/** Any outcome, of every kind. */
export const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom<Outcome>(
    { kind: 'rejected', violations: [{ pointer: '/spec', value: '', rule: 'required', message: 'Missing' }] },
    { kind: 'paused' },
    { kind: 'readOnly' },
    { kind: 'awaitingQuota' },
    { kind: 'awaiting' },
    { kind: 'deleting' },
    { kind: 'abandoned' },
    { kind: 'announced', target: TARGET, pending: pending() },
    { kind: 'bound', id: 'spy-1', target: TARGET, binding: 'Created' },
    { kind: 'bound', id: 'spy-1', target: TARGET, binding: 'Adopted' },
    { kind: 'prechecked' },
    { kind: 'adopting', id: 'spy-1', tagKeys: ['k'], at: NOW - 90_000 },
    { kind: 'lost', id: 'spy-1' },
    { kind: 'halted', why: { kind: 'accountChanged', expected: '1', actual: '2' } },
    { kind: 'halted', why: { kind: 'regionChanged', expected: 'cn-a', actual: 'cn-b' } },
    { kind: 'halted', why: { kind: 'conflict', ids: ['spy-1', 'spy-2'] } },
    { kind: 'halted', why: { kind: 'ownershipLost', id: 'spy-1' } },
    { kind: 'halted', why: { kind: 'notListed', id: 'spy-1' } },
    ...adoptionHalts.map((why): Outcome => ({ kind: 'halted', why })),
  ),
  error.map((failed): Outcome => ({ kind: 'halted', why: { kind: 'credentials', error: failed } })),
  fc
    .tuple(error, fc.integer({ min: 1, max: 5 }), fc.constantFrom('account' as const, 'list' as const))
    .map(([failed, failures, what]): Outcome => ({ kind: 'unread', what, error: failed, failures })),
  error.map((refusal): Outcome => ({ kind: 'awaiting', refusal })),
  error.map((refusal): Outcome => ({ kind: 'abandoned', refusal })),
  fc
    .tuple(
      fc.constantFrom(
        'createFailed' as const,
        'updateFailed' as const,
        'deleteFailed' as const,
        'precheckFailed' as const,
      ),
      error,
    )
    .map(([kind, failed]): Outcome => ({ kind, error: failed })),
  anyCloudPolicy.map((policy): Outcome => ({ kind: 'settling', policy })),
  anyCloudPolicy.map((policy): Outcome => {
    const found = differences(desiredOf(object(), CLUSTER), policy, []);
    return { kind: 'observed', policy, target: TARGET, found };
  }),
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
