/** Milliseconds. Wall times count from 1970-01-01 UTC, monotonic ones from an arbitrary point of this process. */
export type Millis = number;

/** Time as a port: nothing below `main` reads a clock of its own, so that tests run in virtual time. */
export interface Clock {
  /** Wall time, for what is written down (`announcedAt`) and must survive a restart. */
  now(): Millis;
  /** Monotonic time, for every duration inside this process: a clock that is set back changes nothing. */
  monotonic(): Millis;
  /**
   * Calls `fire` once after `delay`; the returned function cancels it.
   * A real clock's timer does not keep the process alive.
   */
  after(delay: Millis, fire: () => void): () => void;
}
