import { isIPv6 } from 'node:net';
import type { Certificates } from './clusterconfig.ts';
import { type KubeConfigOptions, type KubeConfigResult, loadKubeconfigFiles } from './kubeconfig.ts';
import { createTokenSource } from './tokensource.ts';

/** Where the kubelet mounts the service account (Kubernetes documentation, "Accessing the API from within a Pod"). */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the cluster: the file or context that is named; else the one that we run in; else `$KUBECONFIG`;
 * else `~/.kube/config`. Never rejects.
 */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConfigResult> {
  const { environment, kubeconfig, context } = options;
  try {
    const host = environment.KUBERNETES_SERVICE_HOST ?? '';
    if (kubeconfig === undefined && context === undefined && host !== '') {
      const inside = await loadInCluster(options, host);
      if (inside !== undefined) return inside;
    }
    const files = kubeconfigFiles(options);
    if (files.length === 0)
      return {
        kind: 'error',
        message: 'No cluster: not inside one, and neither "KUBECONFIG" nor "HOME" is set',
      };
    return await loadKubeconfigFiles(files, options);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown error';
    return { kind: 'error', message: `Kubernetes configuration cannot be used: ${message}` };
  }
}

function kubeconfigFiles({ kubeconfig, environment }: KubeConfigOptions): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  const listed = (environment.KUBECONFIG ?? '').split(':').filter((file) => file !== '');
  if (listed.length > 0) return listed;
  const home = environment.HOME ?? '';
  return home === '' ? [] : [`${home}/.kube/config`];
}

/** Undefined when there is no service account, although the environment looks like a pod's. */
async function loadInCluster(
  options: KubeConfigOptions,
  host: string,
): Promise<KubeConfigResult | undefined> {
  const { environment, readFile, clock, log } = options;
  const read = async (name: string): Promise<string> => (await readFile(`${SERVICE_ACCOUNT}/${name}`)).trim();
  if ((await read('token').catch(() => '')) === '') return undefined;
  const certificates: Certificates = { ca: await read('ca.crt') };
  const namespace = await read('namespace').catch(() => 'default');
  const port = environment.KUBERNETES_SERVICE_PORT ?? '443';
  return {
    kind: 'ok',
    config: {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      certificates,
      namespace,
      token: createTokenSource(async () => nonEmpty(await read('token')), { clock, log }),
      reread: async () => {
        const ca = await read('ca.crt').catch(() => '');
        return ca === '' ? undefined : { ca };
      },
    },
  };
}

/** A token file is empty for a moment while it is replaced by a careless writer; that is no token. */
function nonEmpty(token: string): string {
  if (token === '') throw new Error('Token file is empty');
  return token;
}
