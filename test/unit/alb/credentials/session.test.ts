import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Session,
  type SessionResult,
  sessionCredentials,
} from '../../../../src/adapters/alb/credentials/session.ts';
import type { Credential, Credentials } from '../../../../src/adapters/alb/credentials.ts';
import { createRecordingLog, type RecordingLog } from '../../kube/recordinglog.ts';
import { type VirtualClock, virtualClock } from '../clock.ts';
import { HOUR, keysOf, MINUTE, numberOf } from './stage.ts';

function session(number: number, life: number): Session {
  const credential = { accessKeyId: `id${number}`, accessKeySecret: 's', securityToken: 't', source: 'x' };
  return { credential, life };
}

function ok(number: number, life = HOUR): SessionResult {
  return { kind: 'ok', session: session(number, life) };
}

const down: SessionResult = { kind: 'error', code: 'Down', message: 'is down' };

interface Rig {
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
  readonly credentials: Credentials;
  /** Times of the fetches. */
  readonly fetches: number[];
  /** What `current` gives: number of the keys, or code of the error. */
  now(): Promise<number | string>;
}

function rig(fetch: (count: number) => SessionResult | Promise<SessionResult>): Rig {
  const clock = virtualClock();
  const log = createRecordingLog();
  const fetches: number[] = [];
  const credentials = sessionCredentials({
    subject: 'the role x',
    async fetch() {
      fetches.push(clock.monotonic());
      return fetch(fetches.length);
    },
    clock,
    log,
  });
  return { clock, log, credentials, fetches, now: async () => numberOf(await credentials.current()) };
}

describe('sessionCredentials', () => {
  test('50 concurrent callers share one fetch, at the start and at each refresh', async () => {
    const { clock, credentials, fetches } = rig((count) => ok(count));
    const first = await Promise.all(Array.from({ length: 50 }, () => credentials.current()));
    expect(new Set(first.map(numberOf))).toEqual(new Set([1]));
    expect(fetches).toHaveLength(1);
    await clock.advance(46 * MINUTE);
    await Promise.all(Array.from({ length: 50 }, () => credentials.current()));
    await clock.advance(0);
    expect(fetches).toHaveLength(2);
  });

  test('keys are fetched again when 15 minutes are left, and the old ones are handed out meanwhile', async () => {
    const held = Promise.withResolvers<SessionResult>();
    const { clock, now, fetches } = rig((count) => (count === 1 ? ok(1) : held.promise));
    expect(await now()).toBe(1);
    await clock.advance(45 * MINUTE - 1);
    expect([await now(), fetches.length]).toEqual([1, 1]);
    await clock.advance(1);
    expect([await now(), fetches.length]).toEqual([1, 2]);
    expect([await now(), fetches.length]).toEqual([1, 2]);
    held.resolve(ok(2));
    await clock.advance(0);
    expect([await now(), fetches.length]).toEqual([2, 2]);
  });

  test.each([
    [20 * MINUTE, 10 * MINUTE],
    [15 * MINUTE, 7.5 * MINUTE],
    [2 * MINUTE, MINUTE],
    [0, 30_000],
    [-5 * HOUR, 30_000],
    [1000 * HOUR, 12 * HOUR - 15 * MINUTE],
  ])('a life of %d ms is refreshed after %d ms', async (life, after) => {
    const { clock, now, fetches } = rig((count) => ok(count, life));
    await now();
    await clock.advance(after - 1);
    expect([await now(), fetches.length]).toEqual([1, 1]);
    await clock.advance(1);
    await now();
    expect(fetches).toHaveLength(2);
  });

  test('C5: the old keys are used to their end while refreshes fail, with back-off between them', async () => {
    const { clock, now, fetches, log } = rig((count) => (count === 1 ? ok(1) : down));
    await now();
    for (let second = 0; second < 3600; second += 1) {
      expect(await now()).toBe(1);
      await clock.advance(1000);
    }
    expect(await now()).toBe('Down');
    const waits = fetches.slice(1).map((at, index, all) => at - (all[index - 1] ?? at));
    expect(waits.slice(0, 8)).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
    expect(Math.max(...waits)).toBe(60_000);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(fetches.length - 1);
  });

  test('an error stands until the back-off has passed, and then goes away', async () => {
    const { clock, now, fetches } = rig((count) => (count < 3 ? down : ok(count)));
    expect([await now(), await now(), await now(), fetches.length]).toEqual(['Down', 'Down', 'Down', 1]);
    await clock.advance(1000);
    expect([await now(), fetches.length]).toEqual(['Down', 2]);
    await clock.advance(1999);
    expect([await now(), fetches.length]).toEqual(['Down', 2]);
    await clock.advance(1);
    expect([await now(), fetches.length]).toEqual([3, 3]);
  });

  test('a server that asks to wait is not asked sooner, but for a minute at most', async () => {
    const { clock, now, fetches } = rig(() => ({ ...down, retryAfter: HOUR }));
    await now();
    await clock.advance(59_999);
    await now();
    expect(fetches).toHaveLength(1);
    await clock.advance(1);
    await now();
    expect(fetches).toHaveLength(2);
  });

  test.each(['hangs', 'rejects', 'throws'] as const)(
    'current() settles within 10 s when the fetch %s',
    async (how) => {
      const { clock, credentials } = rig(() => {
        if (how === 'throws') throw new Error('canary');
        return how === 'hangs' ? new Promise(() => {}) : Promise.reject(new Error('canary'));
      });
      let result: unknown;
      void credentials.current().then((settled) => {
        result = settled;
      });
      await clock.advance(9999);
      expect(result).toMatchObject({ kind: 'error', code: 'CredentialsUnavailable' });
      expect(JSON.stringify(result)).not.toContain('canary');
    },
  );

  test('what a hung fetch brings later is dropped', async () => {
    const late = Promise.withResolvers<SessionResult>();
    const { clock, credentials, now } = rig((count) => (count === 1 ? late.promise : ok(count)));
    void credentials.current();
    await clock.advance(20_000);
    late.resolve(ok(1));
    expect(await now()).toBe(2);
  });

  test('a wall clock that is set changes nothing', async () => {
    const { clock, now, fetches } = rig((count) => ok(count));
    await now();
    clock.setWall(clock.now() + 1000 * HOUR);
    expect(await now()).toBe(1);
    clock.setWall(0);
    await clock.advance(45 * MINUTE);
    await now();
    expect(fetches).toHaveLength(2);
  });

  test('C5: keys that are refused are forgotten, and new ones fetched at once', async () => {
    const { clock, now, credentials, fetches } = rig((count) => ok(count));
    const keys = keysOf(await credentials.current());
    await clock.advance(5 * MINUTE);
    credentials.refused(keys);
    expect([await now(), fetches.length]).toEqual([2, 2]);
  });

  test('a late refusal of old keys leaves the new ones alone', async () => {
    const { clock, now, credentials, fetches } = rig((count) => ok(count));
    const old = keysOf(await credentials.current());
    await clock.advance(46 * MINUTE);
    await now();
    await clock.advance(0);
    credentials.refused(old);
    expect([await now(), fetches.length]).toEqual([2, 2]);
  });

  test('C5: keys that never work are fetched with back-off, and CredentialsInvalid stands meanwhile', async () => {
    const { clock, credentials, fetches } = rig((count) => ok(count));
    let invalid = 0;
    for (let tenth = 0; tenth < 6000; tenth += 1) {
      const result = await credentials.current();
      if (result.kind === 'ok') credentials.refused(result.credential);
      else if (result.code === 'CredentialsInvalid') invalid += 1;
      await clock.advance(100);
    }
    expect(invalid).toBeGreaterThan(5900);
    expect(fetches.length).toBeLessThan(18);
  });

  test('the refused keys once more are not handed out, but get a second chance after a minute', async () => {
    const { clock, now, credentials } = rig(() => ok(7));
    const keys = keysOf(await credentials.current());
    await clock.advance(10 * MINUTE);
    credentials.refused(keys);
    const told: (number | string)[] = [];
    for (let second = 0; second < 70; second += 1) {
      told.push(await now());
      await clock.advance(1000);
    }
    expect(new Set(told.slice(0, 60))).toEqual(new Set(['CredentialsInvalid']));
    expect(told.at(-1)).toBe(7);
  });

  test('C5: whatever fails and whenever it is asked, no key is handed out past its end', async () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 20 * MINUTE }),
      life: fc.integer({ min: MINUTE, max: 2 * HOUR }),
      fails: fc.boolean(),
      refuse: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let next = { life: HOUR, fails: false };
        let trouble = Number.NEGATIVE_INFINITY;
        const ends = new Map<string, number>();
        const made = rig((count) => {
          if (next.fails) {
            trouble = made.clock.monotonic();
            return down;
          }
          ends.set(`id${count}`, made.clock.monotonic() + next.life);
          return ok(count, next.life);
        });
        let last: Credential | undefined;
        for (const { wait, refuse, ...behaviour } of steps) {
          next = behaviour;
          await made.clock.advance(wait);
          if (refuse && last !== undefined) {
            made.credentials.refused(last);
            trouble = made.clock.monotonic();
          }
          const result = await made.credentials.current();
          if (result.kind === 'error') expect(made.clock.monotonic() - trouble).toBeLessThan(MINUTE);
          else {
            last = result.credential;
            expect(ends.get(last.accessKeyId) ?? 0).toBeGreaterThan(made.clock.monotonic());
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('C5: keys in use every minute are replaced before the last minutes of their life', async () => {
    const ends: number[] = [];
    const { clock, now, fetches } = rig((count) => {
      ends[count] = clock.monotonic() + 20 * MINUTE;
      return ok(count, 20 * MINUTE);
    });
    for (let minute = 0; minute < 600; minute += 1) {
      const number = await now();
      expect((ends[Number(number)] ?? 0) - clock.monotonic()).toBeGreaterThan(8 * MINUTE);
      await clock.advance(MINUTE);
    }
    expect(fetches.length).toBeLessThanOrEqual(61);
  });
});
