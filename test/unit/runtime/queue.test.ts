import { describe, expect, test } from 'vitest';
import { LOW_PRIORITY, type QueueObserver, WorkQueue } from '../../../src/runtime/queue.ts';
import { VirtualClock } from '../virtualclock.ts';

function setUp(options: Omit<ConstructorParameters<typeof WorkQueue>[0], 'clock'> = {}) {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, ...options });
  const taken: (string | undefined)[] = [];
  /** Lets one worker take the next key, whenever that comes. */
  const worker = () => void queue.take().then((key) => taken.push(key));
  return { clock, queue, taken, worker };
}

async function takeAll(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.length > 0) keys.push((await queue.take()) ?? 'shut down');
  return keys;
}

describe('WorkQueue', () => {
  test('take() gives ready keys in order of arrival', async () => {
    const { queue } = setUp();
    for (const key of ['c', 'a', 'b']) queue.add(key);
    expect(await takeAll(queue)).toEqual(['c', 'a', 'b']);
  });

  test('add() keeps a key once when it is added twice', async () => {
    const { queue } = setUp();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(1);
    expect(await takeAll(queue)).toEqual(['a']);
  });

  test('take() waits for a key when there is none, and serves workers in turn', async () => {
    const { clock, queue, taken, worker } = setUp();
    worker();
    worker();
    await clock.settle();
    expect(taken).toEqual([]);
    queue.add('a');
    queue.add('b');
    await clock.settle();
    expect(taken).toEqual(['a', 'b']);
  });

  test('a key added during processing goes back exactly once, and only when its worker is done', async () => {
    const { clock, queue, taken, worker } = setUp();
    queue.add('a');
    worker();
    worker();
    await clock.settle();
    queue.add('a');
    queue.add('a');
    await clock.settle();
    expect(taken).toEqual(['a']);
    expect(queue.length).toBe(0);
    queue.done('a');
    await clock.settle();
    expect(taken).toEqual(['a', 'a']);
    queue.done('a');
    expect(queue.length).toBe(0);
    expect(queue.running).toBe(0);
  });

  test('done() does nothing when the key has no worker', () => {
    const { queue } = setUp();
    queue.add('a');
    queue.done('a');
    queue.done('never heard of');
    expect(queue.length).toBe(1);
  });

  test('addAfter() makes the key ready after its delay and not before', async () => {
    const { clock, queue, taken, worker } = setUp();
    queue.addAfter('a', 100);
    worker();
    await clock.advance(99);
    expect(taken).toEqual([]);
    await clock.advance(1);
    expect(taken).toEqual(['a']);
  });

  test.each([0, -5, Number.NaN])('addAfter() makes the key ready at once when the delay is %d', (delay) => {
    const { queue } = setUp();
    queue.addAfter('a', delay);
    expect(queue.length).toBe(1);
  });

  test('earlier readyAt wins when a delayed key is added again', async () => {
    const { clock, queue, taken, worker } = setUp();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 500);
    worker();
    await clock.advance(100);
    expect(taken).toEqual(['a']);
    queue.done('a');
    await clock.advance(10_000);
    expect(queue.length).toBe(0);
  });

  test('earlier readyAt wins when a running key is added again', async () => {
    const { clock, queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.addAfter('a', 60_000);
    queue.addAfter('a', 200);
    await clock.advance(150);
    queue.done('a');
    expect(queue.length).toBe(0);
    await clock.advance(50);
    expect(queue.length).toBe(1);
  });

  test('add() makes a delayed key ready at once', () => {
    const { queue } = setUp();
    queue.addAfter('a', 60_000);
    queue.add('a');
    expect(queue.length).toBe(1);
    expect(queue.delayed).toBe(0);
  });

  test('take() gives keys of a higher priority first', async () => {
    const { queue } = setUp();
    queue.add('resync', { priority: LOW_PRIORITY });
    queue.add('change');
    queue.add('urgent', { priority: 1 });
    expect(await takeAll(queue)).toEqual(['urgent', 'change', 'resync']);
  });

  test('priority raise moves a ready key forward, and a lower one does not move it back', async () => {
    const { queue } = setUp();
    queue.add('a', { priority: LOW_PRIORITY });
    queue.add('b', { priority: LOW_PRIORITY });
    queue.add('b');
    queue.add('b', { priority: LOW_PRIORITY });
    expect(await takeAll(queue)).toEqual(['b', 'a']);
  });

  test('priority raise holds for a delayed key and for a running one', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('delayed', 100, { priority: LOW_PRIORITY });
    queue.addAfter('delayed', 200, { priority: 5 });
    queue.add('running', { priority: LOW_PRIORITY });
    await queue.take();
    queue.add('running', { priority: 7 });
    queue.add('other', { priority: 6 });
    await clock.advance(100);
    queue.done('running');
    expect(await takeAll(queue)).toEqual(['running', 'other', 'delayed']);
  });

  test('take() lets groups take turns, and gives the keys of one in order of arrival (S20)', async () => {
    const { queue } = setUp();
    for (const key of ['flood/1', 'flood/2', 'flood/3', 'flood/4', 'quiet/1', 'other/1', 'other/2'])
      queue.add(key);
    expect(await takeAll(queue)).toEqual([
      'flood/1',
      'quiet/1',
      'other/1',
      'flood/2',
      'other/2',
      'flood/3',
      'flood/4',
    ]);
  });

  test('take() serves a group that comes back after those that wait already', async () => {
    const { queue } = setUp();
    for (const key of ['a/1', 'b/1', 'b/2', 'c/1']) queue.add(key);
    expect(await queue.take()).toBe('a/1');
    queue.add('a/1');
    queue.done('a/1');
    expect(await takeAll(queue)).toEqual(['b/1', 'c/1', 'a/1', 'b/2']);
  });

  test('a higher priority goes first whatever turns the groups have', async () => {
    const { queue } = setUp();
    queue.add('a/resync', { priority: LOW_PRIORITY });
    queue.add('b/resync', { priority: LOW_PRIORITY });
    queue.add('b/1');
    queue.add('b/2');
    queue.add('a/resync');
    expect(await takeAll(queue)).toEqual(['b/1', 'a/resync', 'b/2', 'b/resync']);
  });

  test('the group of a key is what stands before its last slash', async () => {
    const { queue } = setUp();
    for (const key of ['Kind/flood/1', 'Kind/flood/2', 'Kind/quiet/1', 'alone', 'alike']) queue.add(key);
    expect(await takeAll(queue)).toEqual(['Kind/flood/1', 'Kind/quiet/1', 'alone', 'Kind/flood/2', 'alike']);
  });

  test('retry() keeps the priority of the pass', async () => {
    const { clock, queue } = setUp();
    queue.add('resync', { priority: LOW_PRIORITY });
    await queue.take();
    queue.retry('resync');
    queue.done('resync');
    await clock.advance(5);
    queue.add('change');
    expect(await takeAll(queue)).toEqual(['change', 'resync']);
  });

  test('retry() doubles the wait from 5 ms up to 1,000 s by default', async () => {
    const { clock, queue } = setUp();
    const waits: number[] = [];
    for (let n = 0; n < 20; n++) {
      queue.retry('a');
      const from = clock.monotonic();
      const taken = queue.take().then(() => waits.push(clock.monotonic() - from));
      await clock.advance(1_000_000);
      await taken;
      queue.done('a');
    }
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.slice(-4)).toEqual([327_680, 655_360, 1_000_000, 1_000_000]);
    expect(queue.failures('a')).toBe(20);
  });

  test('retry() waits base x 2^n, never more than max, and from the start again after forget()', async () => {
    const { clock, queue } = setUp({ backoff: { base: 500, max: 60_000 } });
    const waitOf = async () => {
      queue.retry('a');
      const from = clock.monotonic();
      let at: number | undefined;
      void queue.take().then(() => {
        at = clock.monotonic();
        queue.done('a');
      });
      await clock.advance(60_000);
      return (at ?? Number.NaN) - from;
    };
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) waits.push(await waitOf());
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    queue.forget('a');
    expect(await waitOf()).toBe(500);
  });

  test('retry() waits at least as long as asked', async () => {
    const { clock, queue } = setUp();
    queue.retry('a', 3_000);
    await clock.advance(2_999);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });

  test('retry() holds all keys together to 100 at once and 10 a second after that', async () => {
    const { clock, queue } = setUp();
    for (let n = 0; n < 130; n++) queue.retry(`key-${n}`);
    await clock.advance(5);
    expect(queue.length).toBe(100);
    await clock.advance(995);
    expect(queue.length).toBe(110);
    await clock.advance(2_000);
    expect(queue.length).toBe(130);
  });

  test('keys that become ready together leave in order of their times', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('late', 30);
    queue.addAfter('early', 10);
    queue.addAfter('middle', 20);
    clock.freeze(50);
    await clock.advance(0);
    expect(await takeAll(queue)).toEqual(['early', 'middle', 'late']);
  });

  test('one timer serves all delayed keys', () => {
    const { clock, queue } = setUp();
    for (let n = 0; n < 1_000; n++) queue.addAfter(`key-${n}`, 1_000 + ((n * 7919) % 500));
    expect(clock.pending).toBe(1);
  });

  test('a wall clock that is set back an hour delays nothing', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('a', 1_000);
    clock.setWall(clock.now() - 3_600_000);
    await clock.advance(1_000);
    expect(queue.length).toBe(1);
  });

  test('shutDown() wakes waiting workers, refuses later keys and leaves no timer', async () => {
    const { clock, queue, taken, worker } = setUp();
    worker();
    worker();
    queue.addAfter('delayed', 1_000);
    queue.shutDown();
    queue.add('late');
    queue.retry('late');
    worker();
    await clock.advance(2_000);
    expect(taken).toEqual([undefined, undefined, undefined]);
    expect(clock.pending).toBe(0);
  });

  test('shutDown() does not put a key back that was added while it ran', async () => {
    const { queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.shutDown();
    queue.done('a');
    expect(queue.length).toBe(0);
    expect(queue.running).toBe(0);
  });

  test('the observer hears of adds, latency, duration and retries', async () => {
    const heard: string[] = [];
    const observer: QueueObserver = {
      added: () => heard.push('added'),
      taken: (latency) => heard.push(`taken ${latency}`),
      finished: (duration) => heard.push(`finished ${duration}`),
      retried: () => heard.push('retried'),
    };
    const { clock, queue } = setUp({ observer });
    queue.add('a');
    queue.add('a');
    await clock.advance(30);
    await queue.take();
    await clock.advance(20);
    expect(queue.longestRunning()).toBe(20);
    queue.retry('a');
    queue.done('a');
    expect(heard).toEqual(['added', 'taken 30', 'retried', 'added', 'finished 20']);
  });
});
