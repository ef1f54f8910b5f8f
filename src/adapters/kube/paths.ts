import { GROUP, VERSION } from '../../api/group.ts';

/** Path of the collection of one of our kinds; of all namespaces when none is named. */
export function collectionPath(plural: string, namespace?: string): string {
  const inside = namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/${GROUP}/${VERSION}/${inside}${plural}`;
}

/** Path of one SecurityPolicy. */
export function policyPath(namespace: string, name: string): string {
  return `${collectionPath('securitypolicies', namespace)}/${encodeURIComponent(name)}`;
}

/** Path of one provider config; a ClusterProviderConfig has no namespace. */
export function configPath(
  kind: 'ProviderConfig' | 'ClusterProviderConfig',
  name: string,
  namespace: string | undefined,
): string {
  const plural = kind === 'ProviderConfig' ? 'providerconfigs' : 'clusterproviderconfigs';
  return `${collectionPath(plural, namespace)}/${encodeURIComponent(name)}`;
}
