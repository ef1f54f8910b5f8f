import { describe, expect, test } from 'vitest';
import { OWNER_TAGS } from '../../../src/api/group.ts';
import type { SecurityPolicySpec, SecurityPolicyStatus } from '../../../src/api/securitypolicy.ts';
import { plan } from '../../../src/domain/plan.ts';
import { desiredOf, ownerTags, tagList } from '../../../src/domain/policy.ts';
import type { Situation, Step } from '../../../src/domain/step.ts';
import type { CloudPolicy } from '../../../src/ports/cloud.ts';
import {
  ago,
  anotherOwners,
  bound,
  CLUSTER,
  DELETING,
  HASH,
  ID,
  object,
  own,
  pending,
  SPEC,
  seen,
  situation,
  stranger,
  TARGET,
  twinOfOtherCluster,
  UID,
  WINDOW,
} from './situation.ts';

type Row = readonly [when: string, given: Situation, step: Partial<Step> & Pick<Step, 'kind'>];

const BY_ID: SecurityPolicySpec = { ...SPEC, adopt: { securityPolicyId: ID } };
const BY_NAME: SecurityPolicySpec = { ...SPEC, adopt: { securityPolicyName: 'web' } };
const FROM_PREVIOUS: SecurityPolicySpec = {
  ...SPEC,
  adopt: { securityPolicyId: ID, previousOwnerUID: 'other-uid' },
};
const OBSERVE: SecurityPolicySpec = { managementPolicy: 'Observe', adopt: { securityPolicyId: ID } };
const DRY: SecurityPolicySpec = { ...SPEC, managementPolicy: 'DryRun' };
const MARKS = tagList(ownerTags(object(), CLUSTER));
const OBSERVED = bound({ binding: 'Observed', lastApplied: undefined });
/** The fence before the tagging: the binding, and nothing bound yet. */
const TAGGING: SecurityPolicyStatus = {
  binding: 'Adopted',
  lastApplied: { generation: 0, hash: '', tagKeys: [], at: ago(1_000) },
};
/** The same for what was observed so far, which has its id already. */
const TAGGING_OBSERVED = bound({
  binding: 'Observed',
  lastApplied: { generation: 0, hash: '', tagKeys: [OWNER_TAGS.uid], at: ago(1_000) },
});

const PASSED_BEFORE: SecurityPolicyStatus = {
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'PrecheckPassed',
      message: '',
      observedGeneration: 2,
      lastTransitionTime: ago(1),
    },
  ],
};

function judge(rows: readonly Row[]): void {
  test.each(rows)('%s', (_when, given, step) => {
    expect(plan(given)).toMatchObject(step);
  });
}

function owned(claim: 'none' | 'alive' | 'unknown' | 'otherCluster') {
  return {
    kind: 'ownedByAnother',
    id: ID,
    uid: 'other-uid',
    object: 'team-b/web',
    cluster: CLUSTER,
    claim,
  } as const;
}

function adopting(spec: SecurityPolicySpec, policies: readonly CloudPolicy[], status = {}): Situation {
  return situation(object(status, {}, spec), { observation: seen(policies) });
}

describe('plan() for an adoption (rule 8)', () => {
  judge([
    ['tags a policy of nobody first', adopting(BY_ID, [stranger()]), { kind: 'adopt', tags: MARKS }],
    ['finds it by name', adopting(BY_NAME, [stranger({ id: 'spy-9' })]), { kind: 'adopt' }],
    [
      'refuses a name that two policies have, and names both',
      adopting(BY_NAME, [stranger(), stranger({ id: 'spy-2' })]),
      { kind: 'halt', why: { kind: 'adoptionAmbiguous', name: 'web', ids: [ID, 'spy-2'] } },
    ],
    [
      'says so when there is no such policy',
      adopting(BY_ID, [stranger({ id: 'spy-2' })]),
      { kind: 'halt', why: { kind: 'adoptionTargetNotFound', wanted: ID } },
    ],
    [
      'does not take a policy of another owner (A12, S19)',
      adopting(BY_ID, [anotherOwners()]),
      { kind: 'halt', why: owned('none') },
    ],
    [
      'does not take a policy that another service manages',
      adopting(BY_ID, [stranger({ serviceManaged: true })]),
      { kind: 'halt', why: { kind: 'serviceManaged', id: ID } },
    ],
    [
      'does nothing where the identity lets nobody adopt',
      situation(object({}, {}, BY_ID), { observation: seen([stranger()], 'unasked', { adoption: false }) }),
      { kind: 'halt', why: { kind: 'adoptionForbidden' } },
    ],
    [
      'binds only once a list shows our tags',
      adopting(BY_ID, [own()], TAGGING),
      { kind: 'bind', binding: 'Adopted' },
    ],
    [
      'binds to what it has tagged although the name is another one by now',
      adopting(BY_NAME, [own({ name: 'renamed' })]),
      { kind: 'bind', binding: 'Adopted' },
    ],
    [
      'does not take a second policy beside its own',
      adopting(BY_NAME, [own({ id: 'spy-2', name: 'renamed' }), stranger()]),
      { kind: 'halt', why: { kind: 'conflict', ids: [ID, 'spy-2'] } },
    ],
    [
      'does not tag twice while a list may be late',
      situation(object(TAGGING, {}, BY_ID), {
        observation: seen([stranger()]),
        recall: { claimed: { id: ID, sinceMs: WINDOW - 1, refused: false, fence: ago(1_000) } },
      }),
      { kind: 'await' },
    ],
    [
      'does not tag twice while a list may be late, after a restart either',
      adopting(BY_ID, [stranger()], TAGGING),
      { kind: 'await' },
    ],
    [
      'does not tag what it has observed twice while a list may be late, after a restart either',
      adopting(BY_ID, [stranger()], TAGGING_OBSERVED),
      { kind: 'await' },
    ],
    [
      'tags again what was refused',
      situation(object(TAGGING, {}, BY_ID), {
        observation: seen([stranger()]),
        recall: { claimed: { id: ID, sinceMs: 0, refused: true, fence: ago(1_000) } },
      }),
      { kind: 'adopt' },
    ],
    [
      'does not tag again what another process has fenced since, whatever came of its own call',
      situation(object(TAGGING, {}, BY_ID), {
        observation: seen([stranger()]),
        recall: { claimed: { id: ID, sinceMs: 2 * WINDOW, refused: true, fence: ago(2 * WINDOW) } },
      }),
      { kind: 'await' },
    ],
    [
      'has lost when another owner was faster, and never tags again (I11)',
      situation(object(TAGGING, {}, BY_ID), {
        observation: seen([anotherOwners()]),
        recall: { claimed: { id: ID, sinceMs: 10 * WINDOW, refused: false, fence: ago(1_000) } },
      }),
      { kind: 'halt', why: owned('none') },
    ],
    [
      'applies the spec once although drift is only reported',
      situation(
        object(
          bound({ binding: 'Adopted', lastApplied: { generation: 2, hash: '', tagKeys: [], at: ago(1) } }),
          {},
          { ...BY_ID, driftPolicy: 'Report' },
        ),
        { observation: seen([own({ ciphers: ['AES128-SHA'] })]) },
      ),
      { kind: 'update' },
    ],
  ]);
});

describe('plan() for a previous owner (G9)', () => {
  const claimed = (previousOwner: 'gone' | 'alive' | 'unknown' | 'unasked', policy = anotherOwners()) =>
    situation(object({}, {}, FROM_PREVIOUS), { observation: seen([policy], 'unasked', { previousOwner }) });
  const foreign = anotherOwners({
    tags: { ...anotherOwners().tags, [OWNER_TAGS.cluster]: 'cluster-2' },
  });
  judge([
    ['takes over from one that is gone', claimed('gone'), { kind: 'adopt' }],
    ['not from one that lives', claimed('alive'), { kind: 'halt', why: owned('alive') }],
    ['not while nobody knows', claimed('unknown'), { kind: 'halt', why: owned('unknown') }],
    ['not without having asked', claimed('unasked'), { kind: 'halt', why: owned('unknown') }],
    [
      'not from another cluster (G10)',
      claimed('gone', foreign),
      { kind: 'halt', why: { ...owned('otherCluster'), cluster: 'cluster-2' } },
    ],
    [
      'from our former cluster',
      { ...claimed('gone', foreign), acceptClusterId: 'cluster-2' },
      { kind: 'adopt' },
    ],
  ]);
});

describe('plan() for a status that was restored onto another object (G9, I5)', () => {
  const restored = bound({ uid: 'other-uid' });
  const taken = { previousOwner: 'gone' } as const;
  judge([
    [
      'leaves the policy of the former object alone, and has one of its own made',
      situation(object(restored), { observation: seen([anotherOwners()]) }),
      { kind: 'announce' },
    ],
    [
      'takes the policy over where previousOwnerUID says so',
      situation(object(restored, {}, FROM_PREVIOUS), {
        observation: seen([anotherOwners()], 'unasked', taken),
      }),
      { kind: 'adopt', tags: MARKS },
    ],
    [
      'deletes nothing',
      situation(object(restored, DELETING), { observation: seen([anotherOwners()]) }),
      { kind: 'release' },
    ],
    [
      'does not believe that the cloud has judged it under DryRun',
      situation(object({ ...PASSED_BEFORE, uid: 'other-uid' }, {}, DRY), { observation: seen([]) }),
      { kind: 'precheck' },
    ],
  ]);
});

describe('plan() for an adopted object that is deleted', () => {
  const deleted = (
    status: SecurityPolicyStatus,
    spec: SecurityPolicySpec,
    policies: readonly CloudPolicy[],
  ) => situation(object(status, DELETING, spec), { observation: seen(policies) });
  judge([
    [
      'keeps the policy and takes our tags off',
      deleted(bound({ binding: 'Adopted' }), BY_ID, [own()]),
      { kind: 'release', untag: { id: ID, tags: MARKS } },
    ],
    [
      'keeps a policy that was tagged and not bound yet',
      deleted(TAGGING, SPEC, [own()]),
      { kind: 'release', untag: { id: ID, tags: MARKS } },
    ],
    [
      'waits until a late list shows what it has tagged',
      deleted(TAGGING, BY_ID, [stranger()]),
      { kind: 'await' },
    ],
    [
      'waits until a late list shows what it has tagged after observing it',
      deleted(TAGGING_OBSERVED, BY_ID, [stranger()]),
      { kind: 'await' },
    ],
    [
      'keeps what it finds by its tags alone while the spec adopts',
      deleted({}, BY_ID, [own()]),
      { kind: 'release', untag: { id: ID, tags: MARKS } },
    ],
    [
      'deletes it where the spec says so',
      deleted(bound({ binding: 'Adopted' }), { ...BY_ID, deletionPolicy: 'Delete' }, [own()]),
      { kind: 'destroy', id: ID },
    ],
  ]);
});

describe('plan() under Observe', () => {
  const observing = (spec: SecurityPolicySpec, policies: readonly CloudPolicy[], status = {}) =>
    adopting(spec, policies, status);
  judge([
    ['tells what is there', observing(OBSERVE, [stranger()]), { kind: 'watch', found: [] }],
    ['reads a policy of another owner too', observing(OBSERVE, [anotherOwners()]), { kind: 'watch' }],
    [
      'compares what the spec names and nothing else',
      observing({ ...OBSERVE, ciphers: ['AES128-SHA'] }, [stranger()]),
      { kind: 'watch', found: [{ field: 'ciphers', desired: 'AES128-SHA', observed: own().ciphers.join() }] },
    ],
    [
      'needs no permission to adopt',
      situation(object({}, {}, OBSERVE), { observation: seen([stranger()], 'unasked', { adoption: false }) }),
      { kind: 'watch' },
    ],
    [
      'refuses a name that two policies have',
      observing({ managementPolicy: 'Observe', adopt: { securityPolicyName: 'web' } }, [
        stranger(),
        stranger({ id: 'spy-2' }),
      ]),
      { kind: 'halt', why: { kind: 'adoptionAmbiguous', name: 'web', ids: [ID, 'spy-2'] } },
    ],
    [
      'tells a loss and records none',
      situation(object(OBSERVED, {}, OBSERVE), { observation: seen([], 'absent') }),
      { kind: 'halt', why: { kind: 'observedGone', id: ID } },
    ],
    [
      'watches what was created before',
      observing({ ...SPEC, managementPolicy: 'Observe' }, [own({ ciphers: ['AES128-SHA'] })], bound()),
      { kind: 'watch' },
    ],
    [
      'resolves an announced create first (I14)',
      observing(OBSERVE, [], { pendingCreate: pending(), target: TARGET }),
      { kind: 'create', replay: true },
    ],
    [
      'lets a deleted object go without a look',
      situation(object(OBSERVED, DELETING, OBSERVE), { observation: { kind: 'unasked' } }),
      { kind: 'release', note: expect.stringContaining(ID) },
    ],
    [
      'tags what it has observed once it is to be managed',
      observing({ ...SPEC, adopt: { securityPolicyId: ID } }, [stranger()], OBSERVED),
      { kind: 'adopt', tags: MARKS },
    ],
    [
      'does not take what it has observed from its owner',
      observing({ ...SPEC, adopt: { securityPolicyId: ID } }, [anotherOwners()], OBSERVED),
      { kind: 'halt', why: owned('none') },
    ],
  ]);
});

describe('plan() under DryRun', () => {
  judge([
    [
      'asks the cloud about the create',
      adopting(DRY, []),
      {
        kind: 'precheck',
        draft: { kind: 'create', parameters: { ...desiredOf(object(), CLUSTER), tags: MARKS } },
      },
    ],
    [
      'asks the cloud about the update of what would be adopted',
      adopting({ ...DRY, adopt: { securityPolicyId: ID } }, [stranger()]),
      { kind: 'precheck' },
    ],
    [
      'says what stands in the way of the adoption',
      adopting({ ...DRY, adopt: { securityPolicyId: ID } }, [anotherOwners()]),
      { kind: 'halt', why: owned('none') },
    ],
    [
      'binds to what was under way when the mode was chosen (I14)',
      adopting(DRY, [own()]),
      { kind: 'bind', binding: 'Created' },
    ],
    [
      'asks about the update of what it is bound to, and does not bind again (I14)',
      adopting(DRY, [own()], bound()),
      { kind: 'precheck' },
    ],
    [
      'asks once a generation',
      situation(object(PASSED_BEFORE, {}, DRY), { observation: { kind: 'unasked' } }),
      { kind: 'prechecked' },
    ],
    [
      'asks again for another generation',
      situation(object(PASSED_BEFORE, { generation: 3 }, DRY), { observation: seen([]) }),
      { kind: 'precheck' },
    ],
    [
      'resolves an announced create first (I14)',
      adopting(DRY, [], { pendingCreate: pending(), target: TARGET }),
      { kind: 'create', replay: true },
    ],
    [
      'lets a deleted object go',
      situation(object({}, DELETING, DRY), { observation: seen([stranger()]) }),
      { kind: 'release' },
    ],
  ]);
});

describe('plan() in a cluster that was restored from another (I6)', () => {
  const restored = (rest: Partial<Situation> = {}, policy = object(bound())) =>
    situation(policy, { observation: seen([twinOfOtherCluster()]), ...rest });
  const otherCluster = { kind: 'otherCluster', id: ID, cluster: 'cluster-2' } as const;
  const stranded = pending();
  const elsewhere = {
    ...stranded,
    parameters: {
      ...stranded.parameters,
      tags: stranded.parameters.tags.map((tag) =>
        tag.key === OWNER_TAGS.cluster ? { ...tag, value: 'cluster-2' } : tag,
      ),
    },
  };
  judge([
    ['touches nothing', restored(), { kind: 'halt', why: otherCluster }],
    ['deletes nothing', restored({}, object(bound(), DELETING)), { kind: 'halt', why: otherCluster }],
    [
      'lets a retained object go and leaves the tags',
      restored({}, object(bound(), DELETING, { ...SPEC, deletionPolicy: 'Retain' })),
      { kind: 'release', note: expect.stringContaining(ID) },
    ],
    [
      'does not send the announced create of the other cluster',
      situation(object({ pendingCreate: elsewhere, target: TARGET })),
      { kind: 'halt', why: { kind: 'otherCluster', id: undefined, cluster: 'cluster-2' } },
    ],
    [
      'tags with its own id once the former one is accepted',
      restored({ acceptClusterId: 'cluster-2' }),
      { kind: 'adopt', tags: MARKS },
    ],
    [
      'tags before it deletes',
      restored({ acceptClusterId: 'cluster-2' }, object(bound(), DELETING)),
      { kind: 'adopt' },
    ],
    [
      'replays the announced create word for word once the former one is accepted',
      situation(object({ pendingCreate: elsewhere, target: TARGET }), { acceptClusterId: 'cluster-2' }),
      { kind: 'create', pending: elsewhere },
    ],
    [
      'goes on with its own policy beside the twin',
      restored({ observation: seen([own(), twinOfOtherCluster({ id: 'spy-2' })]) }),
      { kind: 'inSync' },
    ],
  ]);
  test('the rows speak of the hash that is applied', () => {
    expect(bound().lastApplied?.hash).toBe(HASH);
    expect(UID).not.toBe('other-uid');
  });
});

describe('plan() without an identity', () => {
  const unidentified = { kind: 'unidentified', reason: 'NamespaceNotAllowed', message: 'No' } as const;
  const at = (status: SecurityPolicyStatus, metadata = {}, spec: SecurityPolicySpec = SPEC) =>
    situation(object(status, metadata, spec), { observation: unidentified });
  judge([
    ['does nothing', at({}), { kind: 'halt', why: { ...unidentified, kind: 'identity' } }],
    ['lets an object go that never had anything', at({}, DELETING), { kind: 'release' }],
    ['holds an object whose policy is to be deleted', at(bound(), DELETING), { kind: 'halt' }],
    [
      'lets a retained object go (G5)',
      at(bound(), DELETING, { ...SPEC, deletionPolicy: 'Retain' }),
      { kind: 'release', note: expect.stringContaining(ID) },
    ],
  ]);
});
