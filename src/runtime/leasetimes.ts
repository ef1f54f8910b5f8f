import type { Millis } from '../ports/clock.ts';

/** The three times of leader election. client-go's defaults are 15 s, 10 s and 2 s. */
export interface LeaseTimes {
  /** How long the others wait, after the last change they saw, before they take the lease. Whole seconds. */
  readonly duration: Millis;
  /** How long the holder counts itself leader after it sent its last successful renewal. */
  readonly deadline: Millis;
  /** Pause between two renewals, and the longest between two looks of a standby. */
  readonly retry: Millis;
}

/** client-go's `JitterFactor`: the deadline must leave room for one jittered retry. */
const JITTER_FACTOR = 1.2;

/**
 * What is wrong with the times, or `undefined`. With duration > deadline the old leader has stopped before a new one
 * starts, as long as no clock runs faster than another by more than duration / deadline.
 */
export function checkLeaseTimes({ duration, deadline, retry }: LeaseTimes): string | undefined {
  if (!(Number.isFinite(duration) && duration >= 1_000 && duration % 1_000 === 0)) {
    return `Lease duration ${seconds(duration)} must be a whole number of seconds, at least 1`;
  }
  if (!(retry > 0)) return `Retry period ${seconds(retry)} must be more than 0 s`;
  if (!(duration > deadline)) {
    return `Lease duration ${seconds(duration)} must be more than the renew deadline ${seconds(deadline)}`;
  }
  if (!(deadline > JITTER_FACTOR * retry)) {
    return `Renew deadline ${seconds(deadline)} must be more than ${JITTER_FACTOR} times the retry period ${seconds(retry)}`;
  }
  return undefined;
}

/**
 * The pause before a standby looks again, for a chance in [0, 1): between retry / 1.2 and retry, so that standbys
 * drift apart and a released lease is still taken within one retry period.
 */
export function standbyPause(retry: Millis, chance: number): Millis {
  return retry / (1 + (JITTER_FACTOR - 1) * chance);
}

function seconds(time: Millis): string {
  return `${time / 1000} s`;
}
