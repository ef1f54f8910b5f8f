import { describe, expect, test } from 'vitest';
import type { CredentialSource } from '../../../src/adapters/alb/credentials/factory.ts';
import { createIdentities, type Place } from '../../../src/adapters/identities.ts';
import type { ClusterProviderConfig, ProviderConfig } from '../../../src/api/providerconfig.ts';
import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import { nextConfigStatus } from '../../../src/domain/configstatus.ts';
import type { Cloud } from '../../../src/ports/cloud.ts';
import type { Identities, Identity } from '../../../src/ports/identities.ts';
import { clusterWide, policyOf, tenant, viewsOf } from './configs.ts';

const OWN = { kind: 'ProviderConfig', name: 'own' } as const;
const SHARED = { kind: 'ClusterProviderConfig', name: 'shared' } as const;
const PLACE: Place = { region: 'cn-hangzhou', network: 'vpc' };
const NAMESPACES = { 'team-a': {}, 'team-b': {} };

const BUSY = { kind: 'error', error: { kind: 'busy', code: 'C', message: 'm' } } as const;
const REFUSED = {
  kind: 'error',
  error: { kind: 'credentials', code: 'InvalidAccessKeyId', message: 'no' },
} as const;

/** What the cloud answers about credentials of an account. */
function accountOf(accountId: string) {
  const region = (): never => {
    throw new Error('No region is asked for');
  };
  return { kind: 'ok', value: { accountId, arn: `acs:ram::${accountId}:user/albsp`, region } } as const;
}

interface Made {
  readonly source: CredentialSource;
  readonly place: Place;
}

/** A registry over lists that a test may change. */
function stage(hasOwn = true) {
  const made: Made[] = [];
  const tenants: ProviderConfig[] = [];
  const wide: ClusterProviderConfig[] = [];
  const doubts: string[] = [];
  const world = { answer: BUSY as Awaited<ReturnType<Cloud['account']>> };
  const cloud = (): Cloud => ({ account: async () => world.answer });
  const own: Identity = { cloud: cloud(), region: PLACE.region, adoption: true };
  const registry = createIdentities({
    own,
    hasOwn,
    views: viewsOf({ tenants, clusterWide: wide, namespaces: NAMESPACES }),
    place: PLACE,
    make(source, place) {
      made.push({ source, place });
      return cloud();
    },
    onDoubt: ({ kind, object }) =>
      doubts.push(`${kind} ${object.metadata.name} ${object.metadata.resourceVersion}`),
  });
  return { registry, own, made, tenants, wide, doubts, world };
}

function identityOf(registry: Identities, policy: SecurityPolicy): Identity {
  const found = registry.of(policy);
  if (found.kind === 'error') throw new Error(found.message);
  return found.identity;
}

describe('createIdentities()', () => {
  test('an object without a reference has the own identity', () => {
    const { registry, own } = stage();
    expect(identityOf(registry, policyOf('team-a'))).toBe(own);
  });

  test('a config has one cloud as long as it is unchanged, also when its status was written', () => {
    const { registry, tenants, made } = stage();
    tenants.push(tenant('team-a', 'own'));
    const first = identityOf(registry, policyOf('team-a', OWN));
    tenants.splice(0, 1, { ...tenant('team-a', 'own', {}, { resourceVersion: '2' }), status: {} });
    expect(identityOf(registry, policyOf('team-a', OWN))).toBe(first);
    expect(made).toHaveLength(1);
  });

  test.each([
    ['changed', tenant('team-a', 'own', { secretRef: { name: 'other' } }, { generation: 2 })],
    ['created anew under its name', tenant('team-a', 'own', {}, { uid: 'another' })],
  ])('a config that was %s has another cloud (E9)', (_, next) => {
    const { registry, tenants } = stage();
    tenants.push(tenant('team-a', 'own'));
    const first = identityOf(registry, policyOf('team-a', OWN));
    tenants.splice(0, 1, next);
    const second = identityOf(registry, policyOf('team-a', OWN));
    expect(second.cloud).not.toBe(first.cloud);
    expect(identityOf(registry, policyOf('team-a', OWN))).toBe(second);
  });

  test('a config that is gone takes its cloud with it, unless another one has its name already (E9)', () => {
    const { registry, tenants } = stage();
    const old = tenant('team-a', 'own');
    tenants.push(old);
    const first = identityOf(registry, policyOf('team-a', OWN));
    registry.forget({ kind: 'ProviderConfig', object: old });
    tenants.splice(0, 1);
    expect(registry.of(policyOf('team-a', OWN))).toMatchObject({
      kind: 'error',
      reason: 'ProviderConfigNotFound',
    });
    tenants.push(tenant('team-a', 'own', {}, { uid: 'another' }));
    const second = identityOf(registry, policyOf('team-a', OWN));
    expect(second).not.toBe(first);
    registry.forget({ kind: 'ProviderConfig', object: old });
    expect(identityOf(registry, policyOf('team-a', OWN))).toBe(second);
  });

  test('configs of one name, in two namespaces and of both kinds, share no cloud (I3, S6)', () => {
    const { registry, tenants, wide } = stage();
    tenants.push(tenant('team-a', 'own'), tenant('team-b', 'own'));
    wide.push(clusterWide('own'));
    const clouds = [
      identityOf(registry, policyOf('team-a', OWN)).cloud,
      identityOf(registry, policyOf('team-b', OWN)).cloud,
      identityOf(registry, policyOf('team-a', { kind: 'ClusterProviderConfig', name: 'own' })).cloud,
      identityOf(registry, policyOf('team-a')).cloud,
    ];
    expect(new Set(clouds).size).toBe(4);
  });

  test('two configs of one Secret share no cloud: their rights may be changed one by one (I3)', () => {
    const { registry, wide } = stage();
    wide.push(clusterWide('shared'), clusterWide('twin'));
    const clouds = ['shared', 'twin'].map(
      (name) => identityOf(registry, policyOf('team-a', { kind: 'ClusterProviderConfig', name })).cloud,
    );
    expect(new Set(clouds).size).toBe(2);
  });

  test('nothing is made for an object that is refused (S1)', () => {
    const { registry, made, wide, tenants } = stage();
    wide.push(clusterWide('shared', { allowedNamespaces: { matchLabels: { tier: 'prod' } } }));
    tenants.push(tenant('team-a', 'own'));
    expect(registry.of(policyOf('team-b', SHARED))).toMatchObject({ reason: 'NamespaceNotAllowed' });
    expect(registry.of(policyOf('team-b', OWN))).toMatchObject({ reason: 'ProviderConfigNotFound' });
    expect(made).toEqual([]);
  });

  test('all() is the own identity and every config once; without own credentials only the configs', () => {
    for (const hasOwn of [true, false]) {
      const { registry, tenants, wide, own } = stage(hasOwn);
      tenants.push(tenant('team-a', 'own'), tenant('team-b', 'own'));
      wide.push(clusterWide('shared'));
      const all = [...registry.all()];
      expect(all.includes(own)).toBe(hasOwn);
      expect(new Set(all).size).toBe(hasOwn ? 4 : 3);
      expect([...registry.all()]).toEqual(all);
    }
  });

  test('a ProviderConfig has its own Secret, region and the network of the operator, and may adopt (S1)', () => {
    const { registry, tenants, made } = stage();
    const keys = { accessKeyId: 'AK_ID' };
    tenants.push(tenant('team-a', 'own', { region: 'cn-beijing', secretRef: { name: 'k', keys } }));
    const identity = identityOf(registry, policyOf('team-a', OWN));
    expect(identity).toMatchObject({ region: 'cn-beijing', adoption: true });
    expect(made).toEqual([
      {
        source: { kind: 'secretRef', secret: { namespace: 'team-a', name: 'k' }, keys },
        place: { region: 'cn-beijing', network: 'vpc' },
      },
    ]);
  });

  test('a ProviderConfig has no endpoint of its own, even where an object holds one (S2)', () => {
    const { registry, tenants, made } = stage();
    const smuggled = { secretRef: { name: 'keys' }, endpoint: 'https://evil.test', network: 'public' };
    tenants.push(tenant('team-a', 'own', smuggled));
    identityOf(registry, policyOf('team-a', OWN));
    expect(made[0]?.place).toEqual({ region: 'cn-hangzhou', network: 'vpc' });
  });

  test.each<[string, Parameters<typeof clusterWide>[1], object]>([
    [
      'rrsa',
      { credentials: { rrsa: { roleArn: 'r', oidcProviderArn: 'o' } } },
      { kind: 'rrsa', role: { roleArn: 'r', oidcProviderArn: 'o' } },
    ],
    [
      'secretRef',
      { credentials: { secretRef: { namespace: 'vault', name: 'k' } } },
      { kind: 'secretRef', secret: { namespace: 'vault', name: 'k' }, keys: undefined },
    ],
    ['ecsRamRole', { credentials: { ecsRamRole: { roleName: 'n' } } }, { kind: 'ecsRamRole', roleName: 'n' }],
    ['environment', { credentials: { environment: {} } }, { kind: 'environment' }],
    ['nothing, which is no identity rather than the own one', { credentials: {} }, { kind: 'none' }],
  ])('credentials of a ClusterProviderConfig: %s', (_, spec, source) => {
    const { registry, wide, made } = stage();
    wide.push(clusterWide('shared', spec));
    identityOf(registry, policyOf('team-a', SHARED));
    expect(made).toEqual([
      { source, place: { region: 'cn-hangzhou', network: 'public', endpoint: undefined } },
    ]);
  });

  test.each([
    [undefined, false],
    ['Disabled', false],
    ['Enabled', true],
  ] as const)('adoption %s of a ClusterProviderConfig', (adoption, expected) => {
    const { registry, wide } = stage();
    wide.push(clusterWide('shared', adoption === undefined ? {} : { adoption }));
    expect(identityOf(registry, policyOf('team-a', SHARED)).adoption).toBe(expected);
  });
});

describe('doubts about a config', () => {
  const names = policyOf('team-a', OWN);
  /** A config whose status says what this answer was. */
  const said = (answer: Parameters<typeof nextConfigStatus>[1], resourceVersion = '1') => {
    const object = tenant('team-a', 'own', {}, { resourceVersion });
    return { ...object, status: nextConfigStatus({ kind: 'ProviderConfig', object }, answer, 0) };
  };

  test.each([
    ['refused, where its status says that they work', accountOf('1'), REFUSED, 1],
    ['of another account than its status says', accountOf('1'), accountOf('2'), 1],
    ['allowed, where its status says that they are refused', REFUSED, accountOf('1'), 1],
    ['as its status says', accountOf('1'), accountOf('1'), 0],
    ['refused, as its status says', REFUSED, REFUSED, 0],
    ['not to be learned now', accountOf('1'), BUSY, 0],
  ])('a pass that finds its credentials %s (E9)', async (_, before, answer, expected) => {
    const { registry, tenants, doubts, world } = stage();
    tenants.push(said(before));
    world.answer = answer;
    await identityOf(registry, names).cloud.account();
    expect(doubts).toHaveLength(expected);
  });

  test('end when the status says it too, and are never raised by whoever keeps the status', async () => {
    const { registry, tenants, doubts, world } = stage();
    tenants.push(said(accountOf('1')));
    world.answer = REFUSED;
    await registry.cloudOf({ kind: 'ProviderConfig', object: said(accountOf('1')) }).account();
    expect(doubts).toEqual([]);
    const { cloud } = identityOf(registry, names);
    await cloud.account();
    expect(doubts).toEqual(['ProviderConfig own 1']);
    tenants.splice(0, 1, said(REFUSED, '2'));
    expect(identityOf(registry, names).cloud).toBe(cloud);
    await cloud.account();
    expect(doubts).toHaveLength(1);
  });

  test('are none about the own identity, which has no status', async () => {
    const { registry, doubts, world } = stage();
    world.answer = REFUSED;
    await identityOf(registry, policyOf('team-a')).cloud.account();
    expect(doubts).toEqual([]);
  });
});
