import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBackoff } from '../../../src/adapters/kube/backoff.ts';
import { createLineSplitter } from '../../../src/adapters/kube/lines.ts';
import { type Mode, nextStep } from '../../../src/adapters/kube/reflectorstep.ts';
import { compareVersions, isOlder } from '../../../src/adapters/kube/resourceversion.ts';
import type { WatchEnd } from '../../../src/adapters/kube/watchstream.ts';
import { createVirtualClock } from './virtualclock.ts';

describe('createBackoff()', () => {
  test('O12 waits 0.8 s, doubled up to 30 s', () => {
    const clock = createVirtualClock();
    const backoff = createBackoff(clock, () => 0);
    expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([
      800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
    ]);
  });

  test('O12 adds up to as much again by chance', () => {
    expect(createBackoff(createVirtualClock(), () => 0.5).next()).toBe(1200);
  });

  test('starts again after two minutes without a failure', () => {
    const clock = createVirtualClock();
    const backoff = createBackoff(clock, () => 0);
    backoff.next();
    backoff.next();
    clock.advance(120_000);
    expect(backoff.next()).toBe(3200);
    clock.advance(120_001);
    expect(backoff.next()).toBe(800);
  });
});

describe('compareVersions()', () => {
  test('E8 orders decimal numbers of any length as numbers', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        (left, right) => {
          const order = compareVersions(String(left), String(right)) ?? Number.NaN;
          expect(Math.sign(order)).toBe(left < right ? -1 : left > right ? 1 : 0);
        },
      ),
    );
  });

  test('E8 does not order anything else', () => {
    for (const odd of ['', 'a', '-1', '01', '1.0', '1e3']) {
      expect(compareVersions(odd, '5')).toBeUndefined();
      expect(isOlder(odd, '5')).toBe(false);
      expect(compareVersions(odd, odd)).toBe(0);
    }
  });
});

describe('createLineSplitter()', () => {
  test('finds the same lines however the bytes are cut', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((line) => line.replaceAll('\n', '\u2028'));
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.nat({ max: 50 })), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const splitter = createLineSplitter();
        const found: string[] = [];
        let start = 0;
        for (const cut of [...cuts, bytes.length]) {
          const end = Math.min(bytes.length, start + cut);
          for (const line of splitter.push(bytes.subarray(start, end))) found.push(line.toString('utf8'));
          start = end;
        }
        expect(found).toEqual(lines.map((line) => Buffer.from(line).toString('utf8')));
        expect(splitter.pending()).toBe(0);
      }),
    );
  });
});

describe('nextStep()', () => {
  test('E2 always goes on, and without a pause only where that is no tight loop', () => {
    const codes = fc.constantFrom(400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503, 504);
    const failure = fc.oneof(
      fc.record({ kind: fc.constant('network' as const), code: fc.constant('X'), message: fc.constant('') }),
      fc.record({
        kind: fc.constant('status' as const),
        code: codes,
        reason: fc.constantFrom('', 'Expired'),
        message: fc.constant(''),
        causes: fc.constant([]),
      }),
    );
    const ends: fc.Arbitrary<WatchEnd> = fc.oneof(
      fc.constantFrom<WatchEnd>(
        { kind: 'closed' },
        { kind: 'garbled' },
        { kind: 'silent' },
        { kind: 'stopped' },
      ),
      fc.record({ kind: fc.constant('failed' as const), failure, inside: fc.boolean() }),
    );
    const modes = fc.constantFrom<Mode>('stream', 'list', 'resume');
    fc.assert(
      fc.property(
        ends,
        modes,
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 9 }),
        (end, mode, whole, brief, faults) => {
          const complete = mode === 'resume' || whole;
          const next = nextStep(end, { mode, complete, brief, faults });
          // Without a whole view there is no version to resume from.
          if (!complete) expect(next.mode).not.toBe('resume');
          if (next.pause || end.kind === 'stopped') return;
          expect(end.kind === 'closed' ? complete && !brief : mode === 'stream' && next.mode === 'list').toBe(
            true,
          );
        },
      ),
    );
  });
});
