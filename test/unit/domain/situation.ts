import { API_VERSION, FINALIZER, OWNER_TAGS } from '../../../src/api/group.ts';
import type {
  ObjectMeta,
  SecurityPolicy,
  SecurityPolicySpec,
  SecurityPolicyStatus,
} from '../../../src/api/securitypolicy.ts';
import { createParameters, desiredOf, managedHash } from '../../../src/domain/policy.ts';
import type { PendingCreate, Seen, Situation } from '../../../src/domain/step.ts';
import type { CloudError, CloudErrorKind, CloudPolicy } from '../../../src/ports/cloud.ts';

export const NOW = Date.UTC(2026, 2, 1, 12);
export const WINDOW = 60_000;
export const CLUSTER = 'cluster-1';
export const UID = '5c7b1e0a-2f35-4a8e-9a0f-3f0d3c1b7a52';
export const ID = 'spy-1';
export const TARGET = {
  accountId: '1000000000000001',
  region: 'cn-hangzhou',
  endpoint: 'https://alb.cn-hangzhou.aliyuncs.com',
};
export const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'],
};

/** A wall time of so many milliseconds ago. */
export function ago(ms: number): string {
  return new Date(NOW - ms).toISOString();
}

/** A claimed object. */
export function object(
  status: SecurityPolicyStatus = {},
  metadata: Partial<ObjectMeta> = {},
  spec: SecurityPolicySpec = SPEC,
): SecurityPolicy {
  return {
    apiVersion: API_VERSION,
    kind: 'SecurityPolicy',
    metadata: {
      name: 'web',
      namespace: 'team-a',
      uid: UID,
      resourceVersion: '1',
      generation: 2,
      finalizers: [FINALIZER],
      ...metadata,
    },
    spec,
    status,
  };
}

export const DELETING = { deletionTimestamp: '2026-03-01T11:59:00Z' };
const DESIRED = desiredOf(object(), CLUSTER);
export const HASH = managedHash(DESIRED);

/** The object's own policy, as the cloud shows it when all is well. */
export function own(change: Partial<CloudPolicy> = {}): CloudPolicy {
  return {
    id: ID,
    name: DESIRED.name,
    tlsVersions: DESIRED.tlsVersions,
    ciphers: DESIRED.ciphers,
    status: 'Available',
    resourceGroupId: 'rg-1',
    tags: DESIRED.tags,
    createTime: ago(3_600_000),
    serviceManaged: false,
    ...change,
  };
}

/** The same policy, without our marks. */
export function stranger(change: Partial<CloudPolicy> = {}): CloudPolicy {
  return own({ tags: { owner: 'someone' }, ...change });
}

/** The policy of an object of another cluster that has the same UID. */
export function twinOfOtherCluster(change: Partial<CloudPolicy> = {}): CloudPolicy {
  return own({ tags: { ...DESIRED.tags, [OWNER_TAGS.cluster]: 'cluster-2' }, ...change });
}

/** A policy with the tags of another object of this cluster. */
export function anotherOwners(change: Partial<CloudPolicy> = {}): CloudPolicy {
  const tags = { ...DESIRED.tags, [OWNER_TAGS.uid]: 'other-uid', [OWNER_TAGS.object]: 'team-b/web' };
  return own({ tags, ...change });
}

/** An announced create of this object. */
export function pending(change: Partial<PendingCreate> = {}): PendingCreate {
  const parameters = createParameters(DESIRED);
  return {
    uid: UID,
    clientToken: UID,
    parameters: {
      ...parameters,
      tlsVersions: [...parameters.tlsVersions],
      ciphers: [...parameters.ciphers],
      tags: parameters.tags.map((tag) => ({ ...tag })),
    },
    announcedAt: ago(1_000),
    ...change,
  };
}

/** The status of a bound and applied object, long past the window. */
export function bound(change: SecurityPolicyStatus = {}): SecurityPolicyStatus {
  return {
    securityPolicyId: ID,
    target: TARGET,
    binding: 'Created',
    boundAt: ago(3_600_000),
    lastApplied: { generation: 2, hash: HASH, tagKeys: Object.keys(DESIRED.tags).sort(), at: ago(3_600_000) },
    ...change,
  };
}

export function seen(
  policies: readonly CloudPolicy[],
  existence: Seen['existence'] = 'unasked',
  more: Partial<Seen> = {},
): Seen {
  return {
    kind: 'seen',
    target: TARGET,
    policies,
    total: policies.length,
    existence,
    previousOwner: 'unasked',
    adoption: true,
    ...more,
  };
}

export function failure(kind: CloudErrorKind, code = 'Some.Code'): CloudError {
  return { kind, code, message: 'No' };
}

export function situation(policy: SecurityPolicy, rest: Partial<Situation> = {}): Situation {
  return {
    policy,
    violations: [],
    clusterId: CLUSTER,
    observation: seen([]),
    recall: {},
    quota: 'open',
    now: NOW,
    window: WINDOW,
    ...rest,
  };
}
