import type { Millis } from '../ports/clock.ts';
import type { LeaseRecord } from '../ports/lease.ts';

/** The last change of a lease that this process saw, and the monotonic time at which it saw it. */
export interface Sighting {
  readonly record: LeaseRecord;
  readonly seenAt: Millis;
}

/**
 * Whether `a` and `b` say the same. The resourceVersion is left out: a label or an annotation is no sign of life.
 */
export function sameClaim(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a.holderIdentity === b.holderIdentity &&
    a.renewTime === b.renewTime &&
    a.acquireTime === b.acquireTime &&
    a.leaseTransitions === b.leaseTransitions &&
    a.leaseDurationSeconds === b.leaseDurationSeconds
  );
}

/**
 * From when on, by our own monotonic clock, `identity` may take the lease. Only changes seen by ourselves count, never
 * the holder's timestamps. A lease is free at once when it is our own or was released: no holder and a duration of at
 * most 1 s, as client-go and `releasedRecord` write it. A holder that was wiped by hand is waited out like a
 * living one, because it does not know yet.
 */
export function freeAt({ record, seenAt }: Sighting, identity: string, duration: Millis): Millis {
  const released = record.holderIdentity === '' && record.leaseDurationSeconds <= 1;
  if (released || record.holderIdentity === identity) return seenAt;
  return seenAt + (record.leaseDurationSeconds > 0 ? record.leaseDurationSeconds * 1000 : duration);
}

/** The record by which `identity` takes, keeps or (without `previous`) makes the lease at wall time `now`. */
export function heldRecord(
  previous: LeaseRecord | undefined,
  identity: string,
  duration: Millis,
  now: Millis,
): Omit<LeaseRecord, 'resourceVersion'> {
  const kept = previous !== undefined && previous.holderIdentity === identity;
  const time = microTime(now);
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.round(duration / 1000),
    acquireTime: kept ? previous.acquireTime : time,
    renewTime: time,
    leaseTransitions: previous === undefined ? 0 : previous.leaseTransitions + (kept ? 0 : 1),
  };
}

/** The record by which the holder gives the lease away, as client-go's ReleaseOnCancel writes it. */
export function releasedRecord(previous: LeaseRecord, now: Millis): LeaseRecord {
  const time = microTime(now);
  return { ...previous, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
}

/** `metav1.MicroTime`: RFC 3339 in UTC with six decimals; the API server refuses other forms. */
function microTime(wall: Millis): string {
  return new Date(wall).toISOString().replace('Z', '000Z');
}
