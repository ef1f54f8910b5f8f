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

/** The items of one group and one priority. */
interface Group<T> extends Placed {
  readonly name: string;
  /** When it was served last, or joined: the lowest is the next. */
  served: number;
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

function byService(a: { readonly served: number }, b: { readonly served: number }): boolean {
  return a.served < b.served;
}

/**
 * Who is next: the highest priority; within it one item of each group in turn (round robin); within a group, order of
 * arrival. A group that is served, and one that comes in anew, goes to the end, so with G groups each is served at
 * least once in G turns, however many items the others have. Each call is O(log n), memory is O(n).
 */
export class Rotation<T extends Waiting> {
  readonly #levels = new Map<number, Level<T>>();
  readonly #order = new Heap<Level<T>>((a, b) => a.priority > b.priority);
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

  /** Takes the next item out; its group goes to the end. */
  pop(): T | undefined {
    const level = this.#order.peek();
    const group = level?.order.peek();
    const item = group?.items.pop();
    if (level === undefined || group === undefined || item === undefined) return undefined;
    this.#size -= 1;
    group.served = this.#services++;
    level.order.update(group);
    this.#sweep(level, group);
    return item;
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
    const group: Group<T> = { name, served: this.#services++, items: new Heap<T>(byTurn), place: -1 };
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
