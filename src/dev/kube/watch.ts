/**
 * Watches: from a resourceVersion, or with what is there first, with bookmarks.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import { type Address, isTrue } from './address.ts';
import { apiVersionOf } from './decoding.ts';
import { expired, type Failure, failed, invalid, type Outcome, ok, statusBody } from './failure.ts';
import { listed, notANumber } from './list.ts';
import type { KubeObject } from './object.ts';
import { type Rendering, shown } from './rendering.ts';
import { type Selector, selectorOf } from './selector.ts';
import type { Change, Store } from './store.ts';
import { violation } from './violation.ts';

/** Where a watch writes to; the server's side of one chunked answer. */
export interface WatchSink {
  write(line: string): void;
  end(): void;
}

/** How often a watch that allows bookmarks gets one, in milliseconds: the real server's is about a minute. */
export const BOOKMARK_INTERVAL = 60_000;

/** What a watch's query says, checked. */
export interface WatchPlan {
  readonly address: Address;
  readonly selector: Selector | undefined;
  readonly rendering: Rendering;
  /** Undefined: what is there now comes first. */
  readonly from: number | undefined;
  readonly initialEventsEnd: boolean;
  readonly bookmarks: boolean;
  /** Milliseconds; undefined for no end. */
  readonly timeout: number | undefined;
}

/** Reads the query of a watch. 400 and 422 as the real server gives them. */
export function watchPlan(
  address: Address,
  parameters: URLSearchParams,
  rendering: Rendering,
): Outcome<WatchPlan> {
  const selector = selectorOf(parameters, address.name);
  if (selector.kind === 'failed') return selector;
  const refuse = (field: string, detail: string): Outcome<never> =>
    failed(invalid('meta.k8s.io', 'ListOptions', '', [violation('FieldValueForbidden', field, { detail })]));
  const match = parameters.get('resourceVersionMatch');
  const initial = parameters.get('sendInitialEvents');
  const field = 'resourceVersionMatch';
  if (initial === null && match !== null) {
    return refuse(field, `${field} is forbidden for watch unless sendInitialEvents is provided`);
  }
  if (initial !== null && match !== 'NotOlderThan') {
    return refuse(field, `sendInitialEvents requires setting ${field} to NotOlderThan`);
  }
  const version = parameters.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version)) {
    // The real server takes this for an error of its own.
    return failed({ code: 500, reason: '', message: notANumber(version) });
  }
  const state = version === '' || version === '0' ? initial !== 'false' : isTrue(initial);
  const seconds = Number(parameters.get('timeoutSeconds') ?? 0);
  return ok({
    address,
    selector: selector.value,
    rendering,
    from: state ? undefined : Number(version),
    initialEventsEnd: isTrue(initial) && isTrue(parameters.get('allowWatchBookmarks')),
    bookmarks: isTrue(parameters.get('allowWatchBookmarks')),
    timeout: seconds > 0 ? seconds * 1000 : undefined,
  });
}

/** One running watch. */
export class Watch {
  readonly plan: WatchPlan;
  readonly #store: Store;
  readonly #sink: WatchSink;
  readonly #cleanup: (() => void)[] = [];
  #silent = false;
  #sent = 0;
  #ended = false;

  constructor(plan: WatchPlan, store: Store, sink: WatchSink) {
    this.plan = plan;
    this.#store = store;
    this.#sink = sink;
  }

  /** Sends what there is, then each change, until `stop`. */
  start(clock: Clock): void {
    const { address, from, initialEventsEnd, bookmarks, timeout } = this.plan;
    const { storage } = address.resource;
    // Version 0 asks for any state; an older one than the log reaches cannot be served.
    if (from !== undefined && from !== 0 && from < this.#store.oldest) {
      this.fail(expired(`too old resource version: ${from} (${this.#store.oldest})`));
      return;
    }
    const start = from === 0 || from === undefined ? this.#store.revision : from;
    this.#sent = start;
    if (from === undefined) this.#sendState();
    if (initialEventsEnd) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
    for (const change of this.#store.since(storage, start)) this.#send(change);
    this.#cleanup.push(this.#store.watch(storage, (change) => this.#send(change)));
    if (bookmarks) this.#repeatBookmarks(clock);
    if (timeout !== undefined) this.#cleanup.push(clock.after(timeout, () => this.end()));
  }

  #repeatBookmarks(clock: Clock): void {
    let cancel = (): void => {};
    const next = (): void => {
      cancel = clock.after(BOOKMARK_INTERVAL, () => {
        this.bookmark();
        next();
      });
    };
    next();
    this.#cleanup.push(() => cancel());
  }

  #sendState(): void {
    const { address, selector } = this.plan;
    const page = listed(this.#store, address, new URLSearchParams());
    if (page.kind === 'failed') return;
    for (const object of page.value.objects) {
      if (selector?.(object) ?? true)
        this.#line('ADDED', shown(address.resource, object, this.plan.rendering));
    }
  }

  #send(change: Change): void {
    const { address, selector, rendering } = this.plan;
    this.#sent = Math.max(this.#sent, change.revision);
    if (address.namespace !== undefined && change.object.metadata.namespace !== address.namespace) return;
    const type = selected(change, selector);
    if (type === undefined) return;
    const { previous } = change;
    // What leaves the selection is shown as it last was in it, at the version of the change.
    const left = type === 'DELETED' && change.type === 'MODIFIED' && previous !== undefined;
    const object = left ? withVersion(previous, change.revision) : change.object;
    this.#line(type, shown(address.resource, object, rendering));
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { kind } = this.plan.address.resource;
    const apiVersion = apiVersionOf(this.plan.address.resource);
    const metadata = {
      resourceVersion: String(Math.max(this.#sent, this.#store.revision)),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    this.#line('BOOKMARK', { kind, apiVersion, metadata });
  }

  /** Sends a bookmark now, if the client allows them. */
  bookmark(): void {
    if (this.plan.bookmarks) this.#bookmark();
  }

  #line(type: string, object: object): void {
    if (this.#silent || this.#ended) return;
    this.#sink.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Sends a failure in band and ends. */
  fail(failure: Failure): void {
    this.#line('ERROR', statusBody(failure));
    this.end();
  }

  /** Ends in the middle of a line. */
  truncate(): void {
    if (!this.#silent) this.#sink.write('{"type":"MODIFIED","object":{"apiVersion":"');
    this.end();
  }

  /** From now on nothing is sent, and the connection stays open. What is missed is not made up for. */
  silence(): void {
    this.#silent = true;
  }

  /** Ends the answer in good order. */
  end(): void {
    if (this.#ended) return;
    this.stop();
    this.#sink.end();
  }

  /** Stops sending; for a connection that is gone. */
  stop(): void {
    this.#ended = true;
    for (const undo of this.#cleanup.splice(0)) undo();
  }
}

function withVersion(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

/** What a change is to those who see only what is selected. */
function selected(change: Change, selector: Selector | undefined): Change['type'] | undefined {
  if (selector === undefined) return change.type;
  const before = change.previous !== undefined && selector(change.previous);
  const after = change.type !== 'DELETED' && selector(change.object);
  if (before && after) return 'MODIFIED';
  if (after) return 'ADDED';
  return before ? 'DELETED' : undefined;
}
