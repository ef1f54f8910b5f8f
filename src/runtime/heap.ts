/** What a heap can hold: it writes the item's place into the item, so that it can be moved and removed in O(log n). */
export interface Placed {
  /** Index in the heap's array; -1 outside of a heap. Belongs to the heap. */
  place: number;
}

/** A binary heap over items that know their own place. The first item is the one that comes `before` all others. */
export class Heap<T extends Placed> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first item, which stays in. O(1). */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** O(log n). The item must not be in a heap. */
  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes the first item out. O(log n). */
  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes an item out of the middle. O(log n). */
  remove(item: T): void {
    const place = item.place;
    const last = this.#items.pop();
    item.place = -1;
    if (last === undefined || last === item) return;
    this.#settle(last, place);
  }

  /** Restores the order after the item has changed. O(log n). */
  update(item: T): void {
    this.#settle(item, item.place);
  }

  #settle(item: T, place: number): void {
    this.#rise(item, place);
    if (item.place === place) this.#sink(item, place);
  }

  #rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above];
      if (parent === undefined || !this.#before(item, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const a = this.#items[left];
      if (a === undefined) break;
      const b = this.#items[left + 1];
      const child = b !== undefined && this.#before(b, a) ? b : a;
      if (!this.#before(child, item)) break;
      const next = child.place;
      this.#put(child, place);
      place = next;
    }
    this.#put(item, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }
}
