import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock.ts';

describe('systemClock', () => {
  test('after() never fires before its time', async () => {
    for (let n = 0; n < 20; n++) {
      const from = systemClock.monotonic();
      await new Promise<void>((resolve) => {
        systemClock.after(1.5, resolve);
      });
      expect(systemClock.monotonic() - from).toBeGreaterThanOrEqual(1.5);
    }
  });

  test('after() does not fire at once when the delay is longer than a timer can be', async () => {
    let fired = false;
    const cancels = [2 ** 31, 1e12, Number.POSITIVE_INFINITY].map((delay) =>
      systemClock.after(delay, () => {
        fired = true;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const cancel of cancels) cancel();
    expect(fired).toBe(false);
  });

  test('a cancelled timer does not fire', async () => {
    let fired = false;
    systemClock.after(1, () => {
      fired = true;
    })();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(fired).toBe(false);
  });

  test('now() is wall time and monotonic() is not', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
    expect(systemClock.monotonic()).toBeLessThan(systemClock.now());
  });
});
