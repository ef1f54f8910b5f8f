import { describe, expect, test } from 'vitest';
import { PAUSED_ANNOTATION } from '../../../src/api/group.ts';
import { clientToken } from '../../../src/domain/plan/creation.ts';
import { UNDER_WAY } from '../../../src/domain/plan/life.ts';
import { fingerprint } from '../../../src/domain/plan/presence.ts';
import { plan } from '../../../src/domain/plan.ts';
import type { Situation, Step } from '../../../src/domain/step.ts';
import {
  ago,
  anotherOwners,
  bound,
  DELETING,
  failure,
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

const VIOLATION = { pointer: '/spec/ciphers', value: '', rule: 'required', message: 'Missing' };
const RETAIN = { ...SPEC, deletionPolicy: 'Retain' as const };
const announced = (change = {}) => ({ target: TARGET, pendingCreate: pending(change) });
const token = (change = {}) => ({
  token: { clientToken: UID, sends: 1, ambiguous: 0, sinceMs: 0, ...change },
});
const underWay = (sinceMs: number) => ({ generation: 2, hash: UNDER_WAY, tagKeys: [], at: ago(sinceMs) });
const edited = own({ ciphers: ['AES128-SHA'] });

function rows(name: string, table: readonly Row[]): void {
  describe(`plan() ${name}`, () => {
    test.each(table)('%s', (_when, given, step) => {
      expect(plan(given)).toMatchObject(step);
    });
  });
}

rows('before the cloud is asked', [
  [
    'ignores a deleted object that is not claimed',
    situation(object({}, { ...DELETING, finalizers: [] })),
    { kind: 'ignore' },
  ],
  [
    'pauses by annotation, also while deleting',
    situation(object(bound(), { ...DELETING, annotations: { [PAUSED_ANNOTATION]: 'true' } })),
    { kind: 'pause' },
  ],
  [
    'is not paused by another value of the annotation',
    situation(object({}, { finalizers: [], annotations: { [PAUSED_ANNOTATION]: 'false' } })),
    { kind: 'claim' },
  ],
  ['claims before anything else can exist', situation(object({}, { finalizers: [] })), { kind: 'claim' }],
  [
    'rejects an invalid spec and does not claim it',
    situation(object({}, { finalizers: [] }), { violations: [VIOLATION] }),
    { kind: 'reject', violations: [VIOLATION] },
  ],
  [
    'releases a deleted object that never got anywhere',
    situation(object({}, DELETING), { violations: [VIOLATION], observation: { kind: 'unasked' } }),
    { kind: 'release' },
  ],
  [
    'asks for the cloud when it needs to know',
    situation(object(), { observation: { kind: 'unasked' } }),
    { kind: 'observe' },
  ],
  [
    'resolves an announced create before it looks at the verdict on the spec (rule 1)',
    situation(object(announced()), { violations: [VIOLATION], recall: token({ sends: 0 }) }),
    { kind: 'create', replay: false },
  ],
]);

rows('without a cloud that answers', [
  [
    'halts on refused credentials',
    situation(object(), { observation: { kind: 'anonymous', error: failure('credentials') } }),
    { kind: 'halt', why: { kind: 'credentials', error: failure('credentials') } },
  ],
  [
    'says unread when the identity is not known for now',
    situation(object(), { observation: { kind: 'anonymous', error: failure('indeterminate') } }),
    { kind: 'unread', error: failure('indeterminate') },
  ],
  [
    'says unread when the list fails, and loses nothing',
    situation(object(bound()), {
      observation: { kind: 'unread', target: TARGET, error: failure('throttled') },
    }),
    { kind: 'unread', error: failure('throttled') },
  ],
  [
    'does not release a deleted object when the list fails',
    situation(object(bound(), DELETING), {
      observation: { kind: 'unread', target: TARGET, error: failure('denied') },
    }),
    { kind: 'unread' },
  ],
  [
    'does not release a deleted object without credentials',
    situation(object(bound(), DELETING), {
      observation: { kind: 'anonymous', error: failure('credentials') },
    }),
    { kind: 'halt' },
  ],
  [
    'releases a retained one without credentials, and says what is left',
    situation(object(bound(announced()), DELETING, RETAIN), {
      observation: { kind: 'anonymous', error: failure('credentials') },
    }),
    {
      kind: 'release',
      note: `Released without credentials of its account: the announced create "${UID}" was not resolved; our tags stay on policy "${ID}"`,
    },
  ],
  [
    'keeps a retained one while the cloud only does not answer',
    situation(object(bound(), DELETING, RETAIN), {
      observation: { kind: 'anonymous', error: failure('indeterminate') },
    }),
    { kind: 'unread' },
  ],
  [
    'halts when the credentials are of another account (I1)',
    situation(object(bound()), {
      observation: seen([], 'absent', { target: { ...TARGET, accountId: '2' } }),
    }),
    { kind: 'halt', why: { kind: 'accountChanged', expected: TARGET.accountId, actual: '2' } },
  ],
  [
    'halts when the spec names another region (I1)',
    situation(object(announced()), {
      observation: seen([], 'absent', { target: { ...TARGET, region: 'cn-x' } }),
    }),
    { kind: 'halt', why: { kind: 'regionChanged', expected: TARGET.region, actual: 'cn-x' } },
  ],
  [
    'lets a retained object of another account go without touching it',
    situation(object(bound(), DELETING, RETAIN), {
      observation: seen([], 'absent', { target: { ...TARGET, accountId: '2' } }),
    }),
    { kind: 'release', note: expect.stringContaining(ID) },
  ],
]);

rows('for an object without a policy', [
  [
    'announces with the UID as token and the exact parameters',
    situation(object()),
    { kind: 'announce', target: TARGET, pending: pending({ announcedAt: ago(0) }) },
  ],
  [
    'announces a further attempt under a token of its own',
    situation(object({ createAttempt: 3 })),
    { kind: 'announce', pending: pending({ announcedAt: ago(0), clientToken: `${UID}-3` }) },
  ],
  [
    'discards an announce of another UID, restored from a backup (I5)',
    situation(object(bound({ ...announced({ uid: 'other' }), createAttempt: 7 }))),
    { kind: 'announce', pending: pending({ announcedAt: ago(0) }) },
  ],
  ['waits for quota', situation(object(), { quota: 'closed' }), { kind: 'awaitQuota' }],
  [
    'binds to what carries its mark',
    situation(object(), { observation: seen([own()]) }),
    { kind: 'bind', policy: own() },
  ],
  [
    'does not bind to a stranger of the same name',
    situation(object(), { observation: seen([stranger()]) }),
    { kind: 'announce' },
  ],
  [
    'neither binds to the policy of another cluster nor creates another one (I6)',
    situation(object(), { observation: seen([twinOfOtherCluster()]) }),
    { kind: 'halt', why: { kind: 'otherCluster', id: ID, cluster: 'cluster-2' } },
  ],
  [
    'halts on two of its own',
    situation(object(), { observation: seen([own({ id: 'spy-2' }), own()]) }),
    { kind: 'halt', why: { kind: 'conflict', ids: [ID, 'spy-2'] } },
  ],
]);

rows('for an announced create', [
  [
    'sends the first one without a search for answers',
    situation(object(announced()), { recall: token({ sends: 0 }) }),
    { kind: 'create', replay: false },
  ],
  [
    'takes back what was never sent when the object is deleted',
    situation(object(announced(), DELETING), { recall: token({ sends: 0 }) }),
    { kind: 'abandon' },
  ],
  [
    'replays after a restart, word for word',
    situation(object(announced())),
    { kind: 'create', replay: true, pending: pending() },
  ],
  ['replays also while deleting', situation(object(announced(), DELETING)), { kind: 'create', replay: true }],
  [
    'binds before it replays (I17)',
    situation(object(announced()), { observation: seen([own()]) }),
    { kind: 'bind' },
  ],
  [
    'binds also while deleting',
    situation(object(announced(), DELETING), { observation: seen([own()]) }),
    { kind: 'bind' },
  ],
  [
    'takes a refusal of an unambiguous token as final',
    situation(object(announced()), { recall: token({ refusal: failure('refused') }) }),
    { kind: 'abandon', refusal: failure('refused') },
  ],
  [
    'waits out the window when the refused token was ever ambiguous (I8)',
    situation(object(announced()), {
      recall: token({ ambiguous: 1, refusal: failure('exhausted'), sinceMs: WINDOW - 1 }),
    }),
    { kind: 'await', refusal: failure('exhausted') },
  ],
  [
    'takes it as final after the window',
    situation(object(announced({ announcedAt: ago(WINDOW * 2) })), {
      recall: token({ ambiguous: 1, refusal: failure('exhausted'), sinceMs: WINDOW }),
    }),
    { kind: 'abandon', refusal: failure('exhausted') },
  ],
  [
    'counts what it remembers of another token as nothing',
    situation(object(announced()), { recall: token({ clientToken: 'other', refusal: failure('refused') }) }),
    { kind: 'create', replay: true },
  ],
  [
    'stops replaying after ten ambiguous answers (I12)',
    situation(object(announced()), { recall: token({ ambiguous: 10, sinceMs: 1 }) }),
    { kind: 'await' },
  ],
  [
    'stops replaying after ten minutes (I12)',
    situation(object(announced({ announcedAt: ago(600_000) })), { recall: token({ ambiguous: 1 }) }),
    { kind: 'await' },
  ],
  [
    'abandons a worn announce when the window since the last send is over',
    situation(object(announced({ announcedAt: ago(600_000) })), {
      recall: token({ ambiguous: 1, sinceMs: WINDOW }),
    }),
    { kind: 'abandon' },
  ],
  [
    'waits while an unmarked policy of its name may be its own (I13)',
    situation(object(announced()), { observation: seen([own({ tags: {}, createTime: ago(1_000) })]) }),
    { kind: 'await' },
  ],
  [
    'does not wait for one that was there long before',
    situation(object(announced()), { observation: seen([stranger()]) }),
    { kind: 'create', replay: true },
  ],
  [
    'does not wait for one that another owner has marked',
    situation(object(announced()), { observation: seen([anotherOwners({ createTime: ago(500) })]) }),
    { kind: 'create', replay: true },
  ],
  [
    'does not wait for tags past the window',
    situation(object(announced({ announcedAt: ago(WINDOW) })), {
      observation: seen([own({ tags: {}, createTime: ago(WINDOW) })]),
    }),
    { kind: 'create', replay: true },
  ],
  [
    'waits for the tags of a send that came long after the announce (I13)',
    situation(object(announced({ announcedAt: ago(2 * WINDOW) })), {
      observation: seen([own({ tags: {}, createTime: ago(WINDOW) })]),
      recall: token({ ambiguous: 1, sinceMs: WINDOW - 1 }),
    }),
    { kind: 'await' },
  ],
  [
    'waits for the tags of a policy that is young, also when it has forgotten the send (I13)',
    situation(object(announced({ announcedAt: ago(WINDOW) })), {
      observation: seen([own({ tags: {}, createTime: ago(WINDOW - 1) })]),
    }),
    { kind: 'await' },
  ],
  [
    'halts when it made two',
    situation(object(announced(), DELETING), { observation: seen([own(), own({ id: 'spy-2' })]) }),
    { kind: 'halt' },
  ],
]);

rows('for a bound policy', [
  ['is in sync', situation(object(bound()), { observation: seen([own()]) }), { kind: 'inSync' }],
  [
    'settles while it is not Available',
    situation(object(bound()), { observation: seen([own({ status: 'Configuring' })]) }),
    { kind: 'settle' },
  ],
  [
    'takes a word of state that it does not know for unsettled',
    situation(object(bound()), { observation: seen([own({ status: 'Frozen' })]) }),
    { kind: 'settle' },
  ],
  [
    'corrects drift',
    situation(object(bound()), { observation: seen([edited]) }),
    {
      kind: 'update',
      change: {
        kind: 'attributes',
        parameters: { suites: { tlsVersions: SPEC.tlsVersions ?? [], ciphers: SPEC.ciphers ?? [] } },
      },
    },
  ],
  [
    'sends a name alone when only the name differs',
    situation(object(bound()), { observation: seen([own({ name: 'other' })]) }),
    { kind: 'update', change: { kind: 'attributes', parameters: { name: own().name } } },
  ],
  [
    'reports drift when asked to',
    situation(object(bound(), {}, { ...SPEC, driftPolicy: 'Report' }), { observation: seen([edited]) }),
    { kind: 'report' },
  ],
  [
    'applies a changed spec also under Report (I4)',
    situation(
      object(
        bound({ lastApplied: { generation: 1, hash: 'old', tagKeys: [], at: ago(1) } }),
        {},
        { ...SPEC, driftPolicy: 'Report' },
      ),
      { observation: seen([edited]) },
    ),
    { kind: 'update' },
  ],
  [
    'sets tags before it removes tags',
    situation(object(bound(), {}, { ...SPEC, tags: { team: 'web' } }), { observation: seen([own()]) }),
    { kind: 'update', change: { kind: 'tag', tags: [{ key: 'team', value: 'web' }] } },
  ],
  [
    'removes only tags that it has set itself, with their value',
    situation(object(bound({ lastApplied: { generation: 1, hash: HASH, tagKeys: ['team'], at: ago(1) } })), {
      observation: seen([own({ tags: { ...own().tags, team: 'web', cost: '7' } })]),
    }),
    { kind: 'update', change: { kind: 'untag', tags: [{ key: 'team', value: 'web' }] } },
  ],
  [
    'leaves the tags of others alone (I16)',
    situation(object(bound()), { observation: seen([own({ tags: { ...own().tags, cost: '7' } })]) }),
    { kind: 'inSync' },
  ],
  [
    'moves to another resource group',
    situation(object(bound(), {}, { ...SPEC, resourceGroupId: 'rg-2' }), { observation: seen([own()]) }),
    { kind: 'update', change: { kind: 'move', resourceGroupId: 'rg-2' } },
  ],
  [
    'takes what was there before its own write for lag (rule 6)',
    situation(object(bound()), {
      observation: seen([edited]),
      recall: { written: { sinceMs: 1, before: fingerprint(edited) } },
    }),
    { kind: 'await' },
  ],
  [
    'takes it for drift after the window',
    situation(object(bound()), {
      observation: seen([edited]),
      recall: { written: { sinceMs: WINDOW, before: fingerprint(edited) } },
    }),
    { kind: 'update' },
  ],
  [
    'does not believe a list that shows what is wanted while a change for another spec is under way (O8)',
    situation(object(bound({ lastApplied: underWay(WINDOW - 1) })), {
      observation: seen([own()]),
    }),
    { kind: 'await' },
  ],
  [
    'believes it after the window',
    situation(object(bound({ lastApplied: underWay(WINDOW) })), {
      observation: seen([own()]),
    }),
    { kind: 'inSync' },
  ],
  [
    'waits for a young policy that no list shows',
    situation(object(bound({ boundAt: ago(WINDOW - 1) })), { observation: seen([], 'absent') }),
    { kind: 'await' },
  ],
  [
    'records a loss only when the id is absent by name (I2)',
    situation(object(bound()), { observation: seen([], 'absent') }),
    { kind: 'recordLoss', id: ID },
  ],
  [
    'halts when the id exists but is not listed (I2)',
    situation(object(bound()), { observation: seen([], 'exists') }),
    { kind: 'halt', why: { kind: 'notListed', id: ID } },
  ],
  [
    'waits when nobody knows whether the id exists',
    situation(object(bound()), { observation: seen([], 'unknown') }),
    { kind: 'await' },
  ],
  ['waits when nobody asked', situation(object(bound()), { observation: seen([]) }), { kind: 'await' }],
  [
    'does not touch the id in status without our marks (O15)',
    situation(object(bound()), { observation: seen([stranger()]) }),
    { kind: 'halt', why: { kind: 'ownershipLost', id: ID } },
  ],
  [
    'waits for tags that it may have written itself just now',
    situation(object(bound()), {
      observation: seen([stranger()]),
      recall: { written: { sinceMs: 1, before: '' } },
    }),
    { kind: 'await' },
  ],
  [
    'halts on another id with our marks while the first may exist',
    situation(object(bound()), { observation: seen([own({ id: 'spy-0' })], 'unknown') }),
    { kind: 'halt', why: { kind: 'conflict', ids: ['spy-0', ID] } },
  ],
  [
    'binds to the other id when the first is gone',
    situation(object(bound()), { observation: seen([own({ id: 'spy-0' })], 'absent') }),
    { kind: 'bind', policy: own({ id: 'spy-0' }) },
  ],
]);

rows('for a deletion', [
  [
    'destroys its own',
    situation(object(bound(), DELETING), { observation: seen([own()]) }),
    { kind: 'destroy', id: ID },
  ],
  [
    'destroys the id in status first when there are two',
    situation(object(bound(), DELETING), { observation: seen([own({ id: 'spy-0' }), own()]) }),
    { kind: 'destroy', id: ID },
  ],
  [
    'destroys also with an invalid spec',
    situation(object(bound(), DELETING), { violations: [VIOLATION], observation: seen([own()]) }),
    { kind: 'destroy', id: ID },
  ],
  [
    'waits for the list after the delete was answered',
    situation(object(bound(), DELETING), {
      observation: seen([own()]),
      recall: { deleted: { id: ID, sinceMs: 1 } },
    }),
    { kind: 'await' },
  ],
  [
    'sends it again when the list still shows it after the window',
    situation(object(bound(), DELETING), {
      observation: seen([own()]),
      recall: { deleted: { id: ID, sinceMs: WINDOW } },
    }),
    { kind: 'destroy', id: ID },
  ],
  [
    'releases when it is deleted and not shown',
    situation(object(bound(), DELETING), { recall: { deleted: { id: ID, sinceMs: 1 } } }),
    { kind: 'release' },
  ],
  [
    'does not release by a list alone (I2)',
    situation(object(bound(), DELETING), { observation: seen([], 'exists') }),
    { kind: 'halt', why: { kind: 'notListed', id: ID } },
  ],
  [
    'takes our marks and only those off a retained one',
    situation(object(bound(), DELETING, RETAIN), {
      observation: seen([own({ tags: { ...own().tags, cost: '7' } })]),
    }),
    {
      kind: 'release',
      untag: {
        id: ID,
        tags: Object.entries(own().tags)
          .map(([key, value]) => ({ key, value }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      },
    },
  ],
  [
    'retains an adopted one by default',
    situation(object(bound({ binding: 'Adopted' }), DELETING), { observation: seen([own()]) }),
    { kind: 'release', untag: expect.objectContaining({ id: ID }) },
  ],
  [
    'deletes an adopted one when asked to',
    situation(object(bound({ binding: 'Adopted' }), DELETING, { ...SPEC, deletionPolicy: 'Delete' }), {
      observation: seen([own()]),
    }),
    { kind: 'destroy', id: ID },
  ],
  [
    'lets a policy go that lost our marks, and says so',
    situation(object(bound(), DELETING), { observation: seen([stranger()]) }),
    { kind: 'release', note: expect.stringContaining(ID) },
  ],
  [
    'writes nothing under Observe',
    situation(object(bound(), DELETING, { ...SPEC, managementPolicy: 'Observe' }), {
      observation: seen([own()]),
    }),
    { kind: 'release', note: expect.stringContaining('Observe') },
  ],
  [
    'releases what has no id and shows nothing',
    situation(object({ target: TARGET }, DELETING)),
    { kind: 'release' },
  ],
]);

describe('clientToken()', () => {
  test('has at most 64 ASCII characters after a billion attempts', () => {
    expect(clientToken(UID, 0)).toBe(UID);
    expect(clientToken(UID, 1_000_000_000)).toMatch(/^[\x21-\x7e]{1,64}$/);
  });
});
