import { expect, test } from 'vitest';
import { startController } from '../../../src/runtime/controller.ts';
import { WorkQueue } from '../../../src/runtime/queue.ts';
import { VirtualClock } from '../virtualclock.ts';
import { Replica } from './candidate.ts';
import { MemoryLease } from './memorylease.ts';
import { RecordingLog } from './recordinglog.ts';

test('F6: a rolling update drains, releases and hands over without two at work on a key or a key lost', async () => {
  const clock = new VirtualClock();
  const lease = new MemoryLease();
  const ends: string[] = [];
  const serve = (replica: Replica, name: string) => {
    const queue = new WorkQueue({ clock });
    const controller = startController({
      queue,
      clock,
      log: new RecordingLog(),
      workers: 1,
      longestTurn: Number.POSITIVE_INFINITY,
      reconcile: async (key) => {
        await new Promise<void>((resolve) => clock.after(1_000, resolve));
        ends.push(`${name} ${key} ${replica.holds() ? 'as leader' : 'without the lease'}`);
        return { kind: 'settled' };
      },
    });
    return { queue, controller };
  };
  const old = new Replica(lease, 'old', clock);
  const { queue, controller } = serve(old, 'old');
  await clock.advance(1_000);
  const young = new Replica(lease, 'young', clock);
  await clock.advance(5_000);
  for (const key of ['a', 'b']) queue.add(key);
  await clock.advance(500);

  // SIGTERM: the running pass ends under the lease, and only then is the lease given away.
  const stopped = controller.stop().then(() => old.election.release());
  await clock.advance(500);
  await stopped;
  const releasedAt = clock.monotonic();
  expect(ends).toEqual(['old a as leader']);
  await clock.advance(2_000);
  expect(young.holds()).toBe(true);
  expect((young.wonAt ?? Number.NaN) - releasedAt).toBeLessThan(2_000);

  const next = serve(young, 'young');
  for (const key of ['a', 'b']) next.queue.add(key);
  await clock.advance(2_000);
  expect(ends).toEqual(['old a as leader', 'young a as leader', 'young b as leader']);
});
