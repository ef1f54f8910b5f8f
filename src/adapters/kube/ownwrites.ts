import type { SecurityPolicy } from '../../api/securitypolicy.ts';
import type { Cached, Key } from '../../ports/store.ts';
import { isOlder } from './resourceversion.ts';

/** This process's own writes that the cache has not shown yet: who writes reads what it wrote. */
export interface OwnWrites {
  /** Notes the answer to a write. */
  record(key: Key, object: SecurityPolicy): void;
  /** What to read, given what the cache holds. */
  over(key: Key, cached: SecurityPolicy | undefined): Cached;
  /** Number of keys that are remembered. */
  size(): number;
}

/** Most answers that are kept whole; of older ones only the version is, and a read is `stale`. About 3 KB each. */
const WHOLE_LIMIT = 1000;
/** Number of keys above which those that the cache has caught up with are looked for. */
const SWEEP_ABOVE = 256;

interface Written {
  readonly uid: string;
  readonly version: string;
  readonly object?: SecurityPolicy;
}

/** `cached` answers what the cache holds of a key. */
export function createOwnWrites(
  cached: (key: Key) => SecurityPolicy | undefined,
  limit: number = WHOLE_LIMIT,
): OwnWrites {
  const written = new Map<Key, Written>();
  let whole = 0;
  let sweepAbove = Math.min(SWEEP_ABOVE, limit);

  function drop(key: Key): void {
    if (written.get(key)?.object !== undefined) whole -= 1;
    written.delete(key);
  }

  function sweep(): void {
    for (const [key, own] of written) if (isCaughtUp(own, cached(key))) drop(key);
    // What is left is really on its way; look again only when there are twice as many.
    sweepAbove = Math.max(Math.min(SWEEP_ABOVE, limit), written.size * 2);
    for (const [key, own] of written) {
      if (whole <= limit) return;
      if (own.object === undefined) continue;
      written.set(key, { uid: own.uid, version: own.version });
      whole -= 1;
    }
  }

  return {
    record(key, object) {
      const { uid, resourceVersion: version } = object.metadata;
      const before = written.get(key);
      // Answers of two writes may come in the wrong order.
      if (before?.uid === uid && isOlder(version, before.version)) return;
      drop(key);
      if (isCaughtUp({ uid, version }, cached(key))) return;
      written.set(key, { uid, version, object });
      whole += 1;
      if (written.size > sweepAbove || whole > limit) sweep();
    },
    over(key, inCache) {
      const own = written.get(key);
      if (own === undefined || isCaughtUp(own, inCache)) {
        drop(key);
        return inCache === undefined ? { kind: 'absent' } : { kind: 'found', object: inCache };
      }
      return own.object === undefined ? { kind: 'stale' } : { kind: 'found', object: own.object };
    },
    size: () => written.size,
  };
}

/**
 * Whether the cache is as new as our write. Only what the cache held can have been written, so a key that is absent
 * now has been deleted since, and another uid has come later. Versions that can't be compared count as caught up:
 * a stale read gets a conflict, waiting for a version that never comes would be for ever.
 */
function isCaughtUp(own: Written, inCache: SecurityPolicy | undefined): boolean {
  if (inCache === undefined || inCache.metadata.uid !== own.uid) return true;
  return !isOlder(inCache.metadata.resourceVersion, own.version);
}
