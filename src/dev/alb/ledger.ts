import { OWNER_TAGS } from '../../api/group.ts';
import type { Millis } from '../../ports/clock.ts';
import { type Parameters, tags } from './parameters.ts';

/** One request that reached the cloud. Entries are only ever appended; `answered` alone is settled later. */
export interface LedgerEntry {
  /** 1, 2, … in order of arrival. */
  readonly sequence: number;
  /** Wall time of the stand-in. */
  readonly at: Millis;
  readonly action: string;
  readonly account: string;
  readonly region: string;
  readonly clientToken?: string;
  /** Hash of the parameters without the token. */
  readonly bodyHash: string;
  readonly parameters: Parameters;
  /** Whether this very request changed something. */
  readonly committed: boolean;
  /** The id that a committed request made or changed. */
  readonly id?: string;
  /** Whether the whole answer was handed to a socket that was still open; that the client read it is not known. */
  readonly answered: boolean;
  readonly status: number;
  readonly code?: string;
  /** The User-Agent of the caller, which names the replica. */
  readonly instance?: string;
}

/** What happened in the cloud, for tests to judge by. */
export class Ledger {
  readonly #entries: LedgerEntry[] = [];

  /** All entries, or those after the number `since`. The array is a copy. */
  entries(since = 0): readonly LedgerEntry[] {
    return this.#entries.slice(since);
  }

  /** Number of the newest entry; 0 for an empty ledger. */
  get last(): number {
    return this.#entries.length;
  }

  /** Appends an entry and returns its number. */
  append(entry: Omit<LedgerEntry, 'sequence'>): number {
    const sequence = this.#entries.length + 1;
    this.#entries.push({ ...entry, sequence });
    return sequence;
  }

  /** Notes that the answer of an entry did not reach the client. */
  lose(sequence: number): void {
    const entry = this.#entries[sequence - 1];
    if (entry !== undefined) this.#entries[sequence - 1] = { ...entry, answered: false };
  }

  /** Entries that changed something, of one action if given. */
  commits(action?: string): readonly LedgerEntry[] {
    return this.#entries.filter(
      (entry) => entry.committed && (action === undefined || entry.action === action),
    );
  }

  /** Ids of the policies whose creation was committed, by the value of an owner tag sent with it (O1). */
  createsByOwner(tagKey: string = OWNER_TAGS.uid): ReadonlyMap<string, readonly string[]> {
    const owners = new Map<string, string[]>();
    for (const entry of this.commits('CreateSecurityPolicy')) {
      const owner = tags(entry.parameters).find((tag) => tag.key === tagKey)?.value ?? '';
      const ids = owners.get(owner) ?? [];
      ids.push(entry.id ?? '');
      owners.set(owner, ids);
    }
    return owners;
  }
}
