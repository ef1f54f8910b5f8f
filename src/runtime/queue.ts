import type { Clock, Millis } from '../ports/clock.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';
import { Heap } from './heap.ts';
import { Rotation, type Waiting } from './rotation.ts';

/** Priority of keys that come from an initial list or a resync: behind everything that has changed (controller-runtime). */
export const LOW_PRIORITY = -100;

/** Told of what happens in a queue, for metrics. Must not throw. */
export interface QueueObserver {
  /** A key came in that was not in already. */
  added(): void;
  /** A key was given to a worker, `latency` after it became ready. */
  taken(latency: Millis): void;
  /** A worker is done with a key after `duration`. */
  finished(duration: Millis): void;
  /** A key was put back because of a failure. */
  retried(): void;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly backoff?: BackoffOptions;
  /** How many workers take keys, at least 1. The last idle one is kept for a group that has none. By default none is kept. */
  readonly workers?: number;
  readonly observer?: QueueObserver;
}

interface Entry extends Waiting {
  readonly key: string;
  readyAt: Millis;
  /** Order of arrival among equals. */
  turn: number;
  ready: boolean;
}

/** A key with a worker. `again`: it was added meanwhile, and goes back in once the worker is done. */
interface Run {
  readonly group: string;
  readonly priority: number;
  readonly startedAt: Millis;
  again: { priority: number; readyAt: Millis } | undefined;
}

/**
 * A work queue of keys with the semantics of client-go: a key is in it at most once, and never with two workers;
 * one that is added while a worker has it goes back in exactly once. Of several adds the earliest time and the
 * highest priority win. Ready keys leave by priority; among equals the groups take turns, those that have fewer workers
 * first, and keys of a group leave in order of arrival, so that a flood of one group costs the others no more than every
 * second turn. No group has every worker, however slow its passes are: `Rotation` keeps the last idle one for a group
 * that has none. The group is what stands before the key's last slash: the namespace. Times are monotonic, one timer
 * serves all delayed keys, each call is O(log n).
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #observer: QueueObserver | undefined;
  readonly #workers: number;
  readonly #entries = new Map<string, Entry>();
  readonly #runs = new Map<string, Run>();
  readonly #ready = new Rotation<Entry>();
  readonly #waiting = new Heap<Entry>((a, b) =>
    a.readyAt === b.readyAt ? a.turn < b.turn : a.readyAt < b.readyAt,
  );
  /** Workers that wait for a key, longest first. A set keeps removal of the first O(1). */
  readonly #takers = new Set<(key: string | undefined) => void>();
  #turns = 0;
  #state: 'open' | 'closed' = 'open';
  #timer: { readonly due: Millis; readonly cancel: () => void } | undefined;

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#backoff = new Backoff(options.backoff);
    this.#observer = options.observer;
    this.#workers = options.workers ?? Number.POSITIVE_INFINITY;
  }

  /** Keys that are ready for a worker. Delayed keys and those with a worker do not count. */
  get length(): number {
    return this.#ready.size;
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#waiting.size;
  }

  /** Keys with a worker. */
  get running(): number {
    return this.#runs.size;
  }

  /** How long the oldest running pass has been running; 0 without one. */
  longestRunning(): Millis {
    const now = this.#clock.monotonic();
    let longest = 0;
    for (const run of this.#runs.values()) longest = Math.max(longest, now - run.startedAt);
    return longest;
  }

  /** Makes the key ready now. Without a priority: 0, or that of the running pass. Ignored after `shutDown`. */
  add(key: string, options: { readonly priority?: number } = {}): void {
    this.#put(key, this.#clock.monotonic(), options.priority ?? 0);
  }

  /** Makes the key ready after `delay`. A running key keeps the priority of its pass unless one is given. */
  addAfter(key: string, delay: Millis, options: { readonly priority?: number } = {}): void {
    const priority = options.priority ?? this.#runs.get(key)?.priority ?? 0;
    this.#put(key, this.#clock.monotonic() + (delay > 0 ? delay : 0), priority);
  }

  /** Counts a failure and makes the key ready after its back-off, at least after `atLeast`. */
  retry(key: string, atLeast: Millis = 0): void {
    if (this.#state === 'closed') return;
    this.#observer?.retried();
    this.addAfter(key, Math.max(atLeast, this.#backoff.next(key, this.#clock.monotonic())));
  }

  /** Ends the key's back-off: its next failure counts as the first. */
  forget(key: string): void {
    this.#backoff.forget(key);
  }

  /** Failures of the key since it was last forgotten. */
  failures(key: string): number {
    return this.#backoff.failures(key);
  }

  /** The next ready key, or `undefined` once the queue is shut down. Each taken key must be given back by `done`. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#state === 'closed') {
        resolve(undefined);
        return;
      }
      this.#takers.add(resolve);
      this.#dispatch();
    });
  }

  /** The worker is done with the key; if it was added meanwhile, it goes back in. Workers may wait for what its group left. */
  done(key: string): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    this.#runs.delete(key);
    this.#ready.release(run.group);
    this.#observer?.finished(this.#clock.monotonic() - run.startedAt);
    if (run.again !== undefined && this.#state === 'open')
      this.#insert(key, run.again.readyAt, run.again.priority);
    this.#dispatch();
  }

  /** Ends intake: waiting workers and all later ones get `undefined`, and what is left stays undone. */
  shutDown(): void {
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const taker of this.#takers) taker(undefined);
    this.#takers.clear();
  }

  #put(key: string, readyAt: Millis, priority: number): void {
    if (this.#state === 'closed') return;
    const run = this.#runs.get(key);
    if (run !== undefined) {
      if (run.again === undefined) this.#observer?.added();
      run.again = {
        readyAt: Math.min(readyAt, run.again?.readyAt ?? readyAt),
        priority: Math.max(priority, run.again?.priority ?? priority),
      };
      return;
    }
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#hasten(entry, readyAt, priority);
    } else {
      this.#observer?.added();
      this.#insert(key, readyAt, priority);
    }
  }

  #insert(key: string, readyAt: Millis, priority: number): void {
    const ready = readyAt <= this.#clock.monotonic();
    const group = key.slice(0, Math.max(0, key.lastIndexOf('/')));
    const entry = { key, group, priority, readyAt, turn: this.#turns++, ready, place: -1 };
    this.#entries.set(key, entry);
    if (ready) {
      this.#ready.push(entry);
      this.#dispatch();
    } else {
      this.#waiting.push(entry);
      this.#arm();
    }
  }

  /** Merges a second add: the earlier time, the higher priority. */
  #hasten(entry: Entry, readyAt: Millis, priority: number): void {
    if (entry.ready) {
      if (priority > entry.priority) this.#ready.raise(entry, priority);
      return;
    }
    entry.priority = Math.max(priority, entry.priority);
    if (readyAt >= entry.readyAt) return;
    entry.readyAt = readyAt;
    if (readyAt <= this.#clock.monotonic()) {
      this.#waiting.remove(entry);
      this.#promote(entry);
      this.#dispatch();
    } else {
      this.#waiting.update(entry);
      this.#arm();
    }
  }

  #promote(entry: Entry): void {
    entry.ready = true;
    entry.turn = this.#turns++;
    this.#ready.push(entry);
  }

  #dispatch(): void {
    for (const taker of this.#takers) {
      const entry = this.#ready.pop(this.#workers - this.#runs.size);
      if (entry === undefined) return;
      this.#takers.delete(taker);
      this.#entries.delete(entry.key);
      const now = this.#clock.monotonic();
      const { group, priority } = entry;
      this.#runs.set(entry.key, { group, priority, startedAt: now, again: undefined });
      this.#observer?.taken(now - entry.readyAt);
      taker(entry.key);
    }
  }

  /** Sets the one timer for the earliest delayed key; a timer that is too early only rings once in vain. */
  #arm(): void {
    const first = this.#waiting.peek();
    if (first === undefined || this.#state === 'closed') return;
    if (this.#timer !== undefined && this.#timer.due <= first.readyAt) return;
    this.#timer?.cancel();
    const cancel = this.#clock.after(first.readyAt - this.#clock.monotonic(), () => this.#ring());
    this.#timer = { due: first.readyAt, cancel };
  }

  #ring(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (let first = this.#waiting.peek(); first !== undefined; first = this.#waiting.peek()) {
      if (first.readyAt > now) break;
      this.#waiting.remove(first);
      this.#promote(first);
    }
    this.#dispatch();
    this.#arm();
  }
}
