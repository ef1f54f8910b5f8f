import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../../src/adapters/kube/kubeobject.ts';
import { type ChangeReason, type Reflector, startReflector } from '../../../src/adapters/kube/reflector.ts';
import { type Handler, type Received, type Rig, startRig, until } from './apiserver.ts';

export const PATH = '/apis/alb.alicloud.dev/v1alpha1/securitypolicies';

/** An object of the collection. */
export function policy(name: string, version: string, uid = `uid-${name}`): KubeObject {
  return { metadata: { namespace: 'ns', name, uid, resourceVersion: version } };
}

/** One line of a watch. */
export function event(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): string {
  return `${JSON.stringify({ type, object })}\n`;
}

export function bookmark(version: string, end = false): string {
  const annotations = end ? { 'k8s.io/initial-events-end': 'true' } : {};
  return `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: version, annotations } } })}\n`;
}

export function errorEvent(code: number, reason: string): string {
  return `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, reason, message: reason } })}\n`;
}

/** What a request of a reflector is. */
export function kindOf(request: Received): 'stream' | 'resume' | 'list' {
  if (request.query.get('watch') !== 'true') return 'list';
  return request.query.get('sendInitialEvents') === 'true' ? 'stream' : 'resume';
}

/** A reflector on a scripted server: the n-th request gets the n-th answer, later ones the last. */
export interface WatchRig extends Rig {
  readonly reflector: Reflector<KubeObject>;
  /** `reason key` in order, and `gone uid`. */
  readonly changes: string[];
  /** Kinds of all requests so far. */
  kinds(): readonly string[];
  /** Moves time past the reflector's pauses until the server has seen this many requests. */
  reach(requests: number): Promise<void>;
}

export type Script = readonly ((response: ServerResponse, request: Received) => void)[];

export async function startWatchRig(
  script: Script,
  more: {
    readonly onChange?: (key: string) => void;
    readonly labelSelector?: string;
    readonly begin?: Promise<void>;
  } = {},
): Promise<WatchRig> {
  let index = 0;
  const handler: Handler = (request, response) => {
    const answer = script[Math.min(index, script.length - 1)];
    index += 1;
    answer?.(response, request);
  };
  const rig = await startRig(handler);
  const changes: string[] = [];
  const reflector = startReflector<KubeObject>({
    transport: rig.transport,
    path: PATH,
    ...(more.begin === undefined ? {} : { begin: more.begin }),
    ...(more.labelSelector === undefined ? {} : { labelSelector: more.labelSelector }),
    clock: rig.clock,
    random: () => 0,
    log: rig.log,
    onChange: (key: string, reason: ChangeReason) => {
      changes.push(`${reason} ${key}`);
      more.onChange?.(key);
    },
    onGone: (object) => changes.push(`gone ${object.metadata.uid}`),
  });
  return {
    ...rig,
    reflector,
    changes,
    kinds: () => rig.server.received.map(kindOf),
    reach: (requests) =>
      until(() => {
        if (rig.server.received.length >= requests) return true;
        // Deadlines of requests are 10 s and more; the first pauses are shorter.
        const [shortest] = rig.clock.delays();
        if (shortest !== undefined && shortest <= 6400) rig.clock.advance(shortest);
        return false;
      }, `${requests} requests`),
    close: async () => {
      reflector.stop();
      await rig.close();
    },
  };
}

/** Answers a watch with these lines and leaves it open. */
export function open(...lines: readonly (string | Uint8Array)[]): Script[number] {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const line of lines) response.write(line);
  };
}

/** Answers a watch with these lines and ends it. */
export function closed(...lines: readonly (string | Uint8Array)[]): Script[number] {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const line of lines) response.write(line);
    response.end();
  };
}

/** Answers a watch with these lines and then resets the connection. */
export function reset(...lines: readonly string[]): Script[number] {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    response.write(lines.join(''), () => setImmediate(() => response.socket?.resetAndDestroy()));
  };
}

/** Answers a list. */
export function page(version: string, objects: readonly KubeObject[], token = ''): Script[number] {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ metadata: { resourceVersion: version, continue: token }, items: objects }));
  };
}
