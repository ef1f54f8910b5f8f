import { describe, expect, test } from 'vitest';
import type { Action } from '../../../src/ports/action.ts';
import {
  type ControllerOptions,
  type PassObservation,
  startController,
} from '../../../src/runtime/controller.ts';
import { WorkQueue } from '../../../src/runtime/queue.ts';
import { VirtualClock } from '../virtualclock.ts';
import { RecordingLog } from './recordinglog.ts';

const SETTLED: Action = { kind: 'settled' };

function setUp(reconcile: ControllerOptions['reconcile'], more: Partial<ControllerOptions> = {}) {
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const queue = new WorkQueue({ clock, backoff: { base: 500, max: 60_000 } });
  const passes: PassObservation[] = [];
  const controller = startController({
    queue,
    reconcile,
    clock,
    log,
    onPass: (pass) => passes.push(pass),
    // Virtual time goes on while real time stands still.
    longestTurn: Number.POSITIVE_INFINITY,
    ...more,
  });
  return { clock, log, queue, passes, controller };
}

/** A pass that lasts `ms` of virtual time, and does not care for its signal. */
function lasting(clock: () => VirtualClock, ms: number): Promise<Action> {
  return new Promise((resolve) => clock().after(ms, () => resolve(SETTLED)));
}

describe('startController()', () => {
  test('never gives one key to two workers, however often it is added', async () => {
    const active = new Map<string, number>();
    let most = 0;
    let count = 0;
    const { clock, queue } = setUp(async (key) => {
      active.set(key, (active.get(key) ?? 0) + 1);
      most = Math.max(most, active.get(key) ?? 0);
      count++;
      await new Promise<void>((resolve) => clock.after(7, resolve));
      active.set(key, (active.get(key) ?? 0) - 1);
      return SETTLED;
    });
    for (let n = 0; n < 200; n++) {
      queue.add(`key-${n % 3}`);
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(most).toBe(1);
    expect(count).toBeGreaterThan(60);
  });

  test('runs as many passes at a time as it has workers', async () => {
    let active = 0;
    let most = 0;
    const { clock, queue } = setUp(
      async () => {
        most = Math.max(most, ++active);
        await new Promise<void>((resolve) => clock.after(10, resolve));
        active--;
        return SETTLED;
      },
      { workers: 4 },
    );
    for (let n = 0; n < 50; n++) queue.add(`key-${n}`);
    await clock.advance(1_000);
    expect(most).toBe(4);
    expect(queue.length).toBe(0);
  });

  test('gives the event loop its turn among passes that wait for nothing', async () => {
    const done: string[] = [];
    // Each pass takes 1 ms of the processor: its clock goes on while nothing else runs.
    const pass = async (key: string): Promise<Action> => {
      clock.freeze(1);
      done.push(key);
      return SETTLED;
    };
    const { clock, queue } = setUp(pass, { longestTurn: 10 });
    for (let n = 0; n < 200; n++) queue.add(`key-${n}`);
    const seen: number[] = [];
    while (done.length < 200) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      seen.push(done.length);
    }
    // 10 ms, and one more pass of each of the 16 workers.
    expect(seen.length).toBeGreaterThanOrEqual(Math.floor(200 / (10 + 16)));
  });

  test('looks again after the delay of `again`, and forgets failures', async () => {
    const times: number[] = [];
    const actions: Action[] = [{ kind: 'retry' }, { kind: 'again', delay: 300 }, { kind: 'retry' }, SETTLED];
    const { clock, queue, passes } = setUp(async () => {
      times.push(clock.monotonic());
      return actions.shift() ?? SETTLED;
    });
    queue.add('a');
    await clock.advance(5_000);
    const [first = 0] = times;
    expect(times.map((time) => time - first)).toEqual([0, 500, 800, 1_300]);
    expect(passes.map((pass) => pass.result)).toEqual(['retry', 'again', 'retry', 'settled']);
    expect(queue.failures('a')).toBe(0);
  });

  test('looks again no sooner than the delay of `retry`', async () => {
    const times: number[] = [];
    const { clock, queue } = setUp(async () => {
      times.push(clock.monotonic());
      return times.length === 1 ? { kind: 'retry', delay: 5_000 } : SETTLED;
    });
    queue.add('a');
    await clock.advance(10_000);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(5_000);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'throws before its first await',
      () => {
        throw new Error('boom');
      },
    ],
  ])('B13: a pass that %s is logged and counted, and its key backs off', async (_, fail) => {
    let outcome: () => Promise<Action> = fail;
    const { clock, queue, passes, log } = setUp(() => outcome());
    queue.add('a');
    await clock.advance(1_600);
    expect(passes.map((pass) => pass.result)).toEqual(['error', 'error', 'error']);
    expect(log.matching('error A pass failed unexpectedly')).toHaveLength(3);
    outcome = () => Promise.resolve(SETTLED);
    await clock.advance(2_000);
    expect(passes.at(-1)?.result).toBe('settled');
    expect(queue.failures('a')).toBe(0);
  });

  test('B13: an observer that throws is logged and stops nothing', async () => {
    const { clock, queue, log } = setUp(async () => SETTLED, {
      workers: 1,
      onPass: () => {
        throw new Error('boom');
      },
    });
    queue.add('a');
    queue.add('b');
    await clock.settle();
    expect(log.matching('The observer of passes failed')).toHaveLength(2);
    expect(queue.running).toBe(0);
  });

  test('B14: one key that always throws among 200 leaves the others alone', async () => {
    const count = new Map<string, number>();
    const { clock, queue } = setUp(async (key) => {
      count.set(key, (count.get(key) ?? 0) + 1);
      if (key === 'poison') throw new Error('boom');
      return { kind: 'again', delay: 10_000 };
    });
    queue.add('poison');
    for (let n = 0; n < 199; n++) queue.add(`key-${n}`);
    await clock.advance(5 * 60_000);
    // 0.5 + 1 + ... + 32 s = 63.5 s for the first eight, then one a minute.
    expect(count.get('poison')).toBe(11);
    const others = [...count].filter(([key]) => key !== 'poison').map(([, passes]) => passes);
    expect(others).toHaveLength(199);
    expect(new Set(others)).toEqual(new Set([31]));
  });

  test('a pass past its deadline is logged and aborted, and its key stays with its worker until it settles', async () => {
    let aborted: unknown;
    let settle: (action: Action) => void = () => {};
    let started = 0;
    const { clock, queue, log, passes } = setUp((_, signal) => {
      started++;
      signal.addEventListener('abort', () => {
        aborted = signal.reason;
      });
      return new Promise((resolve) => {
        settle = resolve;
      });
    });
    queue.add('ns/slow');
    await clock.advance(119_999);
    expect(aborted).toBeUndefined();
    await clock.advance(1);
    expect(String(aborted)).toContain('"ns/slow" ran longer than 120 s');
    expect(log.matching('overran its deadline')).toHaveLength(1);
    queue.add('ns/slow');
    await clock.advance(60_000);
    expect(started).toBe(1);
    settle(SETTLED);
    await clock.settle();
    expect(started).toBe(2);
    expect(passes).toEqual([{ key: 'ns/slow', result: 'settled', duration: 180_000, overran: true }]);
  });

  test('a pass within its deadline leaves no timer behind', async () => {
    const { clock, queue } = setUp(async () => SETTLED);
    queue.add('a');
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  test('drain on SIGTERM: stop() starts no new pass and waits for the running ones', async () => {
    const started: string[] = [];
    let aborted = false;
    const { clock, queue, controller } = setUp(
      async (key, signal) => {
        started.push(key);
        await lasting(() => clock, 1_000);
        aborted ||= signal.aborted;
        return { kind: 'again', delay: 0 };
      },
      { workers: 1 },
    );
    queue.add('a');
    queue.add('b');
    await clock.settle();
    let outcome: string | undefined;
    void controller.stop().then((end) => {
      outcome = end;
    });
    await clock.advance(999);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    expect(outcome).toBe('drained');
    expect(started).toEqual(['a']);
    expect(aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('drain on SIGTERM: stop() aborts what still runs after the grace period', async () => {
    const { clock, queue, controller, log } = setUp(
      (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(SETTLED));
        }),
    );
    queue.add('a');
    await clock.settle();
    let outcome: string | undefined;
    void controller.stop().then((end) => {
      outcome = end;
    });
    await clock.advance(14_999);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    expect(outcome).toBe('drained');
    expect(log.matching('are aborted')[0]?.fields).toEqual({ keys: ['a'] });
  });

  test('drain on SIGTERM: stop() gives up on a pass that does not even settle when aborted, and says so', async () => {
    const { clock, queue, controller, log } = setUp(() => new Promise(() => {}));
    queue.add('a');
    await clock.settle();
    let outcome: string | undefined;
    void controller.stop().then((end) => {
      outcome = end;
    });
    await clock.advance(20_000);
    expect(outcome).toBe('abandoned');
    expect(log.matching('error Passes did not settle')).toHaveLength(1);
  });

  test('stop() answers at once when nothing runs, and the same when asked twice', async () => {
    const { clock, controller } = setUp(async () => SETTLED);
    await clock.settle();
    expect(await controller.stop()).toBe('drained');
    expect(await controller.stop()).toBe('drained');
    expect(clock.pending).toBe(0);
  });
});
