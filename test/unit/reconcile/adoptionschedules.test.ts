import { describe, expect, test } from 'vitest';
import { runAdoption } from './adoptionschedule.ts';

/** Schedules of one run of the suite; `ALBSP_SEED` replays one. */
const COUNT = 1_000;
const SEED = process.env.ALBSP_SEED;

describe('reconcile() under schedules of adoption and modes (O1, O4, O5, O15, I14)', () => {
  test(`keeps what it adopts, and writes nothing under Observe and DryRun, ${SEED ?? COUNT}`, async () => {
    const seeds =
      SEED === undefined ? Array.from({ length: COUNT }, (_, index) => index + 1) : [Number(SEED)];
    for (const seed of seeds) {
      expect(await runAdoption(seed), `seed ${seed}: ALBSP_SEED=${seed} replays it`).toEqual([]);
    }
  });
});
