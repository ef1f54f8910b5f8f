import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { Admin, Manifest } from '../../test/environment/admin.ts';

/** What each policy of the benchmark asks for: two versions and six suites, as strict policies have. */
export const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2', 'TLSv1.3'],
  ciphers: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
  ],
};

/** Requests under way while objects are made. */
const MAKERS = 16;

/** The name of the policy number `index`; all have one length. */
export function nameOf(index: number): string {
  return `policy-${String(index).padStart(5, '0')}`;
}

/** A policy, not sent anywhere yet. */
export function policy(namespace: string, name: string, spec: SecurityPolicySpec = SPEC): Manifest {
  return {
    apiVersion: 'alb.alicloud.dev/v1alpha1',
    kind: 'SecurityPolicy',
    metadata: { name, namespace },
    spec,
  };
}

/** Makes `count` policies, 16 at a time; answers them as stored. */
export async function makePolicies(
  admin: Admin,
  namespace: string,
  count: number,
): Promise<readonly Manifest[]> {
  const made: Manifest[] = [];
  let next = 0;
  const make = async () => {
    for (let index = next++; index < count; index = next++)
      made.push(await admin.create(policy(namespace, nameOf(index))));
  };
  await Promise.all(Array.from({ length: MAKERS }, make));
  return made;
}
