import type { RequestOptions } from 'node:https';
import { dirname } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Certificates, ClusterConfig } from './clusterconfig.ts';
import { createTokenSource } from './tokensource.ts';

/** What decides which cluster is meant. */
export interface KubeConfigOptions {
  /** File of `--kubeconfig`. */
  readonly kubeconfig?: string;
  /** Name of `--context`; also says that a kubeconfig is meant, inside a cluster too. */
  readonly context?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a file as UTF-8; rejects when it can't. */
  readonly readFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A way to the cluster, or what is wrong with the configuration. */
export type KubeConfigResult =
  | { readonly kind: 'ok'; readonly config: ClusterConfig }
  | { readonly kind: 'error'; readonly message: string };

/**
 * Loads kubeconfig files with the official library, which knows exec plugins and identity providers. It is imported
 * here, when it is needed: inside a cluster it never is, and it costs 0.7 s and 80 MB.
 */
export async function loadKubeconfigFiles(
  files: readonly string[],
  options: KubeConfigOptions,
): Promise<KubeConfigResult> {
  const library = await import('@kubernetes/client-node');
  const loaded = await mergeFiles(() => new library.KubeConfig(), files, options.readFile);
  if (loaded.kind === 'error') return loaded;
  const { kubeConfig } = loaded;
  if (options.context !== undefined) kubeConfig.setCurrentContext(options.context);
  const name = kubeConfig.getCurrentContext();
  const context = kubeConfig.getContextObject(name);
  if (context === null) {
    const known = kubeConfig.getContexts().map((each) => `"${each.name}"`);
    const message = `Context "${name}" is not in the kubeconfig, which has ${known.join(', ') || 'none'}`;
    return { kind: 'error', message };
  }
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null)
    return {
      kind: 'error',
      message: `Cluster "${context.cluster}" of context "${name}" is not in the kubeconfig`,
    };
  const first = await authenticate(kubeConfig);
  const server = cluster.server.replace(/\/+$/, '');
  if (!/^https?:\/\//.test(server))
    return {
      kind: 'error',
      message: `Server of cluster "${cluster.name}" must begin with "https://" or "http://"`,
    };
  return {
    kind: 'ok',
    config: {
      server,
      certificates: first.certificates,
      namespace: context.namespace ?? 'default',
      ...(cluster.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
      ...(cluster.skipTLSVerify ? { insecure: true } : {}),
      ...(cluster.proxyUrl === undefined ? {} : { proxy: cluster.proxyUrl }),
      headers: first.headers,
      token: createTokenSource(async () => (await authenticate(kubeConfig)).token, options),
      reread: async () => {
        try {
          return (await authenticate(kubeConfig)).certificates;
        } catch {
          return undefined;
        }
      },
    },
  };
}

/** Several files count as one; of entries with the same name the first one counts, as for kubectl. */
async function mergeFiles(
  create: () => KubeConfig,
  files: readonly string[],
  readFile: (path: string) => Promise<string>,
): Promise<
  | { readonly kind: 'ok'; readonly kubeConfig: KubeConfig }
  | { readonly kind: 'error'; readonly message: string }
> {
  const loaded: KubeConfig[] = [];
  const missing: string[] = [];
  for (const file of files) {
    const content = await readFile(file).catch(() => undefined);
    if (content === undefined) {
      missing.push(`"${file}"`);
      continue;
    }
    const one = create();
    try {
      one.loadFromString(content);
    } catch {
      // The parser's message would quote the file, which holds secrets.
      return { kind: 'error', message: `Kubeconfig "${file}" is not a kubeconfig in YAML` };
    }
    one.makePathsAbsolute(dirname(file));
    loaded.push(one);
  }
  if (loaded.length === 0)
    return { kind: 'error', message: `Kubeconfig ${missing.join(', ')} cannot be read` };
  const kubeConfig = create();
  kubeConfig.loadFromOptions({
    clusters: firstOfName(loaded.flatMap((one) => one.clusters)),
    users: firstOfName(loaded.flatMap((one) => one.users)),
    contexts: firstOfName(loaded.flatMap((one) => one.contexts)),
    currentContext: loaded.map((one) => one.currentContext).find((name) => (name ?? '') !== '') ?? '',
  });
  return { kind: 'ok', kubeConfig };
}

function firstOfName<T extends { readonly name: string }>(entries: readonly T[]): readonly T[] {
  const byName = new Map<string, T>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

interface Authentication {
  readonly certificates: Certificates;
  readonly token?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks the library who we are now: it reads files, runs the exec plugin when its answer has ended, and so on. */
async function authenticate(kubeConfig: KubeConfig): Promise<Authentication> {
  const asked: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(asked);
  const headers: Record<string, string> = {};
  let token: string | undefined;
  for (const [name, value] of Object.entries(asked.headers ?? {})) {
    if (typeof value !== 'string') continue;
    if (name.toLowerCase() === 'authorization') token = value.replace(/^Bearer /, '');
    else headers[name] = value;
  }
  return {
    certificates: {
      ...pem('ca', asked.ca),
      ...pem('cert', asked.cert),
      ...pem('key', asked.key),
    },
    ...(token === undefined ? {} : { token }),
    headers,
  };
}

function pem(name: keyof Certificates, value: unknown): Certificates {
  if (typeof value === 'string') return { [name]: value };
  return Buffer.isBuffer(value) ? { [name]: value.toString('utf8') } : {};
}
