/**
 * What the operator watches: policies, provider configs, and the labels of namespaces.
 * @module
 */

import { systemClock } from '../adapters/clock.ts';
import type { KubeObject } from '../adapters/kube/kubeobject.ts';
import { collectionPath } from '../adapters/kube/paths.ts';
import { type ChangeReason, type Reflector, startReflector } from '../adapters/kube/reflector.ts';
import type { Transport } from '../adapters/kube/transport.ts';
import type { ClusterProviderConfig, ProviderConfig } from '../api/providerconfig.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import type { AnyConfig, ConfigViews } from '../domain/providerconfig.ts';
import type { Log } from '../ports/log.ts';

/** What to watch, and who wants to know. */
export interface ViewOptions {
  readonly transport: Transport;
  readonly log: Log;
  /** Namespaces to watch; none: all, and what is cluster-wide. */
  readonly namespaces: readonly string[];
  readonly selector: string | undefined;
  onPolicy(key: string, reason: ChangeReason): void;
  /** `config` is undefined when it is gone. */
  onConfig(key: string, reason: ChangeReason, config: AnyConfig | undefined): void;
  onConfigGone(config: AnyConfig): void;
  onNamespace(name: string, reason: ChangeReason): void;
}

/** A namespace, as far as it is looked at. */
interface Namespace extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly labels?: Readonly<Record<string, string>> };
}

/**
 * All watches of one operator, from `begin` or the first `relist` on: who wins the lease at once reads everything once,
 * not twice. Nothing cluster-wide is watched when namespaces are named.
 */
export class Views implements ConfigViews {
  readonly #options: ViewOptions;
  readonly #begin = Promise.withResolvers<void>();
  readonly #policies = new Map<string, Reflector<SecurityPolicy>>();
  readonly #configs = new Map<string, Reflector<ProviderConfig>>();
  readonly #clusterConfigs: Reflector<ClusterProviderConfig> | undefined;
  readonly #namespaces: Reflector<Namespace> | undefined;

  constructor(options: ViewOptions) {
    this.#options = options;
    const { namespaces, selector, onPolicy, onNamespace } = options;
    for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
      const name = namespace ?? '';
      this.#policies.set(
        name,
        this.#reflect(collectionPath('securitypolicies', namespace), { onChange: onPolicy }, selector),
      );
      this.#configs.set(name, this.#reflectConfigs(namespace));
    }
    if (namespaces.length > 0) return;
    this.#clusterConfigs = this.#reflectClusterConfigs();
    this.#namespaces = this.#reflect('/api/v1/namespaces', { onChange: onNamespace });
  }

  /** The reflector that sees the policies of a namespace; undefined when it is not watched. */
  policiesOf(namespace: string): Reflector<SecurityPolicy> | undefined {
    return this.#policies.get('') ?? this.#policies.get(namespace);
  }

  *policies(): Generator<SecurityPolicy> {
    for (const reflector of this.#policies.values()) yield* reflector.values();
  }

  *configs(): Generator<AnyConfig> {
    for (const reflector of this.#configs.values()) {
      for (const object of reflector.values()) yield { kind: 'ProviderConfig', object };
    }
    for (const object of this.#clusterConfigs?.values() ?? [])
      yield { kind: 'ClusterProviderConfig', object };
  }

  /** The config of a key: `ProviderConfig/NAMESPACE/NAME` or `ClusterProviderConfig/NAME`. */
  config(key: string): AnyConfig | undefined {
    const [kind, first = '', second = ''] = key.split('/');
    if (kind === 'ProviderConfig') {
      const object = this.providerConfig(first, second);
      return object === undefined ? undefined : { kind, object };
    }
    const object = this.clusterProviderConfig(first);
    return object === undefined || object === 'unwatched'
      ? undefined
      : { kind: 'ClusterProviderConfig', object };
  }

  providerConfig(namespace: string, name: string): ProviderConfig | undefined {
    const reflector = this.#configs.get('') ?? this.#configs.get(namespace);
    return reflector?.get(`${namespace}/${name}`);
  }

  clusterProviderConfig(name: string): ClusterProviderConfig | undefined | 'unwatched' {
    return this.#clusterConfigs === undefined ? 'unwatched' : this.#clusterConfigs.get(name);
  }

  labelsOf(namespace: string): Readonly<Record<string, string>> | undefined {
    const found = this.#namespaces?.get(namespace);
    return found === undefined ? undefined : (found.metadata.labels ?? {});
  }

  /** Begins to read, unless that is under way. */
  begin(): void {
    this.#begin.resolve();
  }

  /** Resolves once every view reflects a consistent read that began after this call. */
  async relist(): Promise<void> {
    const relisted = this.#all().map(([, reflector]) => reflector.relist());
    this.begin();
    await Promise.all(relisted);
  }

  /** What has not been seen whole yet. */
  unsynced(): readonly string[] {
    return this.#all()
      .filter(([, reflector]) => !reflector.synced())
      .map(([name]) => name);
  }

  stop(): void {
    for (const [, reflector] of this.#all()) reflector.stop();
  }

  #all(): readonly (readonly [string, Pick<Reflector<KubeObject>, 'relist' | 'synced' | 'stop'>])[] {
    const named = <T extends KubeObject>(what: string, reflectors: ReadonlyMap<string, Reflector<T>>) =>
      [...reflectors].map(([name, one]) => [`${what} of ${name || 'all namespaces'}`, one] as const);
    return [
      ...named('policies', this.#policies),
      ...named('provider configs', this.#configs),
      ...(this.#clusterConfigs === undefined
        ? []
        : [['cluster provider configs', this.#clusterConfigs] as const]),
      ...(this.#namespaces === undefined ? [] : [['namespaces', this.#namespaces] as const]),
    ];
  }

  #reflectConfigs(namespace: string | undefined): Reflector<ProviderConfig> {
    const { onConfig, onConfigGone } = this.#options;
    return this.#reflect<ProviderConfig>(collectionPath('providerconfigs', namespace), {
      onChange: (key, reason) => {
        const name = `ProviderConfig/${key}`;
        onConfig(name, reason, this.config(name));
      },
      onGone: (object) => onConfigGone({ kind: 'ProviderConfig', object }),
    });
  }

  #reflectClusterConfigs(): Reflector<ClusterProviderConfig> {
    const { onConfig, onConfigGone } = this.#options;
    return this.#reflect<ClusterProviderConfig>(collectionPath('clusterproviderconfigs'), {
      onChange: (key, reason) => {
        const name = `ClusterProviderConfig/${key}`;
        onConfig(name, reason, this.config(name));
      },
      onGone: (object) => onConfigGone({ kind: 'ClusterProviderConfig', object }),
    });
  }

  #reflect<T extends KubeObject>(
    path: string,
    handlers: { onChange(key: string, reason: ChangeReason): void; onGone?(object: T): void },
    labelSelector?: string,
  ): Reflector<T> {
    const { transport, log } = this.#options;
    return startReflector<T>({
      transport,
      path,
      ...(labelSelector === undefined ? {} : { labelSelector }),
      clock: systemClock,
      random: Math.random,
      log,
      begin: this.#begin.promise,
      ...handlers,
    });
  }
}
