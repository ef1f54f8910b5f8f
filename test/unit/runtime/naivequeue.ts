interface Item {
  readyAt: number;
  priority: number;
  /** Order of becoming ready. */
  turn: number;
}

/** What the work queue must do, written for clarity: everything is recomputed from flat lists, at no regard to cost. */
export class NaiveQueue {
  now: number;
  readonly #queued = new Map<string, Item>();
  readonly #running = new Map<string, { priority: number; again: Item | undefined }>();
  readonly #failures = new Map<string, number>();
  readonly #base: number;
  readonly #max: number;
  readonly #workers: number;
  /** For each priority the groups that have something ready, the next one first. */
  readonly #rotations = new Map<number, string[]>();
  #turns = 0;
  #closed = false;

  constructor(now: number, base: number, max: number, workers: number) {
    this.now = now;
    this.#workers = workers;
    this.#base = base;
    this.#max = max;
  }

  get ready(): string[] {
    return this.#sorted().map(([key]) => key);
  }
  get delayed(): number {
    return this.#queued.size - this.ready.length;
  }
  get running(): string[] {
    return [...this.#running.keys()];
  }

  add(key: string, delay: number, priority: number | undefined): void {
    if (this.#closed) return;
    const run = this.#running.get(key);
    const fallback = delay > 0 ? (run?.priority ?? 0) : 0;
    const item = { readyAt: this.now + delay, priority: priority ?? fallback, turn: this.#turns++ };
    if (run !== undefined) run.again = merge(run.again, item);
    else this.#enqueue(key, item);
  }

  retry(key: string, atLeast: number): void {
    if (this.#closed) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.add(key, Math.max(atLeast, Math.min(this.#max, this.#base * 2 ** failures)), undefined);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The key that `take` would give: none when the last idle worker is kept for a group without one. */
  get next(): string | undefined {
    const kept = this.#running.size >= this.#workers - 1;
    for (const priority of new Set(this.#sorted().map(([, item]) => item.priority))) {
      const rotation = this.#rotations.get(priority) ?? [];
      const fewest = Math.min(...rotation.map((group) => this.#held(group)));
      if (kept && fewest > 0) continue;
      const next = rotation.find((group) => this.#held(group) === fewest);
      return this.#sorted().find(([key, item]) => groupOf(key) === next && item.priority === priority)?.[0];
    }
    return undefined;
  }

  take(): string | undefined {
    const key = this.next;
    const priority = key === undefined ? undefined : this.#queued.get(key)?.priority;
    if (this.#closed || key === undefined || priority === undefined) return undefined;
    const rotation = this.#rotations.get(priority) ?? [];
    rotation.push(...rotation.splice(rotation.indexOf(groupOf(key)), 1));
    this.#running.set(key, { priority, again: undefined });
    this.#queued.delete(key);
    this.#settle();
    return key;
  }

  done(key: string): void {
    const again = this.#running.get(key)?.again;
    this.#running.delete(key);
    if (again !== undefined && !this.#closed) this.#enqueue(key, { ...again, turn: this.#turns++ });
  }

  shutDown(): void {
    this.#closed = true;
  }

  advance(ms: number): void {
    const end = this.now + ms;
    const due = [...this.#queued.values()].filter((item) => item.readyAt > this.now && item.readyAt <= end);
    for (const item of due.sort((a, b) => a.readyAt - b.readyAt || a.turn - b.turn))
      item.turn = this.#turns++;
    this.now = end;
    this.#settle();
  }

  #enqueue(key: string, item: Item): void {
    const known = this.#queued.get(key);
    const merged = merge(known, item);
    const becameReady = known !== undefined && known.readyAt > this.now && merged.readyAt <= this.now;
    this.#queued.set(key, becameReady ? { ...merged, turn: item.turn } : merged);
    this.#settle();
  }

  #held(group: string): number {
    return this.running.filter((key) => groupOf(key) === group).length;
  }

  /** What is ready, by priority and then by arrival. */
  #sorted(): [string, Item][] {
    return [...this.#queued]
      .filter(([, item]) => item.readyAt <= this.now)
      .sort(([, a], [, b]) => b.priority - a.priority || a.turn - b.turn);
  }

  /** Groups with nothing left leave the rotation, new ones join its end in order of arrival. */
  #settle(): void {
    const sorted = this.#sorted();
    for (const priority of new Set([...this.#rotations.keys(), ...sorted.map(([, item]) => item.priority)])) {
      const here = new Set(
        sorted.filter(([, item]) => item.priority === priority).map(([key]) => groupOf(key)),
      );
      const stayed = (this.#rotations.get(priority) ?? []).filter((group) => here.has(group));
      this.#rotations.set(priority, [...new Set([...stayed, ...here])]);
    }
  }
}

function groupOf(key: string): string {
  return key.split('/').slice(0, -1).join('/');
}

function merge(known: Item | undefined, item: Item): Item {
  if (known === undefined) return item;
  return {
    readyAt: Math.min(known.readyAt, item.readyAt),
    priority: Math.max(known.priority, item.priority),
    turn: known.turn,
  };
}
