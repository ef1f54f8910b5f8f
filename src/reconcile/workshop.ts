import type { Clock, Millis } from '../ports/clock.ts';
import type { Identities } from '../ports/identities.ts';
import type { Log } from '../ports/log.ts';
import type { Events, Key, PolicyStore } from '../ports/store.ts';

/** What a pass works with. */
export interface Workshop {
  readonly store: PolicyStore;
  readonly events: Events;
  readonly identities: Identities;
  /** Has a key looked at now: something that it waits for has come. */
  readonly wake: (key: Key) => void;
  /** Whether the process is about to end: nothing is put off to a later pass any more. */
  readonly isStopping: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly settings: Settings;
}

/** The operator's own settings, as its command line gives them. */
export interface Settings {
  readonly clusterId: string;
  /** A former cluster id, whose policies are taken over. */
  readonly acceptClusterId?: string | undefined;
  /** How often an object that cannot get on is looked at again. */
  readonly resync: Millis;
  /** The time within which lists may lag. */
  readonly window: Millis;
  readonly readOnly: boolean;
}
