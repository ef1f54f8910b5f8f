/**
 * What the search for orphans needs of a cluster, read once: objects, provider configs, labels of namespaces.
 * @module
 */
import type { Failure } from '../../adapters/kube/answer.ts';
import { describeFailure } from '../../adapters/kube/answer.ts';
import type { KubeObject } from '../../adapters/kube/kubeobject.ts';
import { listAll } from '../../adapters/kube/listing.ts';
import { collectionPath } from '../../adapters/kube/paths.ts';
import type { Transport } from '../../adapters/kube/transport.ts';
import type { ClusterProviderConfig, ProviderConfig } from '../../api/providerconfig.ts';
import type { SecurityPolicy } from '../../api/securitypolicy.ts';
import type { AnyConfig, ConfigViews } from '../../domain/providerconfig.ts';
import type { Millis } from '../../ports/clock.ts';

/** Longest time for all pages of one kind. */
const PATIENCE: Millis = 60_000;

interface Namespace extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly labels?: Readonly<Record<string, string>> };
}

/** A cluster as it was read; `unread` says which kinds could not be. */
export interface ClusterView extends ConfigViews {
  policies(): readonly SecurityPolicy[];
  configs(): readonly AnyConfig[];
  readonly unread: readonly string[];
}

/** Reads it; the message when not even the objects can be read. */
export async function readCluster(
  transport: Transport,
  namespaces: readonly string[],
): Promise<ClusterView | string> {
  const everywhere = namespaces.length === 0;
  const policies = await listOf<SecurityPolicy>(transport, 'securitypolicies', namespaces);
  if ('kind' in policies) return `SecurityPolicies cannot be listed: ${describeFailure(policies)}`;
  const configs = await listOf<ProviderConfig>(transport, 'providerconfigs', namespaces);
  const clusterConfigs = everywhere
    ? await listOf<ClusterProviderConfig>(transport, 'clusterproviderconfigs', [])
    : [];
  const labels = everywhere ? await listPath<Namespace>(transport, '/api/v1/namespaces') : [];
  const unread: string[] = [];
  const readable = <T>(what: string, list: readonly T[] | Failure): readonly T[] => {
    if (!('kind' in list)) return list;
    unread.push(`${what}: ${describeFailure(list)}`);
    return [];
  };
  const own = readable('ProviderConfigs', configs);
  const shared = readable('ClusterProviderConfigs', clusterConfigs);
  const known = readable('Namespaces', labels);
  return {
    unread,
    policies: () => policies,
    configs: () => [
      ...own.map((object): AnyConfig => ({ kind: 'ProviderConfig', object })),
      ...shared.map((object): AnyConfig => ({ kind: 'ClusterProviderConfig', object })),
    ],
    providerConfig: (namespace, name) =>
      own.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    clusterProviderConfig: (name) =>
      everywhere ? shared.find(({ metadata }) => metadata.name === name) : 'unwatched',
    labelsOf: (namespace) => {
      const found = known.find(({ metadata }) => metadata.name === namespace);
      return found === undefined ? undefined : (found.metadata.labels ?? {});
    },
  };
}

/** The objects of one of our kinds in these namespaces, in all of them when none is named. */
export async function listOf<T extends KubeObject>(
  transport: Transport,
  plural: string,
  namespaces: readonly string[],
): Promise<readonly T[] | Failure> {
  const objects: T[] = [];
  for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
    const list = await listPath<T>(transport, collectionPath(plural, namespace));
    if ('kind' in list) return list;
    objects.push(...list);
  }
  return objects;
}

async function listPath<T extends KubeObject>(
  transport: Transport,
  path: string,
): Promise<readonly T[] | Failure> {
  const signal = AbortSignal.timeout(PATIENCE);
  const list = await listAll<T>(transport, { path, signal, onPage: () => {} });
  return list.kind === 'ok' ? list.objects : list;
}
