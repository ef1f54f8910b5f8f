import { describe, expect, test } from 'vitest';
import { startLoopLag } from '../../../src/runtime/looplag.ts';
import { VirtualClock } from '../virtualclock.ts';

describe('startLoopLag()', () => {
  test('is 0 while the loop turns', async () => {
    const clock = new VirtualClock();
    const lag = startLoopLag(clock);
    await clock.advance(60_000);
    expect(lag.worst()).toBe(0);
  });

  test('shows a delay while it goes on, and for half a minute after it', async () => {
    const clock = new VirtualClock();
    const lag = startLoopLag(clock);
    clock.freeze(8_000);
    expect(lag.worst()).toBe(7_000);
    await clock.advance(29_000);
    expect(lag.worst()).toBe(7_000);
    await clock.advance(2_000);
    expect(lag.worst()).toBe(0);
  });

  test('stop() leaves no timer', () => {
    const clock = new VirtualClock();
    startLoopLag(clock).stop();
    expect(clock.pending).toBe(0);
  });
});
