/** How the workers are shared out among groups whose passes are slow. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startController } from '../../../src/runtime/controller.ts';
import { WorkQueue } from '../../../src/runtime/queue.ts';
import { VirtualClock } from '../virtualclock.ts';
import { RecordingLog } from './recordinglog.ts';

/** How long the cloud of a loud tenant takes to answer; that of the others answers at once. */
const SLOW = 10_000;

/** A controller whose passes last as long as `lasts` says, and when each key was begun. */
function setUp(workers: number, lasts: (key: string) => number) {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, workers });
  const begun = new Map<string, number>();
  const running = new Map<string, number>();
  startController({
    queue,
    workers,
    clock,
    log: new RecordingLog(),
    longestTurn: Number.POSITIVE_INFINITY,
    reconcile: async (key) => {
      const group = key.slice(0, key.lastIndexOf('/'));
      begun.set(key, clock.monotonic());
      running.set(group, (running.get(group) ?? 0) + 1);
      await new Promise<void>((resolve) => clock.after(lasts(key), resolve));
      running.set(group, (running.get(group) ?? 0) - 1);
      return { kind: 'settled' };
    },
  });
  const fill = (group: string, keys: number) => {
    for (let n = 0; n < keys; n++) queue.add(`${group}/${n}`);
  };
  return { clock, queue, begun, running, fill };
}

const slowIfLoud = (key: string) => (key.startsWith('loud') ? SLOW : 1);

describe('workers among groups', () => {
  test('a group whose passes are slow leaves a worker to one that comes later (S20)', async () => {
    const { clock, queue, begun, fill } = setUp(16, slowIfLoud);
    fill('loud', 1_000);
    await clock.advance(100);
    const came = clock.monotonic();
    queue.add('quiet/first');
    await clock.advance(SLOW / 2);
    expect(begun.get('quiet/first')).toBe(came);
  });

  test('whoever comes while ten groups are slow waits no longer than one of their passes (S20)', async () => {
    const { clock, queue, begun, fill } = setUp(16, slowIfLoud);
    for (let n = 0; n < 10; n++) fill(`loud-${n}`, 100);
    await clock.advance(100);
    queue.add('quiet/first');
    await clock.advance(SLOW);
    expect((begun.get('quiet/first') ?? Number.NaN) - (begun.get('loud-0/0') ?? Number.NaN)).toBe(SLOW);
  });

  test('a hundred objects of a quiet group pass while a loud one holds what it may hold (S20)', async () => {
    const { clock, begun, running, fill } = setUp(16, slowIfLoud);
    fill('loud', 1_000);
    await clock.advance(100);
    expect(running.get('loud')).toBe(15);
    fill('quiet', 100);
    await clock.advance(200);
    expect([...begun.keys()].filter((key) => key.startsWith('quiet'))).toHaveLength(100);
  });

  test('two groups that are slow alike share the workers by halves', async () => {
    const { clock, running, fill } = setUp(16, () => SLOW);
    fill('first', 1_000);
    await clock.advance(100);
    fill('second', 1_000);
    await clock.advance(3 * SLOW);
    for (const group of ['first', 'second']) {
      expect(running.get(group)).toBeGreaterThanOrEqual(7);
      expect(running.get(group)).toBeLessThanOrEqual(8);
    }
  });

  test('the last worker goes to a group that has none, also when its keys have the lower priority', async () => {
    const { clock, queue, begun, fill } = setUp(4, slowIfLoud);
    queue.add('quiet/resync', { priority: -100 });
    fill('loud', 100);
    queue.add('quiet/later', { priority: -100 });
    await clock.advance(100);
    expect(begun.has('quiet/later')).toBe(true);
  });

  test('one worker serves one group alone', async () => {
    const { clock, begun, fill } = setUp(1, () => 1);
    fill('alone', 3);
    await clock.advance(10);
    expect(begun.size).toBe(3);
  });

  test('whatever waits, every key is passed, and no group holds the last worker with another one of it', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(sizes, fc.integer({ min: 1, max: 8 }), async (groups, workers) => {
      const { clock, begun, running, fill } = setUp(workers, (key) => 1 + (key.length % 3));
      for (const [group, size] of groups.entries()) fill(`group-${group}`, size);
      for (let step = 0; step < 500; step++) {
        await clock.advance(1);
        const most = Math.max(...running.values());
        expect(most).toBeLessThanOrEqual(Math.max(1, workers - 1));
      }
      expect(begun.size).toBe(groups.reduce((sum, size) => sum + size, 0));
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
