import type { Clock, Millis } from '../ports/clock.ts';
import type { Cloud } from '../ports/cloud.ts';
import type { Log } from '../ports/log.ts';
import type { Events, PolicyStore } from '../ports/store.ts';

/** What a pass works with. */
export interface Workshop {
  readonly store: PolicyStore;
  readonly events: Events;
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly settings: Settings;
}

/** The operator's own settings, as its command line gives them. */
export interface Settings {
  readonly clusterId: string;
  /** The region of objects that name none. */
  readonly region: string;
  /** How often an object that cannot get on is looked at again. */
  readonly resync: Millis;
  /** The time within which lists may lag. */
  readonly window: Millis;
  readonly readOnly: boolean;
}
