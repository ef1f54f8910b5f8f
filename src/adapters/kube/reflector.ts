/**
 * Keeps a view of one collection in memory: the whole of it first, then every change, for as long as it runs.
 * Reading order: this file's loop, `reflectorstep.ts` for what it does after each end, `watchstream.ts` for one watch.
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import { type Complaints, createComplaints } from './complaints.ts';
import { type KubeObject, keyOf } from './kubeobject.ts';
import { listAll } from './listing.ts';
import { type Change, createObjectCache, type ObjectCache } from './objectcache.ts';
import { type Mode, nextStep } from './reflectorstep.ts';
import { isOlder } from './resourceversion.ts';
import type { Transport } from './transport.ts';
import type { WatchEvent } from './watchevent.ts';
import { type WatchEnd, watchOnce } from './watchstream.ts';

/** Why a key changed: it was in the first view, a watch told of it, or a later whole view differs from ours. */
export type ChangeReason = 'initial' | 'event' | 'relist';

/** What to reflect, and who wants to know. */
export interface ReflectorOptions<T extends KubeObject> {
  readonly transport: Transport;
  /** Path of the collection: `/apis/alb.alicloud.dev/v1alpha1/securitypolicies`, or a namespaced one. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Nothing is read before this settles; at once without it. */
  readonly begin?: Promise<void>;
  /** Called synchronously once the view has changed; read the view for what it is now. A throw is logged. */
  onChange(key: string, reason: ChangeReason): void;
  /** Called with every object that left, also one whose name was taken by another uid. A throw is logged. */
  onGone?(object: T): void;
}

/**
 * A view of one collection.
 *
 * *Guarantees*: it goes on whatever the server answers; objects are shared and must not be changed in place; after
 * `stop` nothing is called and nothing is left open. *Caveat*: the view may be behind; `relist` catches up.
 */
export interface Reflector<T extends KubeObject> {
  /** Whether a whole view has been seen; stays true. */
  synced(): boolean;
  /** Resolves when synced, stopped, or `signal` is aborted: ask `synced()` which. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  get(key: string): T | undefined;
  keys(): IterableIterator<string>;
  values(): IterableIterator<T>;
  resourceVersionOf(key: string): string | undefined;
  /** Resolves when the view reflects a consistent read that began after this call, however long that takes; or when stopped. */
  relist(): Promise<void>;
  /** Monotonic time at which the server last sent something; the start if it never has. */
  lastContact(): Millis;
  stop(): void;
}

/** Longest silence of a watch; bookmarks come about once a minute. */
const WATCH_SILENCE: Millis = 150_000;
/** Longest silence before the first view is whole: a server that does not know WatchList never ends it. */
const STREAM_SILENCE: Millis = 30_000;
/** The server is asked to close a watch after 1 to 2 times this many seconds (client-go: 5 min), so that they spread. */
const WATCH_SECONDS = 300;
/** A watch this long is a sign of health even when nothing happened in it. */
const QUIET_HEALTH: Millis = 60_000;
/** A watch that the server closes sooner than this is followed by a pause (client-go: "very short watch"). */
const BRIEF: Millis = 1000;
/** Most handler calls before the event loop gets its turn. */
const BATCH = 500;

/** Starts at once, or when `begin` settles. */
export function startReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const reflector = new Loop(options);
  void reflector.run();
  return reflector;
}

/** One pass: a watch to its end, or a list. */
interface Pass<T extends KubeObject> {
  readonly mode: Mode;
  readonly signal: AbortSignal;
  readonly begunAt: Millis;
  /** Who waits for a view that this pass reads. */
  readonly waiters: (() => void)[];
  /** What an incomplete stream has shown so far. */
  readonly view: Map<string, T>;
  complete: boolean;
  events: number;
}

class Loop<T extends KubeObject> implements Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #cache: ObjectCache<T> = createObjectCache<T>();
  readonly #backoff: Backoff;
  readonly #complaints: Complaints;
  readonly #syncWaiters: (() => void)[] = [];
  readonly #relistWaiters: (() => void)[] = [];
  #mode: Mode = 'stream';
  /** False once the server has shown that it does not know WatchList. */
  #streams: boolean = true;
  #version = '';
  #faults = 0;
  #synced: boolean = false;
  #stopped: boolean = false;
  /** True: somebody waits for a relist, so no pause is made. */
  #hurried: boolean = false;
  #lastContact: Millis;
  #abort = new AbortController();
  #wake: () => void = () => {};

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = createBackoff(options.clock, options.random);
    this.#complaints = createComplaints(options.log, options.path);
    this.#lastContact = options.clock.monotonic();
  }

  synced(): boolean {
    return this.#synced;
  }

  whenSynced(signal?: AbortSignal): Promise<void> {
    if (this.#synced || this.#stopped || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      this.#syncWaiters.push(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#cache.keys();
  }

  values(): IterableIterator<T> {
    return this.#cache.values();
  }

  resourceVersionOf(key: string): string | undefined {
    return this.#cache.get(key)?.metadata.resourceVersion;
  }

  relist(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#relistWaiters.push(resolve);
      this.#hurried = true;
      this.#abort.abort();
      this.#wake();
    });
  }

  lastContact(): Millis {
    return this.#lastContact;
  }

  stop(): void {
    this.#stopped = true;
    this.#abort.abort();
    this.#wake();
    release(this.#syncWaiters);
    release(this.#relistWaiters);
  }

  async run(): Promise<void> {
    await this.#options.begin;
    while (!this.#stopped) {
      try {
        await this.#turn();
      } catch (error) {
        // Nothing is known to come here; should something, the loop must outlive it.
        this.#options.log.error('Reflector failed, it starts over', {
          path: this.#options.path,
          error: error instanceof Error ? error.message : 'unknown',
        });
        this.#mode = 'stream';
        await this.#sleep(this.#backoff.next());
      }
    }
  }

  async #turn(): Promise<void> {
    const pass = this.#begin();
    const end = pass.mode === 'list' ? await this.#list(pass) : await this.#watch(pass);
    // Whoever this pass has not served gets the view of the next one.
    this.#relistWaiters.unshift(...pass.waiters.splice(0));
    if (this.#stopped) return release(this.#relistWaiters);
    const pause = this.#judge(end, pass);
    if (!pause) return;
    const asked = end.kind === 'failed' && end.failure.kind === 'status' ? (end.failure.retryAfter ?? 0) : 0;
    await this.#sleep(Math.max(this.#backoff.next(), asked));
  }

  #begin(): Pass<T> {
    this.#hurried = false;
    this.#abort = new AbortController();
    if (this.#relistWaiters.length > 0 && this.#mode === 'resume') this.#mode = 'stream';
    if (this.#mode === 'stream' && !this.#streams) this.#mode = 'list';
    return {
      mode: this.#mode,
      signal: this.#abort.signal,
      begunAt: this.#options.clock.monotonic(),
      waiters: this.#mode === 'resume' ? [] : this.#relistWaiters.splice(0),
      view: new Map(),
      complete: this.#mode === 'resume',
      events: 0,
    };
  }

  /** Settles what the next pass does; true when it should wait first. */
  #judge(end: WatchEnd, pass: Pass<T>): boolean {
    const { mode, complete } = pass;
    const lasted = this.#options.clock.monotonic() - pass.begunAt;
    if (pass.events > 0 || (complete && lasted >= QUIET_HEALTH)) this.#faults = 0;
    const brief = mode !== 'list' && lasted < BRIEF;
    const next = nextStep(end, { mode, complete, brief, faults: this.#faults });
    if (isFault(end, complete)) this.#faults += 1;
    this.#mode = next.mode;
    if (next.refusedStream) this.#streams = false;
    this.#complaints.note(end);
    return next.pause;
  }

  async #list(pass: Pass<T>): Promise<WatchEnd> {
    const { transport, path, labelSelector } = this.#options;
    const listing = await listAll<T>(transport, {
      path,
      ...(labelSelector === undefined ? {} : { labelSelector }),
      signal: pass.signal,
      onPage: () => this.#touch(),
    });
    if (pass.signal.aborted) return { kind: 'stopped' };
    if (listing.kind !== 'ok') return { kind: 'failed', failure: listing, inside: false };
    for (const object of listing.objects) pass.view.set(keyOf(object), object);
    await this.#replace(pass, listing.resourceVersion);
    return { kind: 'closed' };
  }

  #watch(pass: Pass<T>): Promise<WatchEnd> {
    const { transport, clock, path, labelSelector, random } = this.#options;
    const begin: Record<string, string> =
      pass.mode === 'resume'
        ? { resourceVersion: this.#version }
        : { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
    return watchOnce<T>(
      {
        transport,
        clock,
        path,
        query: {
          watch: 'true',
          allowWatchBookmarks: 'true',
          timeoutSeconds: String(Math.floor(WATCH_SECONDS * (1 + random()))),
          ...(labelSelector === undefined ? {} : { labelSelector }),
          ...begin,
        },
        signal: pass.signal,
        silence: () => (pass.complete ? WATCH_SILENCE : STREAM_SILENCE),
        onContact: () => this.#touch(),
      },
      (event) => (pass.complete ? this.#apply(event, pass) : this.#collect(event, pass)),
    );
  }

  /** An event before the view is whole. */
  #collect(event: WatchEvent<T>, pass: Pass<T>): Promise<void> | undefined {
    switch (event.kind) {
      case 'present':
        pass.view.set(keyOf(event.object), event.object);
        return undefined;
      case 'deleted':
        pass.view.delete(keyOf(event.object));
        return undefined;
      case 'bookmark':
        return event.initialEnd ? this.#replace(pass, event.resourceVersion) : undefined;
      case 'error':
      case 'garbled':
        return undefined;
    }
  }

  #apply(event: WatchEvent<T>, pass: Pass<T>): undefined {
    switch (event.kind) {
      case 'present':
        this.#tell(this.#cache.put(event.object), 'event');
        this.#advance(event.object.metadata.resourceVersion, pass);
        return;
      case 'deleted':
        this.#tell(this.#cache.remove(event.object), 'event');
        this.#advance(event.object.metadata.resourceVersion, pass);
        return;
      case 'bookmark':
        this.#advance(event.resourceVersion, pass);
        return;
      case 'error':
      case 'garbled':
        return;
    }
  }

  #advance(version: string, pass: Pass<T>): void {
    if (!isOlder(version, this.#version)) this.#version = version;
    pass.events += 1;
    this.#complaints.recovered();
  }

  /** Makes the pass's view the whole content. The content changes at once, the callbacks come in batches. */
  async #replace(pass: Pass<T>, version: string): Promise<void> {
    const reason = this.#synced ? 'relist' : 'initial';
    const changes = this.#cache.replace(pass.view);
    pass.view.clear();
    pass.complete = true;
    pass.events += 1;
    this.#version = version;
    this.#complaints.recovered();
    for (const [index, change] of changes.entries()) {
      if (this.#stopped) return;
      this.#tell(change, reason);
      if (index % BATCH === BATCH - 1) await setImmediate();
    }
    this.#synced = true;
    release(this.#syncWaiters);
    release(pass.waiters);
  }

  #tell(change: Change<T> | undefined, reason: ChangeReason): void {
    if (change === undefined || this.#stopped) return;
    const { onChange, onGone, log } = this.#options;
    try {
      if (change.gone !== undefined) onGone?.(change.gone);
    } catch (error) {
      log.error('Handler of a deletion failed', { object: change.key, error: String(error) });
    }
    try {
      onChange(change.key, reason);
    } catch (error) {
      log.error('Handler of a change failed', { object: change.key, error: String(error) });
    }
  }

  #touch(): void {
    this.#lastContact = this.#options.clock.monotonic();
  }

  #sleep(delay: Millis): Promise<void> {
    if (this.#stopped || this.#hurried) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(delay, () => this.#wake());
      this.#wake = () => {
        this.#wake = () => {};
        cancel();
        resolve();
      };
    });
  }
}

/** A pass that says something against the server, not only against the network or our own patience. */
function isFault(end: WatchEnd, complete: boolean): boolean {
  if (end.kind === 'garbled') return true;
  if (end.kind === 'stopped') return false;
  return !complete || (end.kind === 'failed' && end.failure.kind === 'status' && end.failure.code >= 500);
}

function release(waiters: (() => void)[]): void {
  for (const resolve of waiters.splice(0)) resolve();
}
