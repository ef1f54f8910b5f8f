import type { Verb } from './address.ts';

/** One request to a resource, as it was answered. */
export interface RecordedRequest {
  readonly verb: Verb;
  /** Path with query. */
  readonly path: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly userAgent: string;
  /** Bytes of the request's body. */
  readonly bodyBytes: number;
  readonly dryRun: boolean;
  /** The code that was sent; 0 when the connection was dropped instead, or nothing has been sent yet. */
  readonly code: number;
}

/** Which requests to pick; what is left out matches all. */
export type RequestFilter = Partial<
  Pick<RecordedRequest, 'verb' | 'resource' | 'subresource' | 'name' | 'code'>
>;

/** What was asked of the server, in order. Holds bodies' sizes, never bodies: Secrets come by here. */
export class Recorder {
  #requests: RecordedRequest[] = [];

  /** The requests that match, oldest first. */
  list(filter: RequestFilter = {}): readonly RecordedRequest[] {
    const wanted = Object.entries(filter);
    return this.#requests.filter((request) =>
      wanted.every(([key, value]) => value === undefined || Reflect.get(request, key) === value),
    );
  }

  /** Forgets what was asked so far. */
  clear(): void {
    this.#requests = [];
  }

  /** Writes a request down; the returned function sets the code of its answer. For the server. */
  record(request: Omit<RecordedRequest, 'code'>): (code: number) => void {
    const entry = { ...request, code: 0 };
    this.#requests.push(entry);
    return (code) => {
      entry.code = code;
    };
  }
}
