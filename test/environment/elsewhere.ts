import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { Manifest } from './admin.ts';
import { eventually } from './eventually.ts';
import type { World } from './world.ts';

const WITHIN_MS = 30_000;

/** Another namespace of a world, for tests of several. */
export class Elsewhere {
  readonly namespace: string;
  readonly #world: World;

  private constructor(world: World, namespace: string) {
    this.#world = world;
    this.namespace = namespace;
  }

  /** Makes the namespace. */
  static async open(world: World, namespace: string): Promise<Elsewhere> {
    await world.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    return new Elsewhere(world, namespace);
  }

  /** Creates a policy. */
  policy(name: string, spec: SecurityPolicySpec, labels: Readonly<Record<string, string>> = {}) {
    const { metadata, ...rest } = this.#world.policy(name, spec, { labels });
    return this.#world.admin.create({ ...rest, metadata: { ...metadata, namespace: this.namespace } });
  }

  /** A tenant's Secret and the ProviderConfig that names it. */
  async identity(
    config: string,
    secret: string,
    keys: { readonly accessKeyId: string; readonly accessKeySecret: string },
  ): Promise<void> {
    const { admin } = this.#world;
    const { namespace } = this;
    const data = Object.fromEntries(
      Object.entries(keys).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    );
    await admin.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace }, data });
    await admin.create({
      apiVersion: 'alb.alicloud.dev/v1alpha1',
      kind: 'ProviderConfig',
      metadata: { name: config, namespace },
      spec: { secretRef: { name: secret } },
    });
  }

  get(name: string): Promise<Manifest> {
    return this.#world.admin.get(this.reference(name));
  }

  reference(name: string) {
    return { kind: 'SecurityPolicy', name, namespace: this.namespace };
  }

  /** Waits for a condition whose texts contain these; returns the object. */
  whenCondition(
    name: string,
    expected: {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    },
  ): Promise<Manifest> {
    const probe = async () => {
      const object = await this.get(name);
      const conditions: readonly Manifest[] = object.status?.conditions ?? [];
      const met = conditions.some(
        ({ type, status, reason, message }) =>
          type === expected.type &&
          status === expected.status &&
          (expected.reason === undefined || reason === expected.reason) &&
          (expected.message === undefined || message.includes(expected.message)),
      );
      if (!met) throw new Error(JSON.stringify(object.status));
      return object;
    };
    return eventually(probe, { within: WITHIN_MS, what: `'${name}' ${JSON.stringify(expected)}` });
  }

  whenReady(name: string): Promise<Manifest> {
    return this.whenCondition(name, { type: 'Ready', status: 'True' });
  }

  async whenGone(name: string): Promise<void> {
    const probe = async () => {
      const object = await this.#world.admin.find(this.reference(name));
      if (object !== undefined) throw new Error(JSON.stringify(object.status));
    };
    await eventually(probe, { within: WITHIN_MS, what: `'${name}' gone` });
  }
}
