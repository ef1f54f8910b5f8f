import { systemClock } from '../../src/adapters/clock.ts';
import type { ClusterProviderConfigSpec, ProviderConfigSpec } from '../../src/api/providerconfig.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { type RunningAlb, startAlb } from '../../src/dev/alb/server.ts';
import type { Manifest, Reference } from './admin.ts';
import { makeCanaries } from './credentials.ts';
import { eventually } from './eventually.ts';
import { OPERATOR_USER } from './realserver.ts';
import type { Tier } from './tiers.ts';
import type { World } from './world.ts';

/** An AccessKey of one account. */
export interface AccountKey {
  readonly id: string;
  readonly secret: string;
  readonly account: string;
}

/** What a policy names to use a config. */
export type ConfigRef = NonNullable<SecurityPolicySpec['providerConfigRef']>;

/** What is waited for. */
interface Expected {
  readonly type?: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
}

/** Two accounts beside the operator's own. */
export const FIRST = '2000000000000002';
export const SECOND = '3000000000000003';
/** Flags for the whole cluster: what is cluster-wide is only watched then. */
export const WHOLE = { namespace: null };

const API = 'alb.alicloud.dev/v1alpha1';
const RBAC = 'rbac.authorization.k8s.io';
const WITHIN_MS = 30_000;

/** The accounts, Secrets and provider configs of one test. What does not go with its namespace goes at its end. */
export class Accounts {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A new key that the cloud accepts; it must stand nowhere when the test ends. */
  key(account: string, alb: RunningAlb = this.#world.alb): AccountKey {
    const canaries = makeCanaries();
    this.#world.guard(canaries);
    const key = { id: canaries.accessKeyId, secret: canaries.accessKeySecret, account };
    alb.model.keys.add(key);
    return key;
  }

  /** Creates the Secret, or replaces what it holds; values as a user types them, before base64. */
  async put(
    name: string,
    values: AccountKey | Readonly<Record<string, string>>,
    namespace = this.#world.namespace,
  ): Promise<void> {
    const texts = isKey(values) ? { accessKeyId: values.id, accessKeySecret: values.secret } : values;
    const data = Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    );
    const { admin } = this.#world;
    const current = await admin.find({ kind: 'Secret', name, namespace });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data };
    if (current === undefined) await admin.create(secret);
    else await admin.replace({ ...secret, metadata: current.metadata });
  }

  /** Lets the operator get these Secrets of a namespace, as a user must; the stand-in asks nobody for rights. */
  async allow(secrets: readonly string[], namespace = this.#world.namespace): Promise<void> {
    const { admin, tier } = this.#world;
    if (tier === 'stand-in') return;
    const metadata = { name: `albsp-${secrets[0]}`, namespace };
    const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: secrets, verbs: ['get'] }];
    await admin.create({ apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules });
    await admin.create({
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: metadata.name },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: OPERATOR_USER }],
    });
    await this.#whenAllowed(secrets[0] ?? '', namespace);
  }

  /** The API server learns of a new Role a moment after it was made, and an operator that runs may ask at once. */
  async #whenAllowed(name: string, namespace: string): Promise<void> {
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const resourceAttributes = { verb: 'get', resource: 'secrets', name, namespace };
    const probe = async () => {
      const review = await this.#world.admin.send('POST', path, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: OPERATOR_USER, resourceAttributes },
      });
      if (review.status.allowed !== true) throw new Error(JSON.stringify(review.status));
    };
    await eventually(probe, { within: WITHIN_MS, what: `The right to get Secret '${name}'` });
  }

  /** A ProviderConfig of the test's namespace. */
  async tenant(name: string, spec: ProviderConfigSpec): Promise<ConfigRef> {
    const metadata = { name, namespace: this.#world.namespace };
    await this.#world.admin.create({ apiVersion: API, kind: 'ProviderConfig', metadata, spec });
    return { kind: 'ProviderConfig', name };
  }

  /** A tenant's config with a Secret of the same name that the operator may read. */
  async tenantWith(name: string, key: AccountKey): Promise<ConfigRef> {
    await this.put(name, key);
    await this.allow([name]);
    return this.tenant(name, { secretRef: { name } });
  }

  /** A ClusterProviderConfig under a name of this test's own, for all namespaces unless told otherwise. */
  async clusterWide(suffix: string, spec: ClusterProviderConfigSpec): Promise<ConfigRef> {
    const name = `${this.#world.namespace}-${suffix}`;
    const { admin } = this.#world;
    this.#world.onClose(() => admin.delete({ kind: 'ClusterProviderConfig', name }));
    await admin.create({
      apiVersion: API,
      kind: 'ClusterProviderConfig',
      metadata: { name },
      spec: { allowedNamespaces: {}, ...spec },
    });
    return { kind: 'ClusterProviderConfig', name };
  }

  /** A cluster-wide config with a Secret in the test's namespace that the operator may read. */
  async clusterWideWith(
    suffix: string,
    key: AccountKey,
    more: Partial<ClusterProviderConfigSpec> = {},
  ): Promise<ConfigRef> {
    await this.put(suffix, key);
    await this.allow([suffix]);
    const secretRef = { namespace: this.#world.namespace, name: suffix };
    return this.clusterWide(suffix, { credentials: { secretRef }, ...more });
  }

  /** Changes a part of a config's spec. */
  edit(ref: ConfigRef, spec: object): Promise<Manifest> {
    return this.#world.admin.patch(this.reference(ref), { spec });
  }

  reference({ kind, name }: ConfigRef): Reference {
    return kind === 'ProviderConfig' ? { kind, name, namespace: this.#world.namespace } : { kind, name };
  }

  /** Another namespace of this test. */
  async namespace(suffix: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `${this.#world.namespace}-${suffix}`;
    const { admin } = this.#world;
    this.#world.onClose(async () => {
      for (const { metadata } of await admin.list('SecurityPolicy', name)) {
        const policy = { kind: 'SecurityPolicy', name: metadata.name, namespace: name };
        await admin.delete(policy);
        await admin.patch(policy, { metadata: { finalizers: null } }).catch(() => undefined);
      }
      await admin.delete({ kind: 'Namespace', name });
    });
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    return name;
  }

  /** Waits until an object has a condition at its current generation, Ready unless told otherwise. */
  async when(reference: Reference, expected: Expected, within = WITHIN_MS): Promise<Manifest> {
    return eventually(
      async () => {
        const object = await this.#world.admin.get(reference);
        const conditions: readonly Manifest[] = object.status?.conditions ?? [];
        const met = conditions.some(
          (one) =>
            one.type === (expected.type ?? 'Ready') &&
            one.status === expected.status &&
            one.observedGeneration === object.metadata.generation &&
            (expected.reason === undefined || one.reason === expected.reason),
        );
        if (!met) throw new Error(`it has ${JSON.stringify(object.status)}`);
        return object;
      },
      { within, what: `${reference.kind} '${reference.name}' ${JSON.stringify(expected)}` },
    );
  }

  /** Every request for a Secret of this test's namespaces, as `verb NAMESPACE/NAME`, refused ones included. */
  async secretRequests(): Promise<readonly string[]> {
    const requests = await this.#world.cluster.requests(this.#world.namespace);
    return requests
      .filter(({ resource }) => resource === 'secrets')
      .map(({ verb, namespace, name }) => `${verb} ${namespace}/${name}`);
  }
}

/** A world whose operator may watch the whole cluster. */
export async function openAccounts(
  tier: Tier,
): Promise<{ readonly world: World; readonly accounts: Accounts }> {
  const world = await tier.open();
  return { world, accounts: new Accounts(world) };
}

/** The spec, with this config. */
export function using(ref: ConfigRef, spec: SecurityPolicySpec): SecurityPolicySpec {
  return { ...spec, providerConfigRef: ref };
}

/** Names of the policies of an account. */
export function namesIn(world: World, account: string): readonly string[] {
  return world.alb.model.live(account).map(({ name }) => name);
}

/** What a condition says. */
export function messageOf(object: Manifest, type: string): string {
  const conditions: readonly Manifest[] = object.status.conditions;
  return conditions.find((one) => one.type === type)?.message ?? '';
}

/** Cloud requests after entry `since` that are no reads, with the account that their signature was of. */
export function writesSince(world: World, since: number): readonly string[] {
  return world.alb.ledger
    .entries(since)
    .filter(({ action }) => /^(Create|Update|Delete|Tag|UnTag|Move)/.test(action))
    .map(({ action, account }) => `${action} ${account}`);
}

function isKey(values: object): values is AccountKey {
  return 'account' in values && 'secret' in values;
}

/** A stand-in cloud that nobody but one test knows. */
export async function secondCloud(world: World): Promise<RunningAlb> {
  const alb = await startAlb({ accessKeys: [], clock: systemClock, random: Math.random });
  world.onClose(() => alb.close());
  return alb;
}
