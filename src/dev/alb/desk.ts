import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { Control } from './control.ts';
import { deliver } from './delivery.ts';
import type { Faults } from './faults.ts';
import { Gate } from './gate.ts';
import { DEFAULT_ACCOUNT } from './keyring.ts';
import { Metadata, metadataAction } from './metadata.ts';
import type { AlbModel, AlbRequest } from './model.ts';
import type { Answer } from './outcome.ts';
import { reply } from './reply.ts';
import { businessParameters, decodePairs, parameter, regionOf, type WireRequest } from './wire.ts';

/** No request of this API is larger. */
const LARGEST_BODY = 1024 * 1024;

/** Serves one request after the other: the API, the metadata service, and the controls. */
export class Desk {
  readonly #model: AlbModel;
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #log: Log | undefined;
  readonly #gate: Gate;
  readonly #control: Control;
  readonly #metadata: Metadata;

  constructor(model: AlbModel, faults: Faults, clock: Clock, log: Log | undefined) {
    this.#model = model;
    this.#faults = faults;
    this.#clock = clock;
    this.#log = log;
    this.#gate = new Gate(model.keys, clock);
    this.#control = new Control(model, faults);
    this.#metadata = new Metadata(() => model.context(DEFAULT_ACCOUNT, 'cn-hangzhou'));
  }

  /** Serves a request to its end; rejects only on a broken socket. */
  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    if (body === undefined) return void response.writeHead(413).end();
    const target = incoming.url ?? '/';
    const [path = '/', query = ''] = target.split('?', 2);
    if (path.startsWith('/_control/')) return await this.#serveControl(incoming, response, path, body);
    const headers = headersOf(incoming);
    if (path.startsWith('/latest/')) return await this.#serveMetadata(incoming, response, path, headers);
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    const pairs = decodePairs(query);
    const form = isForm ? decodePairs(body.toString()) : [];
    if (pairs === undefined || form === undefined) return void response.writeHead(400).end();
    const method = incoming.method ?? 'POST';
    await this.#serveApi({ method, path, query: pairs, form, headers, body }, response);
  }

  async #serveApi(wire: WireRequest, response: ServerResponse): Promise<void> {
    const action = wire.headers['x-acs-action'] ?? parameter(wire, 'Action') ?? '';
    const version = wire.headers['x-acs-version'] ?? parameter(wire, 'Version') ?? '';
    const instance = wire.headers['user-agent'];
    const request: Omit<AlbRequest, 'account'> = {
      action,
      version,
      region: regionOf(wire),
      parameters: businessParameters(wire),
      ...(instance === undefined ? {} : { instance }),
    };
    const work = this.#admitted(wire, request);
    const strike = this.#faults.take(action, request.parameters);
    const delivery = await deliver({ ...work, faults: this.#faults, clock: this.#clock }, strike);
    this.#log?.debug('Stand-in ALB served a request', { action, delivery: delivery.kind });
    reply(response, delivery, this.#clock, () => this.#model.ledger.lose(delivery.sequence));
  }

  /** What carries the request out: for one that is not admitted, its refusal. */
  #admitted(
    wire: WireRequest,
    request: Omit<AlbRequest, 'account'>,
  ): {
    readonly perform: () => Answer;
    readonly refuse: (status: number, code: string, message: string) => Answer;
  } {
    const model = this.#model;
    const as = (full: AlbRequest, perform: () => Answer) => ({
      perform,
      refuse: (status: number, code: string, message: string) => model.refuse(full, status, code, message),
    });
    if (request.action === 'AssumeRoleWithOIDC') {
      const full = { ...request, account: DEFAULT_ACCOUNT };
      return as(full, () => model.call(full));
    }
    const admission = this.#gate.admit(wire);
    switch (admission.kind) {
      case 'admitted': {
        const full = { ...request, account: admission.key.account, accessKeyId: admission.key.id };
        return as(full, () => model.call(full));
      }
      case 'refused': {
        const full = { ...request, account: admission.account };
        const { status, code, message } = admission.refusal;
        return as(full, () => model.refuse(full, status, code, message));
      }
    }
  }

  async #serveControl(
    incoming: IncomingMessage,
    response: ServerResponse,
    path: string,
    body: Buffer,
  ): Promise<void> {
    if (!isLoopback(incoming)) return void response.writeHead(403).end();
    const { status, text } = await this.#control.answer(path.slice('/_control/'.length), body.toString());
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  }

  async #serveMetadata(
    incoming: IncomingMessage,
    response: ServerResponse,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const request = { method: incoming.method ?? 'GET', path, headers };
    const action = metadataAction(path);
    const refuse = (status: number) => ({ status, body: {}, headers: {}, sequence: 0 });
    let text: string | undefined;
    const perform = () => {
      const answer = this.#metadata.answer(request);
      text = answer.text;
      return refuse(answer.status);
    };
    const strike = this.#faults.take(action, {});
    const work = { perform, refuse, faults: this.#faults, clock: this.#clock };
    const delivery = await deliver(work, strike);
    const plain = delivery.kind === 'whole' && text !== undefined ? { ...delivery, text } : delivery;
    reply(response, plain, this.#clock, () => undefined);
  }
}

function headersOf(incoming: IncomingMessage): Readonly<Record<string, string>> {
  const pairs = Object.entries(incoming.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return Object.fromEntries(pairs);
}

/** Both ends must be loopback, and the name too, so that no page in a browser gets here by a name of its own. */
function isLoopback(incoming: IncomingMessage): boolean {
  const address = incoming.socket.remoteAddress ?? '';
  const host = (incoming.headers.host ?? '').replace(/:\d+$/, '');
  return /^(::ffff:)?127\.|^::1$/.test(address) && /^(127\.[\d.]+|localhost|\[::1\])$/.test(host);
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const data = chunk as Buffer;
    size += data.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(data);
  }
  return Buffer.concat(chunks);
}
