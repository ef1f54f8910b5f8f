import { Heap, type Placed } from './heap.ts';

/** What waits for its turn. */
export interface Waiting extends Placed {
  /** Whose it is: groups take turns. */
  readonly group: string;
  /** Changed by `raise` alone while it waits. */
  priority: number;
  /** Order of arrival within its group. */
  readonly turn: number;
}

/** What a group has had of the workers. */
interface Share {
  /** Workers that have an item of it now, of whatever priority. */
  held: number;
  /** When it was served last, or joined: among those that hold as many workers, the lowest is the next. */
  served: number;
}

/** The items of one group and one priority. */
interface Group<T> extends Placed, Share {
  readonly name: string;
  readonly items: Heap<T & Placed>;
}

/** The groups of one priority. */
interface Level<T> extends Placed {
  readonly priority: number;
  readonly groups: Map<string, Group<T>>;
  readonly order: Heap<Group<T>>;
}

function byTurn(a: Waiting, b: Waiting): boolean {
  return a.turn < b.turn;
}

function byService(a: Share, b: Share): boolean {
  return a.held === b.held ? a.served < b.served : a.held < b.held;
}

/**
 * Who is next: the highest priority; within it the group that has the fewest workers, and of those the one that was
 * served longest ago (so groups whose passes are quick take turns, and each is served at least once in as many turns as
 * there are groups); within a group, order of arrival. The last idle worker goes only to a group that has none, whatever
 * its priority: a worker that waits for a slow cloud cannot be taken away again, so one is kept for whoever comes next.
 * Each call is O(log n) for n items, and O(p) for p priorities; memory is O(n).
 */
export class Rotation<T extends Waiting> {
  readonly #levels = new Map<number, Level<T>>();
  readonly #order = new Heap<Level<T>>((a, b) => a.priority > b.priority);
  /** Workers by group; a group without one is not in it. */
  readonly #held = new Map<string, number>();
  #size = 0;
  #services = 0;

  get size(): number {
    return this.#size;
  }

  /** The item must not be in a heap. */
  push(item: T): void {
    const group = this.#groupOf(item);
    group.items.push(item);
    this.#size += 1;
  }

  /** Takes out the item that comes next when `idle` workers, at least one, have nothing to do; its group has one of them now. */
  pop(idle: number): T | undefined {
    const level = idle > 1 ? this.#order.peek() : this.#levelOfTheUnserved();
    const group = level?.order.peek();
    const item = group?.items.pop();
    if (level === undefined || group === undefined || item === undefined) return undefined;
    this.#size -= 1;
    group.served = this.#services++;
    this.#hold(group.name, 1);
    this.#sweep(level, group);
    return item;
  }

  /** A worker is done with an item of this group. */
  release(group: string): void {
    this.#hold(group, -1);
  }

  /** Moves an item that waits to a higher priority; it keeps its place among those of its group. */
  raise(item: T, priority: number): void {
    const level = this.#levels.get(item.priority);
    const group = level?.groups.get(item.group);
    if (level === undefined || group === undefined) return;
    group.items.remove(item);
    this.#size -= 1;
    this.#sweep(level, group);
    item.priority = priority;
    this.push(item);
  }

  #groupOf({ priority, group: name }: T): Group<T> {
    const level = this.#levelOf(priority);
    const known = level.groups.get(name);
    if (known !== undefined) return known;
    const held = this.#held.get(name) ?? 0;
    const group: Group<T> = { name, held, served: this.#services++, items: new Heap<T>(byTurn), place: -1 };
    level.groups.set(name, group);
    level.order.push(group);
    return group;
  }

  #levelOf(priority: number): Level<T> {
    const known = this.#levels.get(priority);
    if (known !== undefined) return known;
    const level: Level<T> = { priority, groups: new Map(), order: new Heap<Group<T>>(byService), place: -1 };
    this.#levels.set(priority, level);
    this.#order.push(level);
    return level;
  }

  /** The highest priority at which a group waits that has no worker. */
  #levelOfTheUnserved(): Level<T> | undefined {
    let best: Level<T> | undefined;
    for (const level of this.#levels.values()) {
      if (level.order.peek()?.held !== 0) continue;
      if (best === undefined || level.priority > best.priority) best = level;
    }
    return best;
  }

  /** Changes how many workers a group has, at every priority at which it waits. */
  #hold(name: string, change: 1 | -1): void {
    const held = (this.#held.get(name) ?? 0) + change;
    if (held > 0) this.#held.set(name, held);
    else this.#held.delete(name);
    for (const { groups, order } of this.#levels.values()) {
      const group = groups.get(name);
      if (group === undefined) continue;
      group.held = held;
      order.update(group);
    }
  }

  /** Forgets a group and a priority of which nothing waits. */
  #sweep(level: Level<T>, group: Group<T>): void {
    if (group.items.size > 0) return;
    level.order.remove(group);
    level.groups.delete(group.name);
    if (level.groups.size > 0) return;
    this.#order.remove(level);
    this.#levels.delete(level.priority);
  }
}
