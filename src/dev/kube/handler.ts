/**
 * From one HTTP request to its answer.
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import { addressOf, isTrue, type Verb, verbOf } from './address.ts';
import { readBody } from './body.ts';
import type { Catalogue } from './catalogue.ts';
import { discovery } from './discovery.ts';
import { type Failure, METHOD_NOT_ALLOWED } from './failure.ts';
import { type Faults, failureOfFault, type OpenWatch } from './faults.ts';
import { openApi } from './openapi.ts';
import type { Recorder } from './recorder.ts';
import { renderingOf } from './rendering.ts';
import { PAGE_NOT_FOUND, type Reply, refusal, send } from './reply.ts';
import type { Store } from './store.ts';
import { type Query, replyTo } from './verbs.ts';
import { Watch, watchPlan } from './watch.ts';
import type { Writes } from './write.ts';

/** What the handler works on; all of it is shared with the server that owns it. */
export interface HandlerParts {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly writes: Writes;
  readonly faults: Faults;
  readonly requests: Recorder;
  readonly watches: Set<OpenWatch>;
  readonly clock: Clock;
}

/** One request to a resource on its way. */
interface Exchange extends Query {
  readonly verb: Verb;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Writes down the code of the answer. */
  readonly answered: (code: number) => void;
}

const UNAUTHORIZED: Failure = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' };
const HEALTH: ReadonlySet<string> = new Set(['/readyz', '/livez', '/healthz']);

/** Answers one request. Rejects only when the client has gone away. */
export async function handle(
  parts: HandlerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (HEALTH.has(url.pathname)) {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
    return;
  }
  const opened = parts.faults.admits(request.headers.authorization)
    ? await open(parts, request, response, url)
    : refusal(UNAUTHORIZED);
  if ('code' in opened) send(response, opened);
  else await meet(parts, opened);
}

/** Finds out what a request is about and reads it; what is not about a resource is answered at once. */
async function open(
  parts: HandlerParts,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<Exchange | Reply> {
  const { method = '', headers } = request;
  const { searchParams: parameters } = url;
  const resources = parts.catalogue.resources();
  const found =
    method === 'GET' ? (discovery(url.pathname, resources) ?? openApi(url.pathname, resources)) : undefined;
  if (found !== undefined) return { code: 200, body: found };
  const address = addressOf(url.pathname, resources);
  if (address === undefined) return PAGE_NOT_FOUND;
  const contentType = (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const verb = verbOf(method, address.name !== undefined, parameters, contentType);
  if (verb === undefined) return refusal(METHOD_NOT_ALLOWED);
  const body = await readBody(request);
  if (body.kind === 'failed') return refusal(body.failure);
  const answered = parts.requests.record({
    verb,
    path: `${url.pathname}${url.search}`,
    resource: address.resource.plural,
    subresource: address.subresource ?? '',
    namespace: address.namespace ?? '',
    name: address.name ?? '',
    userAgent: headers['user-agent'] ?? '',
    bodyBytes: body.value.length,
    dryRun: parameters.has('dryRun'),
  });
  const rendering = renderingOf(headers.accept ?? '');
  return { verb, address, parameters, contentType, body: body.value, rendering, request, response, answered };
}

/** Lets a fault have its way, if one was ordered for this request. */
async function meet(parts: HandlerParts, exchange: Exchange): Promise<void> {
  const { verb, address, request } = exchange;
  const met = parts.faults.meet(verb, address);
  switch (met?.kind) {
    case 'status':
      answer(exchange, refusal(failureOfFault(met)));
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'dropAnswer':
      serve(parts, exchange, () => request.socket.resetAndDestroy());
      return;
    case 'hang':
      await met.released;
      break;
    case undefined:
      break;
  }
  serve(parts, exchange, (reply) => answer(exchange, reply));
}

function answer({ response, answered }: Exchange, reply: Reply): void {
  if (send(response, reply)) answered(reply.code);
}

function serve(parts: HandlerParts, exchange: Exchange, deliver: (reply: Reply) => void): void {
  const { verb } = exchange;
  if (verb !== 'watch') {
    deliver(replyTo(verb, exchange, parts.store, parts.writes));
    return;
  }
  const refused = watch(parts, exchange);
  if (refused !== undefined) deliver(refusal(refused));
}

/** Starts a watch on the response; answers why not when it cannot. */
function watch(parts: HandlerParts, exchange: Exchange): Failure | undefined {
  const { request, response, parameters, address } = exchange;
  const refused = parts.faults.watchListRefusal;
  if (refused !== undefined && isTrue(parameters.get('sendInitialEvents'))) return refused;
  const plan = watchPlan(address, parameters, exchange.rendering);
  if (plan.kind === 'failed') return plan.failure;
  if (response.destroyed) return undefined;
  exchange.answered(200);
  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  const running = new Watch(plan.value, parts.store, {
    write: (line) => {
      response.write(line);
    },
    end: () => {
      response.end();
    },
  });
  const opened: OpenWatch = { watch: running, reset: () => request.socket.resetAndDestroy() };
  parts.watches.add(opened);
  response.on('close', () => {
    running.stop();
    parts.watches.delete(opened);
  });
  running.start(parts.clock);
  return undefined;
}
