/**
 * What must never happen between identities, each as a run of the real clouds against the stand-in: it answers with
 * what it found broken; nothing for the code as it is, something for the code with a bug planted.
 * @module
 */
import { systemClock } from '../../../../src/adapters/clock.ts';
import { createIdentities } from '../../../../src/adapters/identities.ts';
import type { ProviderConfig } from '../../../../src/api/providerconfig.ts';
import type { SecurityPolicy, SecurityPolicySpec } from '../../../../src/api/securitypolicy.ts';
import { type RunningAlb, startAlb } from '../../../../src/dev/alb/server.ts';
import { createClouds } from '../../../../src/operator/clouds.ts';
import type { Cloud } from '../../../../src/ports/cloud.ts';
import type { Identities } from '../../../../src/ports/identities.ts';
import type { Log } from '../../../../src/ports/log.ts';
import { clusterWide, policyOf, tenant, viewsOf } from '../configs.ts';

/** A run; the answer names what does not hold. */
export type Witness = () => Promise<readonly string[]>;

const OWN = '1000000000000001';
const FIRST = '2000000000000002';
const SECOND = '3000000000000003';
const REGION = 'cn-hangzhou';
const REF = { kind: 'ProviderConfig', name: 'own' } as const;
const SUITES = { tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'] };
const QUIET: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => QUIET };

interface Stage {
  readonly alb: RunningAlb;
  readonly identities: Identities;
  readonly tenants: ProviderConfig[];
  /** Secrets that were read, as `NAMESPACE/NAME`. */
  readonly reads: string[];
}

/**
 * Three accounts: the operator's own in its environment, and those of the Secrets `keys` of `team-a` and `team-b`.
 * The metadata service of the node would give keys as well.
 */
async function staged(
  run: (stage: Stage) => Promise<Readonly<Record<string, boolean>>>,
): Promise<readonly string[]> {
  const key = (account: string) => ({ id: `id-${account}`, secret: `secret-${account}`, account });
  const alb = await startAlb({
    accessKeys: [OWN, FIRST, SECOND].map(key),
    clock: systemClock,
    random: Math.random,
  });
  const secrets = new Map([
    ['team-a/keys', FIRST],
    ['team-b/keys', SECOND],
    ['albsp-system/keys', OWN],
  ]);
  const reads: string[] = [];
  const clouds = createClouds({
    config: { albEndpoint: alb.url, stsEndpoint: undefined, metadataEndpoint: alb.url },
    environment: {
      ALIBABA_CLOUD_ACCESS_KEY_ID: `id-${OWN}`,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: `secret-${OWN}`,
    },
    log: QUIET,
    userAgent: 'albsp/test',
    instance: 'test',
    mayWrite: () => true,
    onCall: () => {},
    readFile: () => Promise.reject(new Error('There is no file')),
    async readSecret({ namespace, name }) {
      reads.push(`${namespace}/${name}`);
      const account = secrets.get(`${namespace}/${name}`);
      if (account === undefined) return { kind: 'notFound', message: 'no' };
      const base64 = (text: string) => Buffer.from(text).toString('base64');
      const data = { accessKeyId: base64(`id-${account}`), accessKeySecret: base64(`secret-${account}`) };
      return { kind: 'ok', data, resourceVersion: '1' };
    },
  });
  const tenants = [tenant('team-a', 'own')];
  const place = { region: REGION, network: 'public' } as const;
  const identities = createIdentities({
    own: { cloud: clouds.make({ kind: 'environment' }, place), region: REGION, adoption: true },
    hasOwn: true,
    views: viewsOf({
      tenants,
      clusterWide: [
        clusterWide('prod', { allowedNamespaces: { matchLabels: { tier: 'prod' } } }),
        clusterWide('missing', {
          credentials: { secretRef: { namespace: 'albsp-system', name: 'missing' } },
        }),
        clusterWide('rrsa', {
          credentials: {
            rrsa: { roleArn: 'acs:ram::9:role/r', oidcProviderArn: 'acs:ram::9:oidc-provider/p' },
          },
        }),
        clusterWide('nothing', { credentials: {} }),
      ],
      namespaces: { 'team-a': { tier: 'prod' }, 'team-b': { tier: 'dev' } },
    }),
    place,
    make: (source, where) => clouds.make(source, where),
  });
  try {
    const oracles = await run({ alb, identities, tenants, reads });
    return Object.entries(oracles).flatMap(([name, holds]) => (holds ? [] : [name]));
  } finally {
    await clouds.close();
    await alb.close();
  }
}

function cloudOf(identities: Identities, policy: SecurityPolicy): Cloud | undefined {
  const found = identities.of(policy);
  return found.kind === 'ok' ? found.identity.cloud : undefined;
}

async function accountOf(identities: Identities, policy: SecurityPolicy): Promise<string | undefined> {
  const account = await cloudOf(identities, policy)?.account();
  return account?.kind === 'ok' ? account.value.accountId : undefined;
}

/** The names in the list of one identity. */
async function listOf(identities: Identities, policy: SecurityPolicy): Promise<string> {
  const account = await cloudOf(identities, policy)?.account();
  if (account?.kind !== 'ok') return 'no account';
  const list = await account.value.region(REGION).list(Number.NEGATIVE_INFINITY);
  return list.kind === 'ok' ? list.value.policies.map(({ name }) => name).join() : 'no list';
}

const wide = (name: string): SecurityPolicySpec['providerConfigRef'] => ({
  kind: 'ClusterProviderConfig',
  name,
});

/** The runs, by what they are about. */
export const WITNESSES = {
  /** I3: what one identity has listed is never shown to another. */
  snapshots: () =>
    staged(async ({ alb, identities, tenants }) => {
      tenants.push(tenant('team-b', 'own'));
      alb.console.create({ account: FIRST, region: REGION }, { name: 'theirs', ...SUITES });
      const first = await listOf(identities, policyOf('team-a', REF));
      const second = await listOf(identities, policyOf('team-b', REF));
      const lists = alb.ledger.entries().filter(({ action }) => action === 'ListSecurityPolicies');
      return {
        'an identity does not see its own policies': first === 'theirs',
        'an identity sees the policies of another': second === '',
        'a list was signed by another key':
          lists.map(({ account }) => account).join() === `${FIRST},${SECOND}`,
      };
    }),

  /** S6: a config that was changed or made anew works with what it says now. */
  changes: () =>
    staged(async ({ identities, tenants }) => {
      const before = await accountOf(identities, policyOf('team-a', REF));
      tenants.splice(0, 1, tenant('team-a', 'own', { secretRef: { name: 'missing' } }, { generation: 2 }));
      const after = await accountOf(identities, policyOf('team-a', REF));
      return {
        'a config does not work': before === FIRST,
        'old keys outlive their config': after === undefined,
      };
    }),

  /** A configured provider never falls through to another one, of the process or of the node. */
  providers: () =>
    staged(async ({ alb, identities }) => {
      const found = await Promise.all(
        ['missing', 'rrsa', 'nothing'].map((name) => accountOf(identities, policyOf('team-a', wide(name)))),
      );
      return {
        'a config without keys has an account': found.every((account) => account === undefined),
        'somebody was asked with keys that no config names': alb.ledger
          .entries()
          .every(({ action }) => action === 'AssumeRoleWithOIDC'),
      };
    }),

  /** S1: a Secret is read from the namespace of its config, and for nobody else. */
  secrets: () =>
    staged(async ({ identities, reads }) => {
      const stranger = await accountOf(identities, policyOf('team-b', REF));
      const untouched = reads.length === 0;
      const own = await accountOf(identities, policyOf('team-a', REF));
      return {
        'the config of another namespace was used': stranger === undefined,
        'a Secret was read for an object that is refused': untouched,
        'a Secret of another namespace was read': reads.every((one) => one === 'team-a/keys'),
        'a tenant has another account than its own': own === FIRST,
      };
    }),

  /** S1: `allowedNamespaces`. */
  namespaces: () =>
    staged(async ({ identities, reads }) => {
      const refused = await accountOf(identities, policyOf('team-b', wide('prod')));
      const untouched = reads.length === 0;
      const allowed = await accountOf(identities, policyOf('team-a', wide('prod')));
      return {
        'a namespace that is not allowed has an account': refused === undefined,
        'a Secret was read for a namespace that is not allowed': untouched,
        'a namespace that is allowed has none': allowed === OWN,
      };
    }),
} satisfies Readonly<Record<string, Witness>>;
