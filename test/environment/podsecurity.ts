import type { Admin, Manifest } from './admin.ts';

/** From now on a namespace takes only Pods of the level `restricted`. */
export async function restrict(admin: Admin, namespace: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await admin.patch({ kind: 'Namespace', name: namespace }, { metadata: { labels } });
}

/**
 * Has the API server judge the Pod that a Deployment or a Job would make; nothing is stored.
 * @throws ApiRefusal with what the level of the namespace does not allow.
 */
export function judgePod(admin: Admin, { metadata, spec }: Manifest): Promise<Manifest> {
  const { template } = spec;
  return admin.create(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name: metadata.name, namespace: metadata.namespace },
      spec: template.spec,
    },
    '?dryRun=All',
  );
}
