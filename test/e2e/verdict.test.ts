import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { readSource } from '../../src/cli/lint/source.ts';
import { checkManifest } from '../../src/domain/check/manifest.ts';
import { checkSpec } from '../../src/domain/check.ts';
import { Admin, ApiRefusal, type Manifest } from '../environment/admin.ts';
import { describeReal } from '../environment/tiers.ts';
import { type SpecCase, specCase } from '../unit/check/specs.ts';

/** Specs that all three judge; half of them are one mutation from valid. */
const RUNS = 2000;
const NAMESPACE = 'verdict';
const GOOD = { tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'] };
const TARGET = { accountId: '1', region: 'cn-hangzhou', endpoint: 'https://alb.cn-hangzhou.aliyuncs.com' };

describeReal('the verdict', () => {
  let admin: Admin;
  beforeAll(async () => {
    admin = await Admin.of(inject('realServer')?.adminKubeconfig ?? '');
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  });
  afterAll(() => admin?.close());

  test(`the server, checkSpec() and lint() agree on ${RUNS} specs at create`, async () => {
    let refusals = 0;
    const property = fc.asyncProperty(specCase(), async (one) => {
      const refusal = await verdictOfServer(admin, one);
      if (refusal !== undefined) refusals += 1;
      const own = checkSpec(one.name, one.spec as SecurityPolicySpec);
      const linted = verdictOfLint(one);
      const judges = `server: ${refusal ?? 'fine'}\ncheckSpec: ${JSON.stringify(own)}`;
      expect(own.length > 0, judges).toBe(refusal !== undefined);
      expect(linted.length > 0, judges).toBe(refusal !== undefined);
    });
    await fc.assert(property, {
      numRuns: RUNS,
      interruptAfterTimeLimit: 110_000,
      markInterruptAsFailure: true,
    });
    expect(refusals).toBeGreaterThan(RUNS / 5);
    expect(refusals).toBeLessThan(RUNS / 1.5);
  });

  test.each<[string, object, RegExp]>([
    ['a region', { region: 'cn-hangzhou' }, /spec\.region: Forbidden: region is frozen/],
    [
      'a provider config',
      { providerConfigRef: { kind: 'ProviderConfig', name: 'x' } },
      /spec\.providerConfigRef: Forbidden: providerConfigRef is frozen/,
    ],
    ['an adoption', { adopt: { securityPolicyId: 'x' } }, /spec\.adopt: Forbidden: adopt can be neither/],
    ['DryRun', { managementPolicy: 'DryRun' }, /spec\.managementPolicy: Forbidden: DryRun can be left/],
  ])('refuses %s once the target is set, and not before', async (_, change, message) => {
    const reference = await created(admin, GOOD);
    await admin.patch(reference, { spec: change });
    await admin.patch(reference, { spec: undone(change) });
    await admin.patch(reference, { status: { target: TARGET } }, 'status');
    await expect(admin.patch(reference, { spec: change })).rejects.toThrow(message);
    await admin.patch(reference, { spec: { tlsVersions: ['TLSv1.1', 'TLSv1.2'] } });
  });

  test.each<[string, object, object]>([
    ['a region', { region: 'cn-hangzhou' }, { region: null }],
    ['an adoption', { adopt: { securityPolicyId: 'x' } }, { adopt: null }],
    ['an adoption', { adopt: { securityPolicyId: 'x' } }, { adopt: { securityPolicyId: 'y' } }],
  ])('keeps %s as it was once the target is set', async (_, given, change) => {
    const reference = await created(admin, { ...GOOD, ...given });
    await admin.patch(reference, { status: { target: TARGET } }, 'status');
    await expect(admin.patch(reference, { spec: change })).rejects.toThrow(/Forbidden/);
  });

  test('lets DryRun be left once the target is set', async () => {
    const reference = await created(admin, { ...GOOD, managementPolicy: 'DryRun' });
    await admin.patch(reference, { status: { target: TARGET } }, 'status');
    await admin.patch(reference, { spec: { managementPolicy: 'Managed' } });
  });

  test('lets a bound object be observed without adopt, and lose its id again', async () => {
    const reference = await created(admin, GOOD);
    const observe = { spec: { managementPolicy: 'Observe' } };
    await expect(admin.patch(reference, observe)).rejects.toThrow(/spec\.adopt: Required value/);
    await admin.patch(reference, { status: { securityPolicyId: 'spy-1', target: TARGET } }, 'status');
    await admin.patch(reference, observe);
    await admin.patch(reference, { status: { securityPolicyId: null } }, 'status');
  });

  test('gives a new object the defaults, and a status that nobody takes for ready', async () => {
    const object = await admin.get(await created(admin, GOOD));
    expect(object.spec).toEqual({ ...GOOD, managementPolicy: 'Managed', driftPolicy: 'Correct' });
    expect(object.status).toEqual({ observedGeneration: -1 });
  });

  test.each<[boolean, string, object]>([
    [true, 'ProviderConfig', { secretRef: { name: 'keys' } }],
    [
      true,
      'ProviderConfig',
      { region: 'cn-hangzhou', secretRef: { name: 'keys', keys: { accessKeyId: 'AK_ID' } } },
    ],
    [false, 'ProviderConfig', {}],
    [false, 'ProviderConfig', { secretRef: { name: 'keys' }, endpoint: 'https://example.com' }],
    [false, 'ProviderConfig', { secretRef: { name: 'keys', namespace: 'other' } }],
    [false, 'ProviderConfig', { secretRef: { name: 'keys', keys: { accessKeyId: 'a b' } } }],
    [false, 'ProviderConfig', { region: 'evil.example.com/', secretRef: { name: 'keys' } }],
    [true, 'ClusterProviderConfig', { credentials: { environment: {} }, allowedNamespaces: {} }],
    [
      true,
      'ClusterProviderConfig',
      { credentials: { ecsRamRole: { roleName: 'r' } }, network: 'vpc', adoption: 'Enabled' },
    ],
    [true, 'ClusterProviderConfig', { credentials: { environment: {} }, endpoint: 'http://127.0.0.1:8080' }],
    [true, 'ClusterProviderConfig', { credentials: { environment: {} }, endpoint: 'http://[::1]:8080' }],
    [true, 'ClusterProviderConfig', { credentials: { rrsa: null, environment: {} } }],
    [true, 'ClusterProviderConfig', selecting({ key: 'a', operator: 'In', values: ['b'] })],
    [true, 'ClusterProviderConfig', selecting({ key: 'a', operator: 'Exists' })],
    [false, 'ClusterProviderConfig', selecting({ key: 'a', operator: 'In' })],
    [false, 'ClusterProviderConfig', selecting({ key: 'a', operator: 'Exists', values: ['b'] })],
    [false, 'ClusterProviderConfig', { allowedNamespaces: {} }],
    [false, 'ClusterProviderConfig', { credentials: {} }],
    [false, 'ClusterProviderConfig', { credentials: { environment: {}, ecsRamRole: { roleName: 'r' } } }],
    [false, 'ClusterProviderConfig', { credentials: { secretRef: { name: 'keys' } } }],
    [false, 'ClusterProviderConfig', { credentials: { rrsa: { roleArn: 'x', oidcProviderArn: 'y' } } }],
    [false, 'ClusterProviderConfig', { credentials: { environment: {} }, endpoint: 'http://example.com' }],
    [false, 'ClusterProviderConfig', { credentials: { environment: {} }, endpoint: 'https://a@example.com' }],
    [false, 'ClusterProviderConfig', { credentials: { environment: {} }, network: 'internet' }],
  ])('the server and lint() say %s of a %s %j', async (good, kind, spec) => {
    const namespace = kind === 'ProviderConfig' ? { namespace: NAMESPACE } : {};
    const config: Manifest = {
      apiVersion: API_VERSION,
      kind,
      metadata: { name: 'config', ...namespace },
      spec,
    };
    expect((await refusalOf(admin, config)) === undefined).toBe(good);
    expect(lintedOf(config).length === 0).toBe(good);
  });

  test('names the suites that do not go with the versions', async () => {
    const spec = {
      tlsVersions: ['TLSv1.3'],
      ciphers: ['AES128-SHA', 'AES128-SHA256', 'TLS_AES_128_GCM_SHA256'],
    };
    const refusal = await verdictOfServer(admin, { name: 'web', spec });
    expect(refusal).toContain('Not usable without TLSv1.2 in tlsVersions: AES128-SHA256');
    expect(refusal).toContain('Not usable without TLSv1.0 or TLSv1.1 or TLSv1.2 in tlsVersions: AES128-SHA');
  });
});

function manifest({ name, spec }: SpecCase): Manifest {
  const metadata = { name, namespace: NAMESPACE };
  return { apiVersion: API_VERSION, kind: 'SecurityPolicy', metadata, spec };
}

function verdictOfServer(admin: Admin, one: SpecCase): Promise<string | undefined> {
  return refusalOf(admin, manifest(one));
}

function verdictOfLint(one: SpecCase): readonly unknown[] {
  return lintedOf(manifest(one));
}

/** Why the server refuses it, or undefined when it does not. */
async function refusalOf(admin: Admin, object: Manifest): Promise<string | undefined> {
  try {
    await admin.create(object, '?dryRun=All&fieldValidation=Strict');
    return undefined;
  } catch (failure) {
    if (failure instanceof ApiRefusal && (failure.code === 422 || failure.code === 400))
      return failure.message;
    throw failure;
  }
}

function lintedOf(object: Manifest): readonly unknown[] {
  const source = readSource(JSON.stringify(object));
  if (source.kind !== 'read') throw new Error(source.message);
  const verdicts = source.manifests.map((each) => checkManifest(each.value));
  return verdicts.flatMap((verdict) => (verdict.kind === 'judged' ? verdict.violations : []));
}

/** The spec of a ClusterProviderConfig with one requirement on namespaces. */
function selecting(requirement: object): object {
  return { credentials: { environment: {} }, allowedNamespaces: { matchExpressions: [requirement] } };
}

let count = 0;

/** Creates an object of its own and names it. */
async function created(admin: Admin, spec: object) {
  count += 1;
  const reference = { kind: 'SecurityPolicy', name: `frozen-${count}`, namespace: NAMESPACE };
  await admin.create(manifest({ name: reference.name, spec: { ...spec } }));
  return reference;
}

/** The merge patch that takes `change` back. */
function undone(change: object): object {
  const fields = Object.keys(change).map((key) => [key, key === 'managementPolicy' ? 'Managed' : null]);
  return Object.fromEntries(fields);
}
