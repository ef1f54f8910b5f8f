import { type KubeOptions, type RunningKube, startKube } from '../../../src/dev/kube/server.ts';
import { WIDGETS } from './widget.ts';

/** What an answer holds, loosely typed: tests look at what they expect. */
// biome-ignore lint/suspicious/noExplicitAny: the tests' view of foreign JSON.
export type Loose = any;

/** An answer, read to its end. */
export interface Answer {
  readonly code: number;
  readonly body: Loose;
  readonly headers: Headers;
}

/** A change of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: Loose;
}

/** Paths of the test's own kind. */
export const WIDGET_PATH = '/apis/example.test/v1/namespaces/default/widgets';

/** A client as plain as can be: what the server says is what the test sees. */
export class ApiClient {
  readonly kube: RunningKube;

  constructor(kube: RunningKube) {
    this.kube = kube;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.kube.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type') === 'application/json';
    return { code: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, typed(path, body));
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, typed(path, body));
  }

  merge(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, body, { 'content-type': 'application/merge-patch+json' });
  }

  apply(path: string, body: unknown, query = 'fieldManager=test'): Promise<Answer> {
    const type = { 'content-type': 'application/apply-patch+yaml' };
    return this.send('PATCH', `${path}?${query}`, typed(path, body), type);
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.send('DELETE', path, body);
  }

  /** Creates a widget and returns it. */
  async widget(name: string, more: Loose = {}): Promise<Loose> {
    const { spec = {}, ...metadata } = more;
    const answer = await this.post(WIDGET_PATH, {
      metadata: { name, ...metadata },
      spec: { size: 1, ...spec },
    });
    if (answer.code !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  }

  /** Opens a watch. */
  async watch(path: string, query = ''): Promise<WatchReader> {
    const abort = new AbortController();
    const response = await fetch(`${this.kube.url}${path}?watch=true&${query}`, { signal: abort.signal });
    return new WatchReader(response, abort);
  }
}

/** A widget must say what it is; these tests do not say it each time. */
function typed(path: string, body: unknown): unknown {
  const widget = path.startsWith('/apis/example.test/') && typeof body === 'object';
  return widget ? { apiVersion: 'example.test/v1', kind: 'Widget', ...body } : body;
}

/** Reads a watch line by line. */
export class WatchReader {
  readonly code: number;
  readonly #abort: AbortController;
  readonly #lines: AsyncGenerator<string>;

  constructor(response: Response, abort: AbortController) {
    this.code = response.status;
    this.#abort = abort;
    this.#lines = lines(response);
  }

  /** The next event; undefined at the end in good order; rejects when the connection breaks. */
  async next(): Promise<WatchEvent | undefined> {
    const line = await this.#lines.next();
    return line.done === true ? undefined : (JSON.parse(line.value) as WatchEvent);
  }

  /** The next events as `TYPE name`. */
  async take(count: number): Promise<readonly string[]> {
    const names: string[] = [];
    while (names.length < count) {
      const event = await this.next();
      names.push(event === undefined ? 'END' : `${event.type} ${event.object.metadata.name ?? ''}`.trim());
    }
    return names;
  }

  stop(): void {
    this.#abort.abort();
  }
}

async function* lines(response: Response): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

/** Starts a stand-in with the test's own kind. */
export async function startClient(options: KubeOptions = {}): Promise<ApiClient> {
  return new ApiClient(await startKube({ crds: [WIDGETS], ...options }));
}
