import { OTHER } from './metriclabels.ts';

/** The part of a condition that is counted. */
export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

/** The words that become labels; every other word in a status, which anybody may have written, counts as `other`. */
export interface ConditionWords {
  readonly types: readonly string[];
  readonly reasons: readonly string[];
}

/** One count; `value` may be 0 for what was seen in an earlier round. */
export interface ConditionCount extends ConditionView {
  readonly value: number;
}

/** The statuses that a condition has. */
export const STATUSES = ['True', 'False', 'Unknown'] as const;
/** What is counted of objects that are ready or not. */
export type ReadyCounts = Readonly<Record<(typeof STATUSES)[number], number>>;

/**
 * Counts objects by their conditions. One flat array for all rounds, so that a round over 10,000 objects makes no
 * garbage; the number of different counts is bounded by the words.
 */
export class PolicyTally {
  readonly #types: readonly string[];
  readonly #reasons: readonly string[];
  readonly #typeIndex: ReadonlyMap<string, number>;
  readonly #reasonIndex: ReadonlyMap<string, number>;
  readonly #counts: Uint32Array;
  /** Series that were there once stay, at 0: a graph then shows that they ended. */
  readonly #seen: Uint8Array;
  #ready = { True: 0, False: 0, Unknown: 0 };

  constructor({ types, reasons }: ConditionWords) {
    this.#types = [...types, OTHER];
    this.#reasons = [...reasons, OTHER];
    this.#typeIndex = new Map(types.map((word, index) => [word, index]));
    this.#reasonIndex = new Map(reasons.map((word, index) => [word, index]));
    const size = this.#types.length * STATUSES.length * this.#reasons.length;
    this.#counts = new Uint32Array(size);
    this.#seen = new Uint8Array(size);
  }

  /** Begins a round. */
  clear(): void {
    this.#counts.fill(0);
    this.#ready = { True: 0, False: 0, Unknown: 0 };
  }

  /** Counts one object. Without a condition `Ready` it is not known whether it is ready. */
  add(conditions: readonly ConditionView[] | undefined): void {
    let ready: (typeof STATUSES)[number] = 'Unknown';
    for (const { type, status, reason } of conditions ?? []) {
      const known = statusOf(status);
      if (type === 'Ready') ready = known;
      const index = this.#indexOf(type, known, reason);
      this.#counts[index] = (this.#counts[index] ?? 0) + 1;
      this.#seen[index] = 1;
    }
    this.#ready[ready] += 1;
  }

  /** Objects of this round by the status of their condition `Ready`. */
  ready(): ReadyCounts {
    return this.#ready;
  }

  /** What this round or an earlier one has counted. */
  *conditions(): Generator<ConditionCount> {
    let index = 0;
    for (const type of this.#types) {
      for (const status of STATUSES) {
        for (const reason of this.#reasons) {
          if (this.#seen[index] === 1) yield { type, status, reason, value: this.#counts[index] ?? 0 };
          index += 1;
        }
      }
    }
  }

  #indexOf(type: string, status: (typeof STATUSES)[number], reason: string): number {
    const types = this.#typeIndex.get(type) ?? this.#types.length - 1;
    const reasons = this.#reasonIndex.get(reason) ?? this.#reasons.length - 1;
    return (types * STATUSES.length + STATUSES.indexOf(status)) * this.#reasons.length + reasons;
  }
}

function statusOf(text: string): (typeof STATUSES)[number] {
  return STATUSES.find((status) => status === text) ?? 'Unknown';
}
