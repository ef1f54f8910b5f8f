/**
 * Which provider config an object uses, and whether it may. Pure: reads nothing but what is handed in.
 * @module
 */
import type { ClusterProviderConfig, ProviderConfig } from '../api/providerconfig.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import type { IdentityReason } from '../ports/identities.ts';
import { selects } from './selector.ts';

/** A config of either kind, told apart by `kind`. */
export type AnyConfig =
  | { readonly kind: 'ProviderConfig'; readonly object: ProviderConfig }
  | { readonly kind: 'ClusterProviderConfig'; readonly object: ClusterProviderConfig };

/** What is known of the cluster's configs and namespaces. */
export interface ConfigViews {
  providerConfig(namespace: string, name: string): ProviderConfig | undefined;
  /** `unwatched`: this operator has no cluster-wide rights. */
  clusterProviderConfig(name: string): ClusterProviderConfig | undefined | 'unwatched';
  /** Labels of a namespace; undefined when there is none by this name. */
  labelsOf(namespace: string): Readonly<Record<string, string>> | undefined;
}

/** Whose identity an object uses. */
export type Resolution =
  | { readonly kind: 'own' }
  | { readonly kind: 'config'; readonly config: AnyConfig }
  | { readonly kind: 'refused'; readonly reason: IdentityReason; readonly message: string };

/** The identity that the object names; a config never stands in for another one. */
export function resolveConfig(policy: SecurityPolicy, views: ConfigViews): Resolution {
  const ref = policy.spec.providerConfigRef;
  const { namespace } = policy.metadata;
  if (ref === undefined) return { kind: 'own' };
  switch (ref.kind) {
    case 'ProviderConfig': {
      const object = views.providerConfig(namespace, ref.name);
      if (object !== undefined) return { kind: 'config', config: { kind: 'ProviderConfig', object } };
      return notFound(`ProviderConfig "${ref.name}" does not exist in namespace "${namespace}"`);
    }
    case 'ClusterProviderConfig': {
      const object = views.clusterProviderConfig(ref.name);
      if (object === 'unwatched') {
        return notFound(
          `ClusterProviderConfig "${ref.name}" cannot be read: this operator watches single namespaces only; name a ProviderConfig`,
        );
      }
      if (object === undefined) return notFound(`ClusterProviderConfig "${ref.name}" does not exist`);
      return allows(object, namespace, views)
        ? { kind: 'config', config: { kind: 'ClusterProviderConfig', object } }
        : notAllowed(ref.name, namespace);
    }
  }
}

function allows({ spec }: ClusterProviderConfig, namespace: string, views: ConfigViews): boolean {
  const labels = views.labelsOf(namespace);
  return (
    spec.allowedNamespaces !== undefined && labels !== undefined && selects(spec.allowedNamespaces, labels)
  );
}

function notFound(message: string): Resolution {
  return { kind: 'refused', reason: 'ProviderConfigNotFound', message };
}

function notAllowed(name: string, namespace: string): Resolution {
  const message = `allowedNamespaces of ClusterProviderConfig "${name}" does not select namespace "${namespace}"`;
  return { kind: 'refused', reason: 'NamespaceNotAllowed', message };
}

/** Whether the object uses this config, or would if it were allowed to. */
export function refersTo(policy: SecurityPolicy, { kind, object }: AnyConfig): boolean {
  const ref = policy.spec.providerConfigRef;
  if (ref?.kind !== kind || ref.name !== object.metadata.name) return false;
  return kind === 'ClusterProviderConfig' || policy.metadata.namespace === object.metadata.namespace;
}
