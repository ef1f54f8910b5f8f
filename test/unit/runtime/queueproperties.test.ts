import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Heap } from '../../../src/runtime/heap.ts';
import { WorkQueue } from '../../../src/runtime/queue.ts';
import { VirtualClock } from '../virtualclock.ts';
import { NaiveQueue } from './naivequeue.ts';

interface Real {
  readonly clock: VirtualClock;
  readonly queue: WorkQueue;
}

/** Few, so that the last idle one is often reached. */
const WORKERS = 4;

type Command = fc.AsyncCommand<NaiveQueue, Real>;

/** Runs the same on both and compares all that can be seen. */
function command(
  name: string,
  onModel: (model: NaiveQueue) => string | undefined,
  onReal: (real: Real) => Promise<string | undefined>,
  check: (model: NaiveQueue) => boolean = () => true,
): Command {
  return {
    check,
    run: async (model, real) => {
      const expected = onModel(model);
      expect(await onReal(real)).toBe(expected);
      expect(real.queue.length).toBe(model.ready.length);
      expect(real.queue.delayed).toBe(model.delayed);
      expect(real.queue.running).toBe(model.running.length);
      expect(real.clock.pending).toBeLessThanOrEqual(1);
    },
    toString: () => name,
  };
}

const key = fc.constantFrom('a', 'b', 'one/c', 'one/d', 'one/e', 'two/f', 'two/g', 'x/two/h');
const priority = fc.constantFrom(undefined, -100, 0, 5);
const delay = fc.constantFrom(0, 1, 7, 50, 200);

function nothing(act: () => void): undefined {
  act();
}

const commands = [
  fc.tuple(key, priority).map(([k, p]) =>
    command(
      `add(${k}, ${p})`,
      (model) => nothing(() => model.add(k, 0, p)),
      async ({ queue }) => nothing(() => queue.add(k, p === undefined ? {} : { priority: p })),
    ),
  ),
  fc.tuple(key, fc.constantFrom(1, 7, 50, 200), priority).map(([k, ms, p]) =>
    command(
      `addAfter(${k}, ${ms}, ${p})`,
      (model) => nothing(() => model.add(k, ms, p)),
      async ({ queue }) => nothing(() => queue.addAfter(k, ms, p === undefined ? {} : { priority: p })),
    ),
  ),
  fc.tuple(key, delay).map(([k, ms]) =>
    command(
      `retry(${k}, ${ms})`,
      (model) => nothing(() => model.retry(k, ms)),
      async ({ queue }) => nothing(() => queue.retry(k, ms)),
    ),
  ),
  key.map((k) =>
    command(
      `forget(${k})`,
      (model) => nothing(() => model.forget(k)),
      async ({ queue }) => nothing(() => queue.forget(k)),
    ),
  ),
  fc.constant(
    command(
      'take()',
      (model) => model.take(),
      ({ queue }) => queue.take(),
      (model) => model.running.length < WORKERS && model.next !== undefined,
    ),
  ),
  key.map((k) =>
    command(
      `done(${k})`,
      (model) => nothing(() => model.done(k)),
      async ({ queue }) => nothing(() => queue.done(k)),
      (model) => model.running.includes(k),
    ),
  ),
  delay.map((ms) =>
    command(
      `advance(${ms})`,
      (model) => nothing(() => model.advance(ms)),
      async ({ clock }) => {
        await clock.advance(ms);
        return undefined;
      },
    ),
  ),
];

describe('WorkQueue, as a property', () => {
  test('does what a naive queue does, whatever is asked of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: '+1' }), (run) =>
        fc.asyncModelRun(() => {
          const clock = new VirtualClock();
          const queue = new WorkQueue({
            clock,
            backoff: { base: 5, max: 100, perSecond: 1e9, burst: 1e9 },
            workers: WORKERS,
          });
          return { model: new NaiveQueue(clock.monotonic(), 5, 100, WORKERS), real: { clock, queue } };
        }, run),
      ),
      { numRuns: 400 },
    );
  });

  test('with workers that come and go, no key is lost and none has two workers', async () => {
    const step = fc.record({ key, delay, delayed: fc.boolean(), advance: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: '+1' }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, workers) => {
          const clock = new VirtualClock();
          const queue = new WorkQueue({ clock });
          const active = new Set<string>();
          const lastStart = new Map<string, number>();
          const work = async () => {
            for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
              expect(active.has(taken)).toBe(false);
              active.add(taken);
              lastStart.set(taken, clock.monotonic());
              await new Promise<void>((resolve) => clock.after(3, resolve));
              active.delete(taken);
              queue.done(taken);
            }
          };
          const all = Promise.all(Array.from({ length: workers }, work));
          const addedAt = new Map<string, number>();
          for (const { key: added, delay: wait, delayed, advance } of steps) {
            if (delayed) queue.addAfter(added, wait);
            else queue.add(added);
            addedAt.set(added, clock.monotonic());
            await clock.advance(advance);
          }
          await clock.advance(1_000);
          // Each key had a pass that started at or after the moment it was last added.
          for (const [added, since] of addedAt) expect(lastStart.get(added)).toBeGreaterThanOrEqual(since);
          expect([queue.length, queue.delayed, queue.running]).toEqual([0, 0, 0]);
          queue.shutDown();
          await all;
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('WorkQueue, at scale', () => {
  test('200,000 keys go in and out without a step that is slower than O(log n)', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock });
    const from = process.cpuUsage();
    for (let n = 0; n < 200_000; n++) {
      if (n % 2 === 0) queue.add(`ns/policy-${n}`, { priority: n % 3 });
      else queue.addAfter(`ns/policy-${n}`, 1 + ((n * 7919) % 100_000));
    }
    for (let n = 1; n < 200_000; n += 4) queue.add(`ns/policy-${n}`);
    const { user, system } = process.cpuUsage(from);
    expect(queue.length).toBe(150_000);
    while (queue.length > 0) {
      const taken = await queue.take();
      if (taken !== undefined) queue.done(taken);
    }
    expect(queue.delayed).toBe(50_000);
    // Ten times the CPU time that it needs: a quadratic queue takes minutes.
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});

describe('WorkQueue, between groups', () => {
  test('whatever a group has waiting, another one waits for one turn of each group (S20)', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (groups) => {
        const queue = new WorkQueue({ clock: new VirtualClock() });
        for (const [group, size] of groups.entries()) {
          for (let n = 0; n < size; n++) queue.add(`${group}/${n}`);
        }
        const gaps = new Map(groups.map((_, group) => [String(group), 0]));
        while (queue.length > 0) {
          const [served = '', name] = (await queue.take())?.split('/') ?? [];
          const left = groups[Number(served)] ?? 0;
          for (const [group, gap] of gaps) gaps.set(group, group === served ? 0 : gap + 1);
          if (Number(name) === left - 1) gaps.delete(served);
          for (const gap of gaps.values()) expect(gap).toBeLessThan(groups.length);
        }
        expect(gaps.size).toBe(0);
      }),
    );
  });

  test.each([
    ['of one group', 1],
    ['of 1,000 groups', 1_000],
    ['of as many groups', 10_000],
  ])('10,000 keys %s are raised and taken without a step that is slower than O(log n)', async (_, groups) => {
    const queue = new WorkQueue({ clock: new VirtualClock() });
    const from = process.cpuUsage();
    for (let n = 0; n < 10_000; n++) queue.add(`ns-${n % groups}/policy-${n}`, { priority: -100 });
    for (let n = 0; n < 10_000; n += 2) queue.add(`ns-${n % groups}/policy-${n}`);
    const order: number[] = [];
    while (queue.length > 0) {
      const key = (await queue.take()) ?? '';
      order.push(Number(key.slice(key.lastIndexOf('-') + 1)));
      queue.done(key);
    }
    const { user, system } = process.cpuUsage(from);
    const all = Array.from({ length: 10_000 }, (_unused, n) => n);
    expect(order).toEqual([...all.filter((n) => n % 2 === 0), ...all.filter((n) => n % 2 === 1)]);
    // A quadratic step makes 50 million comparisons of it.
    expect((user + system) / 1e6).toBeLessThan(2);
  });
});

describe('Heap, as a property', () => {
  test('gives items in order, also after changes and removals', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), value: fc.nat(50) }),
      fc.record({ kind: fc.constant('pop' as const) }),
      fc.record({ kind: fc.constant('remove' as const), at: fc.nat(100) }),
      fc.record({ kind: fc.constant('change' as const), at: fc.nat(100), value: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200, size: '+1' }), (operations) => {
        const heap = new Heap<{ place: number; value: number }>((a, b) => a.value < b.value);
        const items: { place: number; value: number }[] = [];
        for (const step of operations) {
          if (step.kind === 'push') {
            const item = { place: -1, value: step.value };
            items.push(item);
            heap.push(item);
            continue;
          }
          if (step.kind === 'pop') {
            const first = heap.pop();
            expect(first?.value).toBe(
              items.length === 0 ? undefined : Math.min(...items.map((i) => i.value)),
            );
            if (first !== undefined) items.splice(items.indexOf(first), 1);
            continue;
          }
          const item = items[step.at % Math.max(1, items.length)];
          if (item === undefined) continue;
          if (step.kind === 'remove') {
            heap.remove(item);
            items.splice(items.indexOf(item), 1);
            expect(item.place).toBe(-1);
          } else {
            item.value = step.value;
            heap.update(item);
          }
        }
        const rest: number[] = [];
        for (let item = heap.pop(); item !== undefined; item = heap.pop()) rest.push(item.value);
        expect(rest).toEqual(items.map((item) => item.value).sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });
});
