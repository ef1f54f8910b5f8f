/**
 * The objects in memory, under one resourceVersion that only grows, with a bounded log of what happened.
 * @module
 */
import type { KubeObject } from './object.ts';

/** One change. `previous` is what was there; a deletion's `object` carries the resourceVersion of the deletion. */
export interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

interface Table {
  readonly objects: Map<string, KubeObject>;
  log: Change[];
  readonly watchers: Set<(change: Change) => void>;
}

/** Changes kept a table before the oldest are forgotten, as the real server's watch cache forgets. */
export const LOG_LENGTH = 50_000;

/** Where the counting starts: what is older was before this process, as after a restart of the real server. */
const FIRST_REVISION = 100;

/** Tables of objects by `namespace/name`, as strings in which the namespace sorts first. */
export class Store {
  #revision = FIRST_REVISION;
  readonly #tables = new Map<string, Table>();
  /** Watches and lists from before this revision are refused. */
  #compacted = FIRST_REVISION - 1;
  readonly #logLength: number;

  constructor(logLength = LOG_LENGTH) {
    this.#logLength = logLength;
  }

  /** The newest resourceVersion of all tables. */
  get revision(): number {
    return this.#revision;
  }

  #table(storage: string): Table {
    const known = this.#tables.get(storage);
    if (known !== undefined) return known;
    const table: Table = { objects: new Map(), log: [], watchers: new Set() };
    this.#tables.set(storage, table);
    return table;
  }

  /** The object under a key. */
  get(storage: string, key: string): KubeObject | undefined {
    return this.#table(storage).objects.get(key);
  }

  /** Keys and objects of a table, unordered. */
  entries(storage: string): ReadonlyMap<string, KubeObject> {
    return this.#table(storage).objects;
  }

  /** Every table's name. */
  storages(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /** Stores `object` under the next resourceVersion and returns it as stored. */
  put(storage: string, key: string, object: KubeObject): KubeObject {
    const table = this.#table(storage);
    const previous = table.objects.get(key);
    const stored = this.#stamped(object);
    table.objects.set(key, stored);
    this.#record(table, {
      revision: this.#revision,
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      key,
      object: stored,
      ...(previous === undefined ? {} : { previous }),
    });
    return stored;
  }

  /** Removes what is under a key, and reports it as it was, at the resourceVersion of the removal. */
  remove(storage: string, key: string): KubeObject | undefined {
    const table = this.#table(storage);
    const previous = table.objects.get(key);
    if (previous === undefined) return undefined;
    const object = this.#stamped(previous);
    table.objects.delete(key);
    this.#record(table, { revision: this.#revision, type: 'DELETED', key, object, previous });
    return object;
  }

  #stamped(object: KubeObject): KubeObject {
    this.#revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
  }

  #record(table: Table, change: Change): void {
    table.log.push(change);
    // Cut in one go once it is half as long again, so that a write costs the same on average.
    if (table.log.length > this.#logLength * 1.5) {
      const cut = table.log.length - this.#logLength;
      this.#compacted = Math.max(this.#compacted, table.log[cut - 1]?.revision ?? 0);
      table.log = table.log.slice(cut);
    }
    for (const watcher of table.watchers) watcher(change);
  }

  /** Forgets all history, so that every resourceVersion but the current one is too old. */
  compact(): void {
    this.#compacted = this.#revision;
    // A revision of its own, or the newest resourceVersion would still be good to watch from.
    this.#revision += 1;
    for (const table of this.#tables.values()) table.log = [];
  }

  /** The oldest resourceVersion that can still be read or watched from. */
  get oldest(): number {
    return this.#compacted + 1;
  }

  /** Changes after a revision, oldest first. */
  since(storage: string, revision: number): readonly Change[] {
    const { log } = this.#table(storage);
    return log.slice(firstAfter(log, revision));
  }

  /** The table as it was at a revision that is not older than `oldest`. */
  at(storage: string, revision: number): ReadonlyMap<string, KubeObject> {
    const table = this.#table(storage);
    if (revision >= this.#revision) return table.objects;
    const objects = new Map(table.objects);
    for (const change of this.since(storage, revision).toReversed()) {
      if (change.previous === undefined) objects.delete(change.key);
      else objects.set(change.key, change.previous);
    }
    return objects;
  }

  /** Calls `watcher` at each later change of a table; the returned function ends that. */
  watch(storage: string, watcher: (change: Change) => void): () => void {
    const { watchers } = this.#table(storage);
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }
}

/** Index of the first change after a revision (binary search: the log is in order). */
function firstAfter(log: readonly Change[], revision: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.revision ?? 0) > revision) high = middle;
    else low = middle + 1;
  }
  return low;
}
