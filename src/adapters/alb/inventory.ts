/**
 * One list for everybody: a snapshot of a region's policies, shared by all passes of one identity.
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { CloudPolicy, CloudResult, Snapshot } from '../../ports/cloud.ts';
import type { Log } from '../../ports/log.ts';
import { ownError } from './errors.ts';
import type { Page } from './wire.ts';

/** Reads one page; tells when its request goes out, and settles by `until`. */
export type ReadPage = (page: {
  readonly nextToken?: string;
  readonly until: Millis;
  readonly onSend: (at: Millis) => void;
}) => Promise<CloudResult<Page>>;

/** The shared list of a region. */
export interface Inventory {
  list(notBefore: Millis): Promise<CloudResult<Snapshot>>;
  /** Told every snapshot as it is accepted; returns what ends that. A listener must not throw. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
  /** Says that the policy was deleted by us: that it is missing from the next list is no wonder. */
  forget(id: string): void;
}

/** 20,000 policies: a region's quota is 50, and a list without an end must find one. */
const MOST_PAGES = 200;
/** A list, retaken or not, settles within this; a caller waits for at most two of them, so for less than 60 s. */
const LIST_DEADLINE: Millis = 25_000;
/** So many missing policies are ordinary deletions. */
const UNSUSPICIOUS = 3;

interface Taken {
  readonly snapshot: Snapshot;
  /** Ids known before and not in this list. */
  readonly missing: ReadonlySet<string>;
  /** The cloud counted more policies than its pages showed. */
  readonly short: boolean;
}

interface Running {
  /** Undefined until the request of the first page goes out. */
  sentAt?: Millis;
  readonly result: Promise<CloudResult<Snapshot>>;
}

/** The inventory of one identity and region. */
export function createInventory(readPage: ReadPage, clock: Clock, log: Log): Inventory {
  const listeners = new Set<(snapshot: Snapshot) => void>();
  let known: Map<string, CloudPolicy> = new Map();
  let snapshot: Snapshot | undefined;
  let running: Running | undefined;
  let next: Promise<CloudResult<Snapshot>> | undefined;

  function isSuspect({ missing, short }: Taken): boolean {
    return short || (missing.size > UNSUSPICIOUS && missing.size > known.size / 10);
  }

  function accept(taken: Taken): CloudResult<Snapshot> {
    ({ snapshot } = taken);
    known = new Map(snapshot.policies.map((policy) => [policy.id, policy]));
    for (const listener of listeners) {
      try {
        listener(snapshot);
      } catch {
        log.error('A listener of the inventory failed');
      }
    }
    return { kind: 'ok', value: snapshot };
  }

  /** Takes a list; one that misses much is taken again and believed only when the second one misses it, too. */
  async function takeBelievable(onSend: (at: Millis) => void): Promise<CloudResult<Snapshot>> {
    const until = clock.monotonic() + LIST_DEADLINE;
    const first = await takeList(readPage, { known: () => known, until, clock, onSend });
    if (first.kind === 'error') return first;
    if (!isSuspect(first.value)) return accept(first.value);
    log.warn('Taking a list again because policies are missing from it', {
      missing: first.value.missing.size,
    });
    const second = await takeList(readPage, { known: () => known, until, clock, onSend });
    if (second.kind === 'error') return second;
    if (second.value.short) return unfinished('TornList', 'The list changed while its pages were read');
    const same = first.value.missing.isSubsetOf(second.value.missing);
    if (!isSuspect(second.value) || same) return accept(second.value);
    const message = 'Two lists in a row miss different policies: neither is believed';
    return { kind: 'error', error: ownError('indeterminate', 'SuspectList', message) };
  }

  function start(): Promise<CloudResult<Snapshot>> {
    const { promise, resolve } = Promise.withResolvers<CloudResult<Snapshot>>();
    const mine: Running = { result: promise };
    running = mine;
    void takeBelievable((at) => {
      mine.sentAt = at;
    }).then((result) => {
      if (running === mine) running = undefined;
      resolve(result);
    });
    return promise;
  }

  async function startAfter(earlier: Promise<unknown>): Promise<CloudResult<Snapshot>> {
    await earlier;
    next = undefined;
    return start();
  }

  return {
    async list(notBefore) {
      if (snapshot !== undefined && snapshot.sentAt >= notBefore) return { kind: 'ok', value: snapshot };
      const now = clock.monotonic();
      if (notBefore > now) {
        const message = 'A list cannot be sent before its time has come';
        return { kind: 'error', error: ownError('busy', 'NotYet', message, notBefore - now) };
      }
      if (running === undefined && next === undefined) return start();
      const joinable = running !== undefined && (running.sentAt === undefined || running.sentAt >= notBefore);
      if (running !== undefined && joinable) return running.result;
      next ??= startAfter(running?.result ?? Promise.resolve());
      return next;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    forget: (id) => {
      known.delete(id);
    },
  };
}

interface Taking {
  /** What the last list that was believed showed, by id. */
  readonly known: () => ReadonlyMap<string, CloudPolicy>;
  readonly until: Millis;
  readonly clock: Clock;
  readonly onSend: (at: Millis) => void;
}

/** Reads all pages, or none: a failed page, a token seen before or too many pages make no list. */
async function takeList(readPage: ReadPage, taking: Taking): Promise<CloudResult<Taken>> {
  const { clock, until } = taking;
  const policies = new Map<string, CloudPolicy>();
  const tokens = new Set<string>();
  let sentAt: Millis | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  let nextToken: string | undefined;
  const onSend = (at: Millis): void => {
    if (sentAt !== undefined) return;
    sentAt = at;
    taking.onSend(at);
  };
  do {
    if (clock.monotonic() >= until) return unfinished('Timeout', 'The list was not complete in time');
    const page = await readPage({ until, onSend, ...(nextToken === undefined ? {} : { nextToken }) });
    if (page.kind === 'error') return page;
    // An item that moves between pages while they are read may come twice: the later one is the newer one.
    for (const policy of page.value.policies)
      policies.set(policy.id, asBefore(policy, taking.known().get(policy.id)));
    fewest = Math.min(fewest, page.value.total ?? 0);
    ({ nextToken } = page.value);
    if (nextToken === undefined) break;
    if (tokens.has(nextToken))
      return unfinished('EndlessList', 'The list came back to a page that it had shown');
    tokens.add(nextToken);
  } while (tokens.size < MOST_PAGES);
  if (nextToken !== undefined) return unfinished('EndlessList', `The list has over ${MOST_PAGES} pages`);
  const missing = new Set([...taking.known().keys()].filter((id) => !policies.has(id)));
  const snapshot = { sentAt: sentAt ?? Number.NEGATIVE_INFINITY, policies: [...policies.values()] };
  return { kind: 'ok', value: { snapshot, missing, short: tokens.size > 0 && policies.size < fewest } };
}

/** The object that is held already, if it says the same: most of a list is what it was, and two lists are held at a time. */
function asBefore(policy: CloudPolicy, before: CloudPolicy | undefined): CloudPolicy {
  return before !== undefined && isDeepStrictEqual(policy, before) ? before : policy;
}

function unfinished(code: string, message: string): CloudResult<never> {
  return { kind: 'error', error: ownError('indeterminate', code, message) };
}
