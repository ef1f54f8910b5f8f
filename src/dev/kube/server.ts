/**
 * A stand-in for the Kubernetes API server: enough of it, faithfully, for the operator and its tests.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { Catalogue, DEFINITIONS } from './catalogue.ts';
import { systemClock } from './clock.ts';
import { Faults, type OpenWatch } from './faults.ts';
import { type HandlerParts, handle } from './handler.ts';
import { isJsonObject } from './object.ts';
import { Recorder } from './recorder.ts';
import { Store } from './store.ts';
import { Writes } from './write.ts';

/** How a stand-in is started. */
export interface KubeOptions {
  /** `host:port`; only loopback hosts, since everything is open to everybody. Default `127.0.0.1:0`. */
  readonly listen?: string;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  readonly log?: Log;
  /** Parsed CustomResourceDefinitions, created before the first request. */
  readonly crds?: readonly unknown[];
  /** Changes that a table keeps before watches from older ones are refused; default 50,000. */
  readonly logLength?: number;
}

/** A stand-in that listens. */
export interface RunningKube {
  readonly url: string;
  /** The YAML of a kubeconfig that points at it, with a token. */
  kubeconfig(): string;
  readonly faults: Faults;
  readonly requests: Recorder;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** The token in the kubeconfig. Any is let in until `faults.requireToken` says otherwise. */
export const TOKEN = 'stand-in';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/**
 * Starts a stand-in API server on a loopback address. The four namespaces that every cluster has exist.
 * @throws {Error} when it cannot listen, or a definition is refused.
 */
export async function startKube(options: KubeOptions = {}): Promise<RunningKube> {
  const clock = options.clock ?? systemClock();
  const store = new Store(options.logLength);
  const catalogue = new Catalogue();
  const time = (): string => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  const writes = new Writes(store, catalogue, { time, uid: randomUUID });
  const watches = new Set<OpenWatch>();
  const requests = new Recorder();
  furnish(writes, catalogue, options.crds ?? []);
  const server = createServer();
  const faults = new Faults(store, watches, () => server.closeAllConnections());
  answerWith(server, { store, catalogue, writes, faults, requests, watches, clock }, options.log);
  const url = await listening(server, options.listen ?? '127.0.0.1:0');
  return {
    url,
    kubeconfig: () => kubeconfig(url),
    faults,
    requests,
    close: async () => {
      faults.clear();
      for (const { watch } of watches) watch.stop();
      await closed(server);
    },
  };
}

function answerWith(server: Server, parts: HandlerParts, log: Log | undefined): void {
  server.on('request', (request, response) => {
    handle(parts, request, response).catch((error: unknown) => {
      // A client that goes away while it sends is no fault of this side.
      log?.warn('Request not answered', { error: error instanceof Error ? error.message : String(error) });
      response.destroy();
    });
  });
}

function furnish(writes: Writes, catalogue: Catalogue, crds: readonly unknown[]): void {
  const options = { dryRun: false, fieldValidation: 'Ignore', fieldManager: '' } as const;
  const create = (storage: string, object: unknown): void => {
    const resource = catalogue.resources().find((one) => one.storage === storage);
    if (resource === undefined) return;
    const made = writes.create({ resource }, object, options);
    if (made.kind === 'failed') throw new Error(made.failure.message);
  };
  for (const name of NAMESPACES) create('namespaces', { metadata: { name } });
  for (const crd of crds) create(DEFINITIONS, crd);
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

async function listening(server: Server, listen: string): Promise<string> {
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, at);
  const port = Number(listen.slice(at + 1));
  if (!LOOPBACK.has(host) || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`Listen address '${listen}' is not HOST:PORT with a loopback host`);
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host.replace(/[[\]]/g, ''), resolve);
  await promise;
  server.off('error', reject);
  const address: AddressInfo | string | null = server.address();
  const bound = isJsonObject(address) ? address.port : port;
  return `http://${host}:${String(bound)}`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function kubeconfig(url: string): string {
  const name = 'stand-in';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    // @kubernetes/client-node refuses plain HTTP unless it is told not to look for TLS.
    clusters: [{ name, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token: TOKEN } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  });
}
