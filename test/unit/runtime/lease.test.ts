import { describe, expect, test } from 'vitest';
import { checkLeaseTimes, standbyPause } from '../../../src/runtime/leasetimes.ts';
import { VirtualClock } from '../virtualclock.ts';
import { FreezableClock, Replica, skewed, TIMES, watch } from './candidate.ts';
import { MemoryLease } from './memorylease.ts';

async function leaderAndStandby() {
  const clock = new VirtualClock();
  const lease = new MemoryLease();
  const a = new Replica(lease, 'a', clock);
  await clock.settle();
  const b = new Replica(lease, 'b', clock);
  await clock.advance(5_000);
  expect([a.holds(), b.holds()]).toEqual([true, false]);
  return { clock, lease, a, b };
}

function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('startElection()', () => {
  test('makes the lease when there is none, with times of six decimals', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 67));
    const lease = new MemoryLease();
    const a = new Replica(lease, 'a', clock);
    await clock.settle();
    expect(a.wonAt).toBe(clock.monotonic());
    expect(lease.record).toEqual({
      resourceVersion: '1',
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-02T03:04:05.067000Z',
      renewTime: '2026-01-02T03:04:05.067000Z',
      leaseTransitions: 0,
    });
  });

  test('renews every retry period and keeps acquireTime and transitions', async () => {
    const { clock, lease, a } = await leaderAndStandby();
    const before = lease.record;
    const writes = lease.writes;
    await clock.advance(60_000);
    expect(lease.writes - writes).toBe(30);
    expect(lease.record?.acquireTime).toBe(before?.acquireTime);
    expect(lease.record?.leaseTransitions).toBe(0);
    expect(lease.record?.renewTime).not.toBe(before?.renewTime);
    expect(a.lostAt).toBeUndefined();
  });

  test('F1: of two replicas exactly one leads, all the time', async () => {
    const { clock, a, b } = await leaderAndStandby();
    expect(await watch(clock, [a, b], 120_000)).toEqual({ overlap: 0, gap: 0 });
    expect(b.wonAt).toBeUndefined();
  });

  test('F1: two replicas that start at the same moment do not both win', async () => {
    const clock = new VirtualClock();
    const lease = new MemoryLease();
    const replicas = ['a', 'b', 'c'].map((name) => new Replica(lease, name, clock));
    await clock.settle();
    expect(replicas.filter((replica) => replica.holds())).toHaveLength(1);
    expect(await watch(clock, replicas, 30_000)).toEqual({ overlap: 0, gap: 0 });
  });

  test('F2: a leader that was frozen for longer than the lease sees at once that it does not hold it', async () => {
    const clock = new VirtualClock();
    const lease = new MemoryLease();
    const own = new FreezableClock(clock);
    const a = new Replica(lease, 'a', clock, own);
    await clock.settle();
    const b = new Replica(lease, 'b', clock);
    await clock.advance(5_000);
    own.freeze();
    await clock.advance(20_000);
    expect(b.holds()).toBe(true);
    expect(lease.record?.leaseTransitions).toBe(1);
    // It wakes: not one timer of its own has fired yet, and a write that is about to be sent asks the fence.
    expect(a.holds()).toBe(false);
    expect(a.lostAt).toBeUndefined();
    own.thaw();
    expect(a.lostBecause).toBe('The lease was not renewed within 10 s');
    await clock.advance(60_000);
    expect([a.holds(), b.holds()]).toEqual([false, true]);
  });

  test('F2: a leader frozen while its renewal is under way does not lead by its late answer', async () => {
    const { clock, lease, a } = await leaderAndStandby();
    const late = gate();
    a.fate = () => late.opened;
    await clock.advance(3_000);
    clock.freeze(11_000);
    late.open();
    await clock.settle();
    expect(lease.record?.holderIdentity).toBe('a');
    expect(a.holds()).toBe(false);
    expect(a.lostBecause).toBe('The lease was not renewed within 10 s');
  });

  test('F2: a standby frozen while it takes the lease does not lead by its late answer', async () => {
    const clock = new VirtualClock();
    const lease = new MemoryLease();
    const late = gate();
    const a = new Replica(lease, 'a', clock);
    a.fate = (verb) => (verb === 'create' ? late.opened : 'pass');
    await clock.settle();
    clock.freeze(10_000);
    late.open();
    await clock.settle();
    expect(a.wonAt).toBeUndefined();
    expect(a.holds()).toBe(false);
    await clock.advance(2_000);
    expect(a.holds()).toBe(true);
  });

  test('F3: a leader cut off from the API server stops at the renew deadline, before another may start', async () => {
    const { clock, a, b } = await leaderAndStandby();
    const lastRenewal = clock.monotonic() - 1_000;
    a.fate = () => 'fail';
    const { overlap } = await watch(clock, [a, b], 30_000);
    expect(overlap).toBe(0);
    expect(a.lostAt).toBe(lastRenewal + TIMES.deadline);
    expect(b.wonAt ?? 0).toBeGreaterThanOrEqual(lastRenewal + TIMES.duration);
    expect(b.wonAt ?? 0).toBeLessThanOrEqual(lastRenewal + TIMES.duration + 2 * TIMES.retry);
  });

  test('F3: slow lease API: a renewal that hangs does not hold up the renew deadline', async () => {
    const { clock, a } = await leaderAndStandby();
    const lastRenewal = clock.monotonic() - 1_000;
    a.fate = () => new Promise(() => {});
    await clock.advance(8_999);
    expect(a.holds()).toBe(true);
    await clock.advance(1);
    expect(a.holds()).toBe(false);
    expect(a.lostAt).toBe(lastRenewal + TIMES.deadline);
  });

  test('F3: the deadline counts from when the renewal was sent, not from its answer', async () => {
    const { clock, a } = await leaderAndStandby();
    a.fate = (verb) =>
      verb === 'update' ? new Promise<void>((resolve) => clock.after(4_000, resolve)) : 'pass';
    await clock.advance(1_000);
    const sentAt = clock.monotonic();
    await clock.advance(4_000);
    a.fate = () => 'fail';
    await clock.advance(20_000);
    expect(a.lostAt).toBe(sentAt + TIMES.deadline);
  });

  test('F3: a leader that is cut off for less than the deadline goes on', async () => {
    const { clock, a, b } = await leaderAndStandby();
    a.fate = () => 'fail';
    await clock.advance(6_000);
    a.fate = () => 'pass';
    expect(await watch(clock, [a, b], 60_000)).toEqual({ overlap: 0, gap: 0 });
  });

  test('F4: an event loop blocked for 20 s is noticed on wake, before anything is written', async () => {
    const { clock, lease, a } = await leaderAndStandby();
    const writes = lease.writes;
    clock.freeze(20_000);
    expect(a.holds()).toBe(false);
    await clock.advance(0);
    expect(a.lostBecause).toBe('The lease was not renewed within 10 s');
    expect(a.lostAt).toBe(clock.monotonic());
    expect(lease.record?.holderIdentity).toBe('a');
    expect(lease.writes - writes).toBeLessThanOrEqual(1);
  });

  test('F5: a lease that is deleted is made again by its holder; a standby waits it out', async () => {
    const { clock, lease, a, b } = await leaderAndStandby();
    lease.record = undefined;
    expect(await watch(clock, [a, b], 60_000)).toEqual({ overlap: 0, gap: 0 });
    expect(lease.record).toMatchObject({ holderIdentity: 'a' });
    expect(b.wonAt).toBeUndefined();
  });

  test('F5: a lease deleted under a leader that is cut off is taken only after it stopped', async () => {
    const { clock, lease, a, b } = await leaderAndStandby();
    a.fate = () => 'fail';
    lease.record = undefined;
    const { overlap } = await watch(clock, [a, b], 30_000);
    expect(overlap).toBe(0);
    expect(b.holds()).toBe(true);
  });

  test('F5: lease stolen: a leader whose holder was overwritten stops at its next renewal', async () => {
    const { clock, lease, a, b } = await leaderAndStandby();
    const record = lease.record;
    if (record === undefined) throw new Error('No lease');
    lease.write({ ...record, holderIdentity: 'thief' });
    const { overlap } = await watch(clock, [a, b], 40_000);
    expect(overlap).toBe(0);
    expect(a.lostBecause).toBe('The lease was taken by "thief"');
    expect(b.holds()).toBe(true);
    expect(lease.record?.leaseTransitions).toBe(1);
  });

  test('F5: a holder wiped by hand is waited out, because the leader does not know yet', async () => {
    const { clock, lease, a, b } = await leaderAndStandby();
    const record = lease.record;
    if (record === undefined) throw new Error('No lease');
    a.fate = () => 'fail';
    lease.write({ ...record, holderIdentity: '' });
    const { overlap } = await watch(clock, [a, b], 40_000);
    expect(overlap).toBe(0);
    expect(b.holds()).toBe(true);
  });

  test('F5: a 409 by somebody who only wrote a label does not cost the lease', async () => {
    const { clock, lease, a, b } = await leaderAndStandby();
    for (let n = 0; n < 20; n++) {
      if (lease.record !== undefined) lease.write(lease.record);
      await clock.advance(1_500);
      expect(a.holds()).toBe(true);
    }
    expect(b.wonAt).toBeUndefined();
  });

  test('F5: labels written to the lease of a dead leader do not keep it alive', async () => {
    const { clock, lease, a, b } = await leaderAndStandby();
    a.election.stop();
    for (let n = 0; n < 20; n++) {
      if (lease.record !== undefined && !b.holds()) lease.write(lease.record);
      await clock.advance(1_000);
    }
    expect(b.holds()).toBe(true);
  });

  test('F5: lease write 409: a storm of conflicts ends the leader at its deadline, without an overlap', async () => {
    const { clock, a, b } = await leaderAndStandby();
    a.fate = (verb) => (verb === 'update' ? 'conflict' : 'pass');
    const { overlap } = await watch(clock, [a, b], 60_000);
    expect(overlap).toBe(0);
    expect(a.lostBecause).toBe('The lease was not renewed within 10 s');
    expect(b.holds()).toBe(true);
  });

  test('F5: a standby that gets 409 has lost the race and tries again later', async () => {
    const { clock, a, b } = await leaderAndStandby();
    a.election.stop();
    b.fate = (verb) => (verb === 'update' ? 'conflict' : 'pass');
    await clock.advance(30_000);
    expect(b.wonAt).toBeUndefined();
    b.fate = () => 'pass';
    await clock.advance(2_000);
    expect(b.holds()).toBe(true);
  });

  test('F5: a renewal whose answer is lost does not look like a theft', async () => {
    const { clock, a, b } = await leaderAndStandby();
    let calls = 0;
    a.fate = (verb) => (verb === 'update' && calls++ % 3 === 0 ? 'lost' : 'pass');
    expect(await watch(clock, [a, b], 60_000)).toEqual({ overlap: 0, gap: 0 });
  });

  test('F5: a lease taken by a call whose answer is lost is found to be our own', async () => {
    const clock = new VirtualClock();
    const lease = new MemoryLease();
    const a = new Replica(lease, 'a', clock);
    a.fate = (verb) => (verb === 'create' ? 'lost' : 'pass');
    await clock.settle();
    expect(a.wonAt).toBeUndefined();
    await clock.advance(2_000);
    expect(a.holds()).toBe(true);
  });

  test.each([3_600_000, -3_600_000])(
    'F5: clock jump: wall clocks wrong by %d ms change nothing',
    async (skew) => {
      const clock = new VirtualClock();
      const lease = new MemoryLease();
      const a = new Replica(lease, 'a', clock, skewed(clock, { skew }));
      await clock.settle();
      const b = new Replica(lease, 'b', clock);
      expect(await watch(clock, [a, b], 30_000)).toEqual({ overlap: 0, gap: 0 });
      clock.setWall(clock.now() - skew);
      expect(await watch(clock, [a, b], 30_000)).toEqual({ overlap: 0, gap: 0 });
      a.fate = () => 'fail';
      expect((await watch(clock, [a, b], 30_000)).overlap).toBe(0);
      expect(b.holds()).toBe(true);
    },
  );

  test.each([
    [1.4, 0],
    [2, 2_500],
  ])('F5: a standby whose clock runs %d times as fast overlaps by at most %d ms', async (rate, bound) => {
    const clock = new VirtualClock();
    const lease = new MemoryLease();
    const a = new Replica(lease, 'a', clock);
    await clock.settle();
    const b = new Replica(lease, 'b', clock, skewed(clock, { rate }));
    expect(await watch(clock, [a, b], 30_000)).toEqual({ overlap: 0, gap: 0 });
    a.fate = () => 'fail';
    const { overlap } = await watch(clock, [a, b], 30_000);
    expect(overlap).toBeLessThanOrEqual(bound);
    expect(b.holds()).toBe(true);
  });

  test('F6: a released lease is taken within one retry period', async () => {
    const { clock, lease, a, b } = await leaderAndStandby();
    await a.election.release();
    expect(a.holds()).toBe(false);
    expect(lease.record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 });
    const { gap, overlap } = await watch(clock, [a, b], 2_000);
    expect(overlap).toBe(0);
    expect(gap).toBeLessThan(2_000);
    expect(b.holds()).toBe(true);
    expect(lease.record?.leaseTransitions).toBe(1);
    expect(a.lostAt).toBeUndefined();
  });

  test('F6: release() waits for the renewal under way, so that it cannot come after the release', async () => {
    const { clock, lease, a } = await leaderAndStandby();
    const slow = gate();
    a.fate = (verb) => (verb === 'update' && slow.opened) || 'pass';
    await clock.advance(1_000);
    const released = a.election.release();
    await clock.settle();
    expect(lease.record?.holderIdentity).toBe('a');
    slow.open();
    await released;
    expect(lease.record?.holderIdentity).toBe('');
  });

  test('F6: release() tries once more after a conflict, and leaves the lease of another alone', async () => {
    const first = await leaderAndStandby();
    if (first.lease.record !== undefined) first.lease.write(first.lease.record);
    await first.a.election.release();
    expect(first.lease.record?.holderIdentity).toBe('');

    const second = await leaderAndStandby();
    if (second.lease.record !== undefined)
      second.lease.write({ ...second.lease.record, holderIdentity: 'thief' });
    await second.a.election.release();
    expect(second.lease.record?.holderIdentity).toBe('thief');
  });

  test('F6: release() does not reject when the API server is away', async () => {
    const { clock, a, b } = await leaderAndStandby();
    a.fate = () => 'fail';
    await a.election.release();
    expect(a.log.matching('warn Could not release the lease')).toHaveLength(1);
    await clock.advance(20_000);
    expect(b.holds()).toBe(true);
  });

  test('release() of a standby writes nothing', async () => {
    const { clock, lease, b } = await leaderAndStandby();
    const before = lease.record;
    await b.election.release();
    expect(lease.record).toBe(before);
    await clock.advance(60_000);
    expect(b.wonAt).toBeUndefined();
  });

  test('a loser stays a loser, even when the lease is free again', async () => {
    const clock = new VirtualClock();
    const lease = new MemoryLease();
    const a = new Replica(lease, 'a', clock);
    await clock.advance(1);
    a.fate = () => 'fail';
    await clock.advance(11_000);
    a.fate = () => 'pass';
    await clock.advance(60_000);
    expect(a.holds()).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('a client that throws in spite of its contract costs no more than the call', async () => {
    const { clock, a, b } = await leaderAndStandby();
    a.fate = () => 'throw';
    b.fate = () => 'throw';
    await clock.advance(5_000);
    a.fate = () => 'pass';
    b.fate = () => 'pass';
    expect(await watch(clock, [a, b], 30_000)).toEqual({ overlap: 0, gap: 0 });
  });

  test('fresh() is true for a standby, for a leader in time, and after a release', async () => {
    const { clock, a, b } = await leaderAndStandby();
    b.fate = () => 'fail';
    await clock.advance(120_000);
    expect([a.election.fresh(), b.election.fresh()]).toEqual([true, true]);
    await a.election.release();
    await clock.advance(120_000);
    expect(a.election.fresh()).toBe(true);
  });

  test('fresh() turns false when a loser is still here 20 s after its lease ran out', async () => {
    const { clock, a } = await leaderAndStandby();
    a.fate = () => 'fail';
    await clock.advance(34_000);
    expect(a.election.fresh()).toBe(true);
    await clock.advance(1);
    expect(a.election.fresh()).toBe(false);
    a.election.stop();
    expect(a.election.fresh()).toBe(false);
  });

  test('stop() leaves no timer and lets the lease run out', async () => {
    const clock = new VirtualClock();
    const lease = new MemoryLease();
    const a = new Replica(lease, 'a', clock);
    await clock.advance(5_000);
    a.election.stop();
    expect(a.holds()).toBe(false);
    expect(clock.pending).toBe(0);
    expect(lease.record?.holderIdentity).toBe('a');
  });
});

describe('checkLeaseTimes()', () => {
  test.each([
    [
      { duration: 15_000, deadline: 15_000, retry: 2_000 },
      'Lease duration 15 s must be more than the renew deadline 15 s',
    ],
    [
      { duration: 15_000, deadline: 2_400, retry: 2_000 },
      'Renew deadline 2.4 s must be more than 1.2 times the retry period 2 s',
    ],
    [
      { duration: 15_500, deadline: 10_000, retry: 2_000 },
      'Lease duration 15.5 s must be a whole number of seconds, at least 1',
    ],
    [
      { duration: 0, deadline: -1, retry: -2 },
      'Lease duration 0 s must be a whole number of seconds, at least 1',
    ],
    [{ duration: 15_000, deadline: 10_000, retry: 0 }, 'Retry period 0 s must be more than 0 s'],
    [
      { duration: 15_000, deadline: Number.NaN, retry: 2_000 },
      'Lease duration 15 s must be more than the renew deadline NaN s',
    ],
  ])('F7: refuses %o', (times, message) => {
    expect(checkLeaseTimes(times)).toBe(message);
  });

  test('F7: takes the defaults, and what is just inside the bounds', () => {
    expect(checkLeaseTimes(TIMES)).toBeUndefined();
    expect(checkLeaseTimes({ duration: 3_000, deadline: 2_401, retry: 2_000 })).toBeUndefined();
  });
});

describe('standbyPause()', () => {
  test('is between retry / 1.2 and retry', () => {
    expect(standbyPause(2_000, 0)).toBe(2_000);
    expect(standbyPause(2_000, 0.999999)).toBeGreaterThan(2_000 / 1.2 - 1);
  });
});
