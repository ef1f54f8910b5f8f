import { describe, expect, test } from 'vitest';
import { runAdoption } from './adoptionschedule.ts';

/** Schedules of one run of the suite; `ALBSP_SCHEDULES` asks for more, `ALBSP_SEED` replays one. */
const COUNT = Number(process.env.ALBSP_SCHEDULES ?? 300);
const SEED = process.env.ALBSP_SEED;
const BATCH = 100;

describe('reconcile() under schedules of adoption and modes (O1, O4, O5, O7, O8, O15, I11, I14)', () => {
  if (SEED !== undefined) {
    test(`replays seed ${SEED}`, async () => {
      expect(await runAdoption(Number(SEED))).toEqual([]);
    });
    return;
  }
  for (let first = 1; first <= COUNT; first += BATCH) {
    const last = Math.min(first + BATCH - 1, COUNT);
    test(`keeps what it adopts, and writes nothing under Observe and DryRun, seeds ${first} to ${last}`, async () => {
      for (let seed = first; seed <= last; seed += 1) {
        expect(await runAdoption(seed), `seed ${seed}: ALBSP_SEED=${seed} replays it`).toEqual([]);
      }
    });
  }
});
