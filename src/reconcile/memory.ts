/**
 * What this process remembers of an object between two passes. Lost in a crash, and nothing may depend on it:
 * without it, every announced token counts as ambiguous and every list must be new.
 * @module
 */
import type { Recall } from '../domain/step.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudError, CloudPolicy } from '../ports/cloud.ts';
import type { Key } from '../ports/store.ts';

/** All times are monotonic. */
export interface Memory {
  readonly uid: string;
  token?:
    | { clientToken: string; sends: number; ambiguous: number; at: Millis; refusal?: CloudError }
    | undefined;
  /** The answer of the announced create, until it is written down. */
  created?: { clientToken: string; id: string; at: Millis } | undefined;
  written?: { at: Millis; before: string } | undefined;
  /** The one managed hash that changes were sent for since the last sighting of what was wanted. */
  sent?: string | undefined;
  claimed?: { id: string; at: Millis; refused: boolean; fence: string } | undefined;
  deleted?: { id: string; at: Millis } | undefined;
  /** A list must have been sent at or after this to be believed: the send of our last write. */
  notBefore: Millis;
  /** The policy as a list of its own id showed it after our last write. */
  sighting?: { sentAt: Millis; policy: CloudPolicy } | undefined;
  readFailures: number;
}

/** The memories of all objects, by key; one of another UID under the same key is forgotten. */
export class Memories {
  readonly #byKey = new Map<Key, Memory>();

  of(key: Key, uid: string): Memory {
    const known = this.#byKey.get(key);
    if (known?.uid === uid) return known;
    const fresh: Memory = { uid, notBefore: Number.NEGATIVE_INFINITY, readFailures: 0 };
    this.#byKey.set(key, fresh);
    return fresh;
  }

  forget(key: Key): void {
    this.#byKey.delete(key);
  }
}

/** The part of a memory that `plan` decides by, with times as ages. */
export function recallOf(memory: Memory, now: Millis): Recall {
  const { token, created, written, claimed, deleted } = memory;
  return {
    token: token && { ...token, sinceMs: now - token.at },
    created,
    written: written && { sinceMs: now - written.at, before: written.before },
    sent: memory.sent,
    claimed: claimed && { ...claimed, sinceMs: now - claimed.at },
    deleted: deleted && { id: deleted.id, sinceMs: now - deleted.at },
  };
}

/** How long the id of a new policy waits for its sighting, to be written down together with Ready. */
export const SIGHTING_PATIENCE: Millis = 1_000;

/** How much longer the answer of a create waits for its sighting; undefined when there is nothing to wait for. */
export function sightingAwaited({ created, sighting }: Memory, now: Millis): Millis | undefined {
  if (created === undefined || sighting?.policy.id === created.id) return undefined;
  const left = created.at + SIGHTING_PATIENCE - now;
  return left > 0 ? left : undefined;
}
