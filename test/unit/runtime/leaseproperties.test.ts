import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../virtualclock.ts';
import { FreezableClock, Replica } from './candidate.ts';
import { type Fate, MemoryLease } from './memorylease.ts';

/** What may happen to one replica, or to the lease, before time goes on by `ms`. */
const event = fc.record({
  who: fc.nat(2),
  what: fc.constantFrom(
    'fail',
    'lost',
    'conflict',
    'throw',
    'slow',
    'hang',
    'pass',
    'freeze',
    'thaw',
    'label',
    'delete',
    'wipe',
    'release',
  ),
  ms: fc.integer({ min: 1, max: 9_000 }),
});

interface World {
  readonly clock: VirtualClock;
  readonly lease: MemoryLease;
  readonly clocks: FreezableClock[];
  readonly replicas: Replica[];
}

function world(chances: readonly number[]): World {
  const clock = new VirtualClock();
  const lease = new MemoryLease();
  const clocks = chances.map(() => new FreezableClock(clock));
  const replicas = clocks.map((own, n) => new Replica(lease, `replica-${n}`, clock, own, chances[n] ?? 0));
  return { clock, lease, clocks, replicas };
}

function happen({ clock, lease, clocks, replicas }: World, who: number, what: string): void {
  const replica = replicas[who];
  if (replica === undefined) return;
  switch (what) {
    case 'freeze':
      clocks[who]?.freeze();
      return;
    case 'thaw':
      clocks[who]?.thaw();
      return;
    case 'label':
      if (lease.record !== undefined) lease.write(lease.record);
      return;
    case 'delete':
      lease.record = undefined;
      return;
    case 'wipe':
      if (lease.record !== undefined) lease.write({ ...lease.record, holderIdentity: '' });
      return;
    case 'release':
      void replica.election.release();
      return;
    case 'slow':
      replica.fate = () => new Promise<void>((resolve) => clock.after(3_000, resolve));
      return;
    case 'hang':
      replica.fate = () => new Promise<void>((resolve) => clock.after(14_000, resolve));
      return;
    default:
      replica.fate = () => what as Fate;
  }
}

type Run = [
  { who: number; what: 'fail' | 'slow' | 'pass' | 'delete'; ms: number }[],
  [number, number, number],
];

/** Found by chance: a standby that could not read for a while finds the lease deleted, and does not know how long ago it was renewed. */
const DELETED_UNSEEN: Run = [
  [
    { who: 1, what: 'fail', ms: 1 },
    { who: 0, what: 'slow', ms: 7_256 },
    { who: 0, what: 'fail', ms: 1_743 },
    { who: 1, what: 'pass', ms: 1 },
    { who: 0, what: 'delete', ms: 1 },
    { who: 0, what: 'fail', ms: 2_352 },
    { who: 0, what: 'fail', ms: 3_646 },
  ],
  [0, 0, 0],
];
const DELETED_TWICE: Run = [
  [
    { who: 0, what: 'fail', ms: 1 },
    { who: 2, what: 'slow', ms: 2_698 },
    { who: 0, what: 'delete', ms: 2_094 },
    { who: 0, what: 'fail', ms: 6_795 },
    { who: 0, what: 'fail', ms: 3_411 },
    { who: 0, what: 'fail', ms: 1 },
    { who: 1, what: 'fail', ms: 1_359 },
    { who: 0, what: 'delete', ms: 641 },
  ],
  [0, 0, 0],
];

describe('startElection(), as a property', () => {
  test('F5: never two leaders, whatever fails, freezes, hangs, is deleted, wiped or labelled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 30, size: '+1' }),
        fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0, max: 0.99, noNaN: true }))),
        async (events, chances) => {
          const all = world(chances);
          // All have seen the lease held once: who starts into a lease just deleted cannot know of its holder.
          await all.clock.advance(3_000);
          for (const { who, what, ms } of events) {
            happen(all, who, what);
            for (let passed = 0; passed < ms; passed += 500) {
              await all.clock.advance(Math.min(500, ms - passed));
              const holders = all.replicas.filter((replica) => replica.holds());
              expect(holders.length, `${what} ${who}`).toBeLessThanOrEqual(1);
            }
          }
        },
      ),
      { numRuns: 150, examples: [DELETED_UNSEEN, DELETED_TWICE] },
    );
  });

  test('F5: when faults end, one of those that have not lost or left leads within two leases', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12, size: '+1' }), async (events) => {
        const all = world([0.1, 0.5, 0.9]);
        const left = new Set<number>();
        for (const { who, what, ms } of events) {
          happen(all, who, what);
          if (what === 'release') left.add(who);
          await all.clock.advance(ms);
        }
        for (const [n, replica] of all.replicas.entries()) {
          replica.fate = () => 'pass';
          all.clocks[n]?.thaw();
        }
        await all.clock.advance(60_000);
        const able = all.replicas.filter((replica, n) => replica.lostAt === undefined && !left.has(n));
        expect(all.replicas.filter((replica) => replica.holds())).toHaveLength(able.length > 0 ? 1 : 0);
      }),
      { numRuns: 100 },
    );
  });
});
