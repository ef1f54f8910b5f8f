import { describe, expect, test } from 'vitest';
import {
  createBucket,
  createBuckets,
  DOCUMENTED_RATES,
  LONGEST_WAIT,
} from '../../../src/adapters/alb/bucket.ts';
import { virtualClock } from './clock.ts';

const rate = { limit: 20, window: 1000, burst: 10 };

describe('createBucket', () => {
  test('take() O12 never lets more than the limit through in any window when everybody comes at once', async () => {
    const clock = virtualClock();
    const bucket = createBucket(rate, clock);
    const went: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      void bucket.take().then((turn) => turn.kind === 'go' && went.push(clock.monotonic()));
    }
    await clock.advance(10_000);
    expect(went).toHaveLength(60);
    for (const from of went) {
      expect(went.filter((at) => at >= from && at < from + rate.window).length).toBeLessThanOrEqual(
        rate.limit,
      );
    }
  });

  test('take() answers throttled when the wait would be longer than 5 s, and takes no turn', async () => {
    const clock = virtualClock();
    const bucket = createBucket({ limit: 2, window: 10_000, burst: 1 }, clock);
    expect(await bucket.take()).toEqual({ kind: 'go' });
    expect(await bucket.take()).toEqual({ kind: 'throttled', retryAfter: 10_000 });
    await clock.advance(10_000);
    expect(await bucket.take()).toEqual({ kind: 'go' });
  });

  test('stop() C1 lets nobody go for as long as the cloud asks, not even who waits already', async () => {
    const clock = virtualClock();
    const bucket = createBucket({ limit: 2, window: 1000, burst: 1 }, clock);
    await bucket.take();
    let went: number | undefined;
    void bucket.take().then(() => {
      went = clock.monotonic();
    });
    await clock.advance(500);
    bucket.stop(3000);
    await clock.advance(10_000);
    expect(went).toBe(1500 + 3000);
  });

  test('stop() C1 is followed by single turns, not by a burst', async () => {
    const clock = virtualClock();
    const bucket = createBucket(rate, clock);
    bucket.stop(1000);
    const went: number[] = [];
    for (let n = 0; n < 5; n += 1) void bucket.take().then(() => went.push(clock.monotonic()));
    await clock.advance(5000);
    expect(went).toEqual([2000, 2100, 2200, 2300, 2400]);
  });

  test('stop() refuses at once when it is longer than a worker may wait', async () => {
    const clock = virtualClock();
    const bucket = createBucket(undefined, clock);
    bucket.stop(LONGEST_WAIT + 1000);
    expect(await bucket.take()).toEqual({ kind: 'throttled', retryAfter: LONGEST_WAIT + 1000 });
  });
});

describe('createBuckets', () => {
  test('of() gives one bucket an account, region and action', () => {
    const buckets = createBuckets(virtualClock());
    const bucket = buckets.of('1', 'cn-hangzhou', 'CreateSecurityPolicy');
    expect(buckets.of('1', 'cn-hangzhou', 'CreateSecurityPolicy')).toBe(bucket);
    expect(buckets.of('2', 'cn-hangzhou', 'CreateSecurityPolicy')).not.toBe(bucket);
    expect(buckets.of('1', 'cn-beijing', 'CreateSecurityPolicy')).not.toBe(bucket);
    expect(buckets.of('1', 'cn-hangzhou', 'DeleteSecurityPolicy')).not.toBe(bucket);
  });

  test('of() holds nobody up when rates are unlimited', async () => {
    const bucket = createBuckets(virtualClock(), 'unlimited').of('1', 'r', 'CreateSecurityPolicy');
    for (let n = 0; n < 1000; n += 1) expect(await bucket.take()).toEqual({ kind: 'go' });
  });

  test('of() limits what is not documented, too', async () => {
    const bucket = createBuckets(virtualClock()).of('1', 'r', 'MoveResourceGroup');
    const turns = await Promise.all(Array.from({ length: 50 }, () => bucket.take()));
    expect(turns.every(({ kind }) => kind === 'go')).toBe(true);
    expect(DOCUMENTED_RATES.MoveResourceGroup).toBeUndefined();
  });
});
