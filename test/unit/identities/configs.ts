import { API_VERSION } from '../../../src/api/group.ts';
import type {
  ClusterProviderConfig,
  ClusterProviderConfigSpec,
  ProviderConfig,
  ProviderConfigSpec,
  ProviderConfigStatus,
} from '../../../src/api/providerconfig.ts';
import type { ObjectMeta, SecurityPolicy, SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import type { AnyConfig, ConfigViews } from '../../../src/domain/providerconfig.ts';

type Ref = SecurityPolicySpec['providerConfigRef'];

function metadata(name: string, namespace: string, change: Partial<ObjectMeta>): ObjectMeta {
  const uid = `${namespace}/${name}`;
  return { name, namespace, uid, resourceVersion: '1', generation: 1, ...change };
}

/** A tenant's config, whose Secret is called `keys` unless told otherwise. */
export function tenant(
  namespace: string,
  name: string,
  spec: Partial<ProviderConfigSpec> = {},
  change: Partial<ObjectMeta> = {},
): ProviderConfig {
  return {
    apiVersion: API_VERSION,
    kind: 'ProviderConfig',
    metadata: metadata(name, namespace, change),
    spec: { secretRef: { name: 'keys' }, ...spec },
  };
}

/** A config of the whole cluster, by default with a Secret of the operator's namespace and for everybody. */
export function clusterWide(
  name: string,
  spec: Partial<ClusterProviderConfigSpec> = {},
  change: Partial<ObjectMeta> = {},
): ClusterProviderConfig {
  const { namespace: _, ...rest } = metadata(name, '', change);
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterProviderConfig',
    metadata: rest,
    spec: {
      credentials: { secretRef: { namespace: 'albsp-system', name: 'keys' } },
      allowedNamespaces: {},
      ...spec,
    },
  };
}

/** The same config with a status. */
export function withStatus(object: ProviderConfig, status: ProviderConfigStatus): AnyConfig {
  return { kind: 'ProviderConfig', object: { ...object, status } };
}

/** An object of a namespace that names a config, or none. */
export function policyOf(namespace: string, ref?: Ref): SecurityPolicy {
  return {
    apiVersion: API_VERSION,
    kind: 'SecurityPolicy',
    metadata: metadata('web', namespace, {}),
    spec: { tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'], ...(ref && { providerConfigRef: ref }) },
  };
}

/** A cluster with these configs and namespaces; `clusterWide: 'unwatched'` is an operator of single namespaces. */
export function viewsOf(parts: {
  readonly tenants?: readonly ProviderConfig[];
  readonly clusterWide?: readonly ClusterProviderConfig[] | 'unwatched';
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}): ConfigViews & { configs(): Iterable<AnyConfig> } {
  const { tenants = [], clusterWide: wide = [], namespaces = {} } = parts;
  return {
    providerConfig: (namespace, name) =>
      tenants.find((one) => one.metadata.namespace === namespace && one.metadata.name === name),
    clusterProviderConfig: (name) =>
      wide === 'unwatched' ? wide : wide.find((one) => one.metadata.name === name),
    labelsOf: (namespace) => (Object.hasOwn(namespaces, namespace) ? namespaces[namespace] : undefined),
    *configs() {
      for (const object of tenants) yield { kind: 'ProviderConfig', object };
      if (wide !== 'unwatched') for (const object of wide) yield { kind: 'ClusterProviderConfig', object };
    },
  };
}
