/** One example of each way in which a pass can end, for tests that go through all of them. */
import type { SecurityPolicy } from '../../src/api/securitypolicy.ts';
import type { nextStatus } from '../../src/domain/status.ts';
import type { CloudError, CloudErrorKind, CloudPolicy } from '../../src/ports/cloud.ts';
import type { IdentityReason } from '../../src/ports/identities.ts';

type Outcome = Parameters<typeof nextStatus>[1];
type Halt = Extract<Outcome, { kind: 'halted' }>['why'];

const KINDS = {
  throttled: 0,
  busy: 0,
  indeterminate: 0,
  tokenSpent: 0,
  notFound: 0,
  inUse: 0,
  denied: 0,
  credentials: 0,
  exhausted: 0,
  refused: 0,
} satisfies Record<CloudErrorKind, 0>;

const ERRORS = Object.keys(KINDS).map((kind): CloudError => {
  return { kind: kind as CloudErrorKind, code: 'Code', message: 'Text' };
});
/** What a read can be answered: the others are about a token, a policy or a quota that a write names. */
const READ_ERRORS = ERRORS.filter(
  ({ kind }) => !['tokenSpent', 'notFound', 'inUse', 'exhausted'].includes(kind),
);
const TARGET = { accountId: '1000000000000001', region: 'cn-hangzhou', endpoint: 'https://127.0.0.1' };
const SEEN: CloudPolicy = {
  id: 'spy-1',
  name: 'web',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['AES128-SHA256'],
  status: 'Configuring',
  tags: {},
  serviceManaged: false,
};
const FOUND = [{ field: 'ciphers', desired: 'a', observed: 'b' }] as const;
const DESIRED = { name: 'web', tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA256'], tags: {} };
const PENDING = {
  uid: 'uid-1',
  clientToken: 'uid-1',
  parameters: { name: 'web', tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA256'], tags: [] },
  announcedAt: '2026-01-01T00:00:00.000Z',
};
const CREDENTIALS: CloudError = { kind: 'credentials', code: 'Code', message: 'Text' };

const IDENTITY_REASONS: readonly IdentityReason[] = ['ProviderConfigNotFound', 'NamespaceNotAllowed'];
/** Codes of our own for keys that could not be had. */
const CREDENTIAL_CODES = ['SecretNotFound', 'TokenExchangeFailed'];

const HALTS = {
  credentials: { kind: 'credentials', error: CREDENTIALS },
  accountChanged: { kind: 'accountChanged', expected: '1', actual: '2' },
  regionChanged: { kind: 'regionChanged', expected: 'a', actual: 'b' },
  conflict: { kind: 'conflict', ids: ['spy-1', 'spy-2'] },
  ownershipLost: { kind: 'ownershipLost', id: 'spy-1' },
  notListed: { kind: 'notListed', id: 'spy-1' },
  identity: { kind: 'identity', reason: 'ProviderConfigNotFound', message: 'Text' },
  otherCluster: { kind: 'otherCluster', id: 'spy-1', cluster: 'cluster-2' },
  observedGone: { kind: 'observedGone', id: 'spy-1' },
  adoptionTargetNotFound: { kind: 'adoptionTargetNotFound', wanted: 'spy-1' },
  adoptionAmbiguous: { kind: 'adoptionAmbiguous', name: 'web', ids: ['spy-1', 'spy-2'] },
  adoptionForbidden: { kind: 'adoptionForbidden' },
  serviceManaged: { kind: 'serviceManaged', id: 'spy-1' },
  ownedByAnother: {
    kind: 'ownedByAnother',
    id: 'spy-1',
    uid: 'uid-2',
    object: 'team/other',
    cluster: 'cluster-1',
    claim: 'none',
  },
} satisfies { [Kind in Halt['kind']]: Extract<Halt, { kind: Kind }> };

const BY_KIND = {
  rejected: [{ kind: 'rejected', violations: [{ pointer: '/spec', value: '', rule: 'r', message: 'm' }] }],
  paused: [{ kind: 'paused' }],
  readOnly: [{ kind: 'readOnly' }],
  halted: [
    ...Object.values(HALTS),
    ...IDENTITY_REASONS.map((reason) => ({ kind: 'identity', reason, message: 'Text' }) as const),
    ...CREDENTIAL_CODES.map((code) => ({ kind: 'credentials', error: { ...CREDENTIALS, code } }) as const),
  ].map((why) => ({ kind: 'halted', why }) as const),
  unread: READ_ERRORS.map((error) => ({ kind: 'unread', what: 'list', error, failures: 3 }) as const),
  awaitingQuota: [{ kind: 'awaitingQuota' }],
  announced: [{ kind: 'announced', target: TARGET, pending: PENDING }],
  awaiting: [{ kind: 'awaiting' }, ...ERRORS.map((refusal) => ({ kind: 'awaiting', refusal }) as const)],
  createFailed: ERRORS.map((error) => ({ kind: 'createFailed', error }) as const),
  abandoned: [{ kind: 'abandoned' }, ...ERRORS.map((refusal) => ({ kind: 'abandoned', refusal }) as const)],
  prechecked: [{ kind: 'prechecked' }],
  precheckFailed: ERRORS.map((error) => ({ kind: 'precheckFailed', error }) as const),
  adopting: [{ kind: 'adopting', id: 'spy-1', tagKeys: [], at: 0 }],
  observed: [{ kind: 'observed', policy: SEEN, target: TARGET, found: FOUND }],
  bound: (['Created', 'Adopted'] as const).map(
    (binding) => ({ kind: 'bound', id: 'spy-1', target: TARGET, binding }) as const,
  ),
  lost: [{ kind: 'lost', id: 'spy-1' }],
  settling: [{ kind: 'settling', policy: SEEN }],
  updating: [{ kind: 'updating', policy: SEEN, found: FOUND, tagKeys: [] }],
  updateFailed: ERRORS.map((error) => ({ kind: 'updateFailed', error }) as const),
  inSync: [{ kind: 'inSync', policy: SEEN, desired: DESIRED }],
  drifted: [{ kind: 'drifted', policy: SEEN, found: FOUND }],
  deleting: [{ kind: 'deleting' }],
  deleteFailed: ERRORS.map((error) => ({ kind: 'deleteFailed', error }) as const),
  blocked: [{ kind: 'blocked', listeners: [] }],
} satisfies { [Kind in Outcome['kind']]: readonly Extract<Outcome, { kind: Kind }>[] };

/** Every kind of outcome, and with every kind of error where it carries one. */
export const OUTCOMES: readonly Outcome[] = Object.values(BY_KIND).flat();

/** The objects that an outcome can meet: new, and being deleted. */
export const OBJECTS: readonly SecurityPolicy[] = [false, true].map((deleting) => ({
  apiVersion: 'alb.alicloud.dev/v1alpha1',
  kind: 'SecurityPolicy',
  metadata: {
    name: 'web',
    namespace: 'team',
    uid: 'uid-1',
    generation: 1,
    resourceVersion: '1',
    ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA256'] },
}));
