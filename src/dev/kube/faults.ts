/**
 * Faults that a test can order.
 * @module
 */
import type { Address, Verb } from './address.ts';
import { expired, type Failure } from './failure.ts';
import type { Store } from './store.ts';
import type { Watch } from './watch.ts';

/** Which requests a fault meets; what is left out matches all. */
export interface FaultMatch {
  readonly verb?: Verb;
  /** Plural, for example `securitypolicies`. */
  readonly resource?: string;
  /** `status`; the empty string for the object itself. */
  readonly subresource?: string;
  readonly name?: string;
  /** Matching requests to let through first. Default 0. */
  readonly after?: number;
  /** Requests to meet. Default 1; Infinity until removed. */
  readonly times?: number;
}

/**
 * What happens to a request.
 * - `status`: answered with this code before anything is done; `retryAfter` in seconds.
 * - `reset`: the connection is reset before anything is done.
 * - `hang`: nothing happens until `release`, then the request is served.
 * - `dropAnswer`: done and stored, then the connection is reset instead of an answer.
 */
export type Fault =
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfter?: number;
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'dropAnswer' };

/** A fault that was ordered. */
export interface OrderedFault {
  /** Requests it has met. */
  readonly hits: number;
  /** Serves what hangs, and hangs nothing more. */
  release(): void;
  /** Meets no more requests. */
  remove(): void;
}

interface Armed {
  readonly match: FaultMatch;
  readonly fault: Fault;
  toSkip: number;
  left: number;
  hits: number;
  waiting: (() => void)[];
}

/** A fault as it meets one request; `released` settles when a hanging request may go on. */
export type Met =
  | Exclude<Fault, { readonly kind: 'hang' }>
  | { readonly kind: 'hang'; readonly released: Promise<void> };

/** How watches are cut: in good order, by a reset, or in the middle of a line. */
export type Cut = 'end' | 'reset' | 'truncate';

/** A watch with the means to reset its connection. */
export interface OpenWatch {
  readonly watch: Watch;
  reset(): void;
}

/** The faults of one server. */
export class Faults {
  readonly #armed = new Set<Armed>();
  readonly #store: Store;
  readonly #watches: ReadonlySet<OpenWatch>;
  readonly #dropConnections: () => void;
  #watchList: Failure | undefined;
  #token: string | undefined;

  constructor(store: Store, watches: ReadonlySet<OpenWatch>, dropConnections: () => void) {
    this.#store = store;
    this.#watches = watches;
    this.#dropConnections = dropConnections;
  }

  /** Orders a fault for the requests that match. */
  inject(match: FaultMatch, fault: Fault): OrderedFault {
    const { after = 0, times = 1 } = match;
    const armed: Armed = { match, fault, toSkip: after, left: times, hits: 0, waiting: [] };
    this.#armed.add(armed);
    const release = (): void => {
      this.#armed.delete(armed);
      for (const go of armed.waiting.splice(0)) go();
    };
    return {
      get hits() {
        return armed.hits;
      },
      release,
      remove: () => {
        this.#armed.delete(armed);
      },
    };
  }

  /** The fault that a request meets, counted. For the server. */
  meet(verb: Verb, address: Address): Met | undefined {
    for (const armed of this.#armed) {
      if (!matches(armed.match, verb, address)) continue;
      if (armed.toSkip > 0) {
        armed.toSkip -= 1;
        continue;
      }
      if (armed.left <= 0) continue;
      armed.left -= 1;
      armed.hits += 1;
      if (armed.fault.kind !== 'hang') return armed.fault;
      const { promise, resolve } = Promise.withResolvers<void>();
      armed.waiting.push(resolve);
      return { kind: 'hang', released: promise };
    }
    return undefined;
  }

  #of(resource: string | undefined): readonly OpenWatch[] {
    return [...this.#watches].filter(
      ({ watch }) => resource === undefined || watch.plan.address.resource.plural === resource,
    );
  }

  /** Cuts running watches, of one resource or all. */
  cutWatches(how: Cut, resource?: string): void {
    for (const open of this.#of(resource)) {
      switch (how) {
        case 'end':
          open.watch.end();
          break;
        case 'truncate':
          open.watch.truncate();
          break;
        case 'reset':
          open.reset();
          break;
      }
    }
  }

  /** Running watches send nothing more and stay open. */
  silenceWatches(resource?: string): void {
    for (const { watch } of this.#of(resource)) watch.silence();
  }

  /** Running watches get 410 in band and end. */
  expireWatches(resource?: string): void {
    for (const { watch } of this.#of(resource)) {
      watch.fail(expired(`too old resource version: 1 (${this.#store.revision})`));
    }
  }

  /** Running watches that allow bookmarks get one now. */
  bookmark(resource?: string): void {
    for (const { watch } of this.#of(resource)) watch.bookmark();
  }

  /** Watches with `sendInitialEvents` are refused with this code (a server without WatchList: 422). */
  refuseWatchList(code = 422): void {
    const detail = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    const message = `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: ${detail}`;
    this.#watchList = { code, reason: reasonOf(code), message };
  }

  /** The refusal of WatchList in force. For the server. */
  get watchListRefusal(): Failure | undefined {
    return this.#watchList;
  }

  /** Forgets the history: resourceVersions and continue tokens from before are too old from now on. */
  compact(): void {
    this.#store.compact();
  }

  /** Drops every connection, as a restart does; the objects stay. */
  restart(): void {
    this.#dropConnections();
  }

  /** From now on only this bearer token is let in, others get 401. Undefined lets everybody in. */
  requireToken(token: string | undefined): void {
    this.#token = token;
  }

  /** True when a request with this `Authorization` is let in. For the server. */
  admits(authorization: string | undefined): boolean {
    return this.#token === undefined || authorization === `Bearer ${this.#token}`;
  }

  /** Takes every order back; what hangs is served. */
  clear(): void {
    for (const armed of this.#armed) for (const go of armed.waiting.splice(0)) go();
    this.#armed.clear();
    this.#watchList = undefined;
    this.#token = undefined;
  }
}

function matches(match: FaultMatch, verb: Verb, { resource, subresource = '', name }: Address): boolean {
  return (
    (match.verb ?? verb) === verb &&
    (match.resource ?? resource.plural) === resource.plural &&
    (match.subresource ?? subresource) === subresource &&
    (match.name === undefined || match.name === name)
  );
}

/** The failure that a `status` fault answers with. */
export function failureOfFault(fault: Extract<Fault, { kind: 'status' }>): Failure {
  const { code, reason = reasonOf(code), message = `Ordered by a test: ${code}`, retryAfter } = fault;
  return {
    code,
    reason,
    message,
    ...(retryAfter === undefined ? {} : { retryAfter, details: { retryAfterSeconds: retryAfter } }),
  };
}

/** The reason that goes with a code, as k8s.io/apimachinery pairs them. */
function reasonOf(code: number): string {
  return REASONS[code] ?? '';
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
