import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { Kubectl } from './kubectl.ts';
import { OPERATOR_NAMESPACE } from './realserver.ts';
import { World } from './world.ts';

/** A policy that becomes active or goes does so at the API server's next look, once a second; generous. */
const WITHIN_MS = 20_000;

/** The files of deploy/guardrails. */
export const GUARDRAILS = ['minimum-tls', 'forbidden-suites', 'required-tags', 'deletion'] as const;
type GuardrailName = (typeof GUARDRAILS)[number];

/** A spec that no guardrail has anything against. */
export const GOOD = {
  tlsVersions: ['TLSv1.2', 'TLSv1.3'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_AES_128_GCM_SHA256'],
  tags: { team: 'web', environment: 'staging' },
};

/** What each guardrail on the spec refuses, and nothing else does. */
export const BAD = {
  'minimum-tls': { ...GOOD, tlsVersions: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
  'forbidden-suites': { ...GOOD, ciphers: [...GOOD.ciphers, 'DES-CBC3-SHA'] },
  'required-tags': { ...GOOD, tags: { environment: 'staging' } },
} as const;

/** The path of a guardrail's file. */
function pathOf(name: GuardrailName): string {
  return fileURLToPath(new URL(`../../deploy/guardrails/${name}.yaml`, import.meta.url));
}

/** A world whose server has guardrails: an API server of the suite's own, since they hold in every namespace. */
export class GuardedWorld {
  readonly world: World;
  /** A tenant's, in the namespace of the test. */
  readonly kubectl: Kubectl;
  /** The platform team's, in the operator's namespace. */
  readonly platform: Kubectl;

  private constructor(world: World) {
    this.world = world;
    this.kubectl = new Kubectl(world.cluster.adminKubeconfig, world.namespace);
    this.platform = new Kubectl(world.cluster.adminKubeconfig, OPERATOR_NAMESPACE);
  }

  /** A namespace of the current test on `cluster`, which stays; labelled with the oldest version of TLS. */
  static async open(cluster: Cluster, minimum?: string): Promise<GuardedWorld> {
    const kept = { ...cluster, shared: true, close: () => Promise.resolve() };
    const guarded = new GuardedWorld(await World.open('real API server', kept, {}));
    if (minimum !== undefined) await guarded.label(minimum);
    return guarded;
  }

  /** Sets the label of the namespace. */
  async label(minimum: string): Promise<void> {
    const label = `alb.alicloud.dev/minimum-tls=${minimum}`;
    await this.kubectl.ok(['label', '--overwrite', 'namespace', this.world.namespace, label]);
  }

  /** Switches guardrails on until the test ends; they are active when the first refusal is. */
  async guard(...names: readonly GuardrailName[]): Promise<void> {
    await this.guardWith((path) => readFile(path, 'utf8'), ...names);
  }

  /** The same with files as `read` gives them. */
  async guardWith(
    read: (path: string) => Promise<string>,
    ...names: readonly GuardrailName[]
  ): Promise<void> {
    onTestFinished(() => this.#lift(names));
    for (const name of names)
      await this.platform.ok(['apply', '--validate=strict', '-f', '-'], await read(pathOf(name)));
  }

  /** Sets the parameters of a guardrail. */
  async parameters(name: GuardrailName, data: Readonly<Record<string, string>>): Promise<void> {
    const metadata = { name: `albsp-${name}`, namespace: OPERATOR_NAMESPACE };
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    await this.platform.ok(['replace', '-f', '-'], stringify(manifest));
  }

  /** A manifest as a user writes it. */
  manifest(name: string, spec: object): string {
    return stringify({
      apiVersion: 'alb.alicloud.dev/v1alpha1',
      kind: 'SecurityPolicy',
      metadata: { name },
      spec,
    });
  }

  /** Waits until `kubectl apply` would be refused, and returns what it says. Nothing is stored. */
  applyRefused(name: string, spec: object, saying: RegExp | string): Promise<string> {
    return this.refused(['apply', '-f', '-'], saying, this.manifest(name, spec));
  }

  /** Waits until a command would be refused, and returns what kubectl says. Nothing is stored. */
  refused(args: readonly string[], saying: RegExp | string, input = ''): Promise<string> {
    const probe = async () => {
      const { code, stderr } = await this.kubectl.run([...args, '--dry-run=server'], input);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(saying) });
      return stderr;
    };
    return eventually(probe, { within: WITHIN_MS, what: `A refusal of kubectl ${args.join(' ')}` });
  }

  /** Waits until `kubectl apply` is no longer refused, and applies. */
  async applied(name: string, spec: object): Promise<void> {
    const probe = () => this.kubectl.ok(['apply', '-f', '-'], this.manifest(name, spec));
    await eventually(probe, { within: WITHIN_MS, what: `'${name}' applied` });
  }

  /** Takes guardrails away and waits until they are gone from the API server's mind. */
  async #lift(names: readonly GuardrailName[]): Promise<void> {
    const files = names.flatMap((name) => ['-f', pathOf(name)]);
    await this.platform.ok(['delete', '--ignore-not-found', ...files]);
    for (const name of names) {
      if (name === 'deletion') continue;
      const manifest = this.manifest('lifted', BAD[name]);
      const probe = () => this.kubectl.ok(['create', '--dry-run=server', '-f', '-'], manifest);
      await eventually(probe, { within: WITHIN_MS, what: `'${name}' lifted` });
    }
  }
}
