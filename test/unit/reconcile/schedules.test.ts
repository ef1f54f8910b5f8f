import { describe, expect, test } from 'vitest';
import { judge, runSchedule } from './schedule.ts';

/** Schedules of one run of the suite; `ALBSP_SCHEDULES` asks for more, `ALBSP_SEED` replays one. */
const COUNT = Number(process.env.ALBSP_SCHEDULES ?? 10_000);
const SEED = process.env.ALBSP_SEED;
const BATCH = 500;

describe('reconcile() under fault schedules (O1, O2, O4, O5, O7, O8, O15)', () => {
  if (SEED !== undefined) {
    test(`replays seed ${SEED}`, async () => {
      expect(judge(await runSchedule(Number(SEED)))).toEqual([]);
    });
    return;
  }
  for (let first = 1; first <= COUNT; first += BATCH) {
    test(`ends with exactly the policy asked for, seeds ${first} to ${Math.min(first + BATCH - 1, COUNT)}`, async () => {
      for (let seed = first; seed < first + BATCH && seed <= COUNT; seed += 1) {
        const faults = judge(await runSchedule(seed));
        expect(faults, `seed ${seed}: ALBSP_SEED=${seed} replays it`).toEqual([]);
      }
    });
  }
});
