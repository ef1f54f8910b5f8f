/**
 * The timers of a leader: the resync, and the search for orphans.
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import type { Millis } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { findOrphans, type OrphanSearch } from '../reconcile/orphans.ts';
import { resync, type Usage } from '../reconcile/resync.ts';

/** How often orphans are looked for: when a leader starts, and once a day. */
const ORPHAN_INTERVAL: Millis = 24 * 3_600_000;

/** What the rounds work with. */
export interface RoundOptions extends OrphanSearch {
  /** In [0, 1). */
  readonly random: () => number;
  /** The longest time between two resyncs; each is up to a fifth shorter. */
  readonly interval: Millis;
  readonly log: Log;
  onDue(policy: SecurityPolicy): void;
  onOrphans(count: number): void;
}

/** Running timers. */
export interface Rounds {
  /** How full the regions were at the last resync; pairs of account and region differ. */
  usage(): Iterable<Usage>;
  stop(): void;
}

export function startRounds(options: RoundOptions): Rounds {
  const { clock, log, clusterId, identities } = options;
  let stopped = false;
  let usage: ReadonlyMap<string, Usage> = new Map();
  let cancelResync = (): void => {};
  let cancelOrphans = (): void => {};

  function schedule(): void {
    if (stopped) return;
    // Never longer than the interval: what changed outside is to be noticed within it.
    const delay = options.interval * (0.8 + 0.2 * options.random());
    cancelResync = clock.after(delay, () => void turn().finally(schedule));
  }

  async function turn(): Promise<void> {
    const found = await resync(options.policies(), identities, clock, clusterId, setImmediate);
    const { due, unread } = found;
    usage = new Map(found.usage.map((one) => [`${one.account}/${one.region}`, one]));
    for (const { region, error } of unread) {
      log.warn('The cloud could not be read', { region, code: error.code });
    }
    for (const policy of due) options.onDue(policy);
  }

  /** Shows what nobody will ever delete, and deletes nothing. */
  async function search(): Promise<void> {
    const orphans = await findOrphans(options);
    if (stopped) return;
    cancelOrphans = clock.after(ORPHAN_INTERVAL, () => void search());
    if (orphans === undefined) {
      log.warn('Orphans could not be looked for: the objects could not be read');
      return;
    }
    options.onOrphans(orphans.found.length);
    for (const { id, region, object, uid } of orphans.found) {
      const message = 'Orphan: a policy carries the tags of an object that does not exist';
      log.warn(message, { id, region, object, uid });
    }
  }

  schedule();
  void search();
  return {
    usage: () => usage.values(),
    stop() {
      stopped = true;
      cancelResync();
      cancelOrphans();
    },
  };
}
