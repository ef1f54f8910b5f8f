import { describe, expect, test } from 'vitest';
import type { ProviderConfig } from '../../../src/api/providerconfig.ts';
import type { Condition, SecurityPolicy, SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import type { AnyConfig } from '../../../src/domain/providerconfig.ts';
import { watchObjects } from '../../../src/operator/counts.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { parseExposition } from '../runtime/promlint.ts';

const STRONG = ['ECDHE-RSA-AES128-GCM-SHA256'];
const WEAK = ['AES128-SHA'];

function condition(type: Condition['type'], status: Condition['status']): Condition {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  return { type, status, reason: 'CredentialsInvalid', message: '', lastTransitionTime };
}

function policy(
  namespace: string,
  spec: SecurityPolicySpec,
  status: SecurityPolicy['status'] = {},
): SecurityPolicy {
  const metadata = { name: 'web', namespace, uid: namespace, resourceVersion: '1', generation: 1 };
  return { apiVersion: 'alb.alicloud.dev/v1alpha1', kind: 'SecurityPolicy', metadata, spec, status };
}

function config(conditions: Condition[]): AnyConfig {
  const metadata = { name: 'c', namespace: 'a', uid: 'u', resourceVersion: '1', generation: 1 };
  const object: ProviderConfig = {
    apiVersion: 'alb.alicloud.dev/v1alpha1',
    kind: 'ProviderConfig',
    metadata,
    spec: { secretRef: { name: 'c' } },
    status: { conditions },
  };
  return { kind: 'ProviderConfig', object };
}

/** What a scrape shows of one metric, by labels, when these objects are watched. */
async function shown(
  name: string,
  policies: readonly SecurityPolicy[],
  configs: readonly AnyConfig[],
): Promise<unknown> {
  const metrics = createMetrics({ version: '1.2.3', nodeVersion: 'v26.0.0', startedAt: 0 });
  watchObjects(metrics, { policies: () => policies.values(), configs: () => configs.values() });
  const families = parseExposition(await metrics.text());
  const samples = families.find((one) => one.name === name)?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [labels, value]));
}

describe('watchObjects()', () => {
  test('counts a config by its Ready, wherever among its conditions that stands', async () => {
    const refused = [condition('Stalled', 'True'), condition('Ready', 'False')];
    const configs = [config(refused), config([condition('Ready', 'True')]), config([])];
    expect(await shown('albsp_provider_configs', [], configs)).toMatchObject({
      '{kind="ProviderConfig",ready="True"}': 1,
      '{kind="ProviderConfig",ready="False"}': 1,
      '{kind="ProviderConfig",ready="Unknown"}': 1,
      '{kind="ClusterProviderConfig",ready="True"}': 0,
    });
  });

  test('counts what is weak by its spec, and what is only observed by what was seen', async () => {
    const observed = {
      observed: { name: 'web', tlsVersions: ['TLSv1.2'], ciphers: WEAK, status: 'Available', tags: [] },
    };
    const policies = [
      policy('spec', { tlsVersions: ['TLSv1.2'], ciphers: WEAK }),
      policy('strong', { tlsVersions: ['TLSv1.2'], ciphers: STRONG }, observed),
      policy('seen', { managementPolicy: 'Observe', adopt: { securityPolicyId: 'spy-1' } }, observed),
    ];
    expect(await shown('albsp_weak_policies', policies, [])).toEqual({
      '{namespace="spec"}': 1,
      '{namespace="seen"}': 1,
    });
  });
});
