/**
 * What the reproductions share: a scripted API server on loopback, and both clients that are pointed at it.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
} from '@kubernetes/client-node';
import { systemClock } from '../../src/adapters/clock.ts';
import type { KubeObject } from '../../src/adapters/kube/kubeobject.ts';
import { startReflector } from '../../src/adapters/kube/reflector.ts';
import { createTransport } from '../../src/adapters/kube/transport.ts';
import type { Log } from '../../src/ports/log.ts';

export const PATH = '/apis/alb.alicloud.dev/v1alpha1/securitypolicies';

/** Answers one request; `query.get('watch')` tells a watch from a list. */
export type Script = (query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => void;

/** A server on a free port of loopback. */
export async function serve(script: Script): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    script(new URL(request.url ?? '/', 'http://loopback').searchParams, response, request);
  });
  server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export function sendList(response: ServerResponse, version: string, items: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ metadata: { resourceVersion: version }, items }));
}

export function object(name: string, version: string, uid = `uid-${name}`): KubeObject {
  return { metadata: { namespace: 'ns', name, uid, resourceVersion: version } };
}

export function line(type: string, value: unknown): string {
  return `${JSON.stringify({ type, object: value })}\n`;
}

/** A refusal of WatchList, so that both clients list and then watch. */
export function refuseWatchList(query: URLSearchParams, response: ServerResponse): boolean {
  if (query.get('sendInitialEvents') !== 'true') return false;
  response.writeHead(422, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', code: 422, reason: 'Invalid', message: 'no WatchList' }));
  return true;
}

/** Starts the library's informer; `note` gets what it tells. */
export async function startInformer(url: string, note: (what: string) => void): Promise<{ stop(): void }> {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u' });
  const list = async (): Promise<KubernetesListObject<KubernetesObject>> => {
    const answer = await fetch(`${url}${PATH}`);
    if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
    return (await answer.json()) as KubernetesListObject<KubernetesObject>;
  };
  const informer = makeInformer(config, PATH, list);
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, (seen: KubernetesObject) => note(`${verb} ${seen.metadata?.uid}`));
  informer.on('error', (error: unknown) =>
    note(`error ${error instanceof Error ? error.message : String(error)}`),
  );
  await informer.start();
  return { stop: () => void informer.stop() };
}

/** Starts our reflector; `note` gets what it tells. */
export function startOurs(url: string, note: (what: string) => void): { stop(): void } {
  const transport = createTransport(
    { server: url, certificates: {}, namespace: 'default', token: async () => undefined },
    { clock: systemClock, log: quiet, userAgent: 'reproduction' },
  );
  const reflector = startReflector<KubeObject>({
    transport,
    path: PATH,
    clock: systemClock,
    random: Math.random,
    log: quiet,
    onChange: (key) =>
      note(
        `${reflector.get(key) === undefined ? 'absent' : 'present'} ${reflector.get(key)?.metadata.uid ?? key}`,
      ),
    onGone: (gone) => note(`gone ${gone.metadata.uid}`),
  });
  return {
    stop: () => {
      reflector.stop();
      void transport.close();
    },
  };
}

export const quiet: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => quiet,
};

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One line of a result. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
