import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, exactly, noted } from '../figure.ts';
import { makePolicies } from '../policies.ts';
import { forgetPeak, memoryMb } from '../processview.ts';
import { whenAllReady } from '../ready.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';

const COUNT = 10;
/** Bytes of the answer. */
const HUGE = 50_000_000;
/** Answers of that size that the operator gets. */
const TIMES = 5;
/** A rise that counts as none, in MB: a few MiB of it are the answer's first part and what the engine keeps free. */
const RISE = 8;

/** Lists of 50 MB. */
export const memory: Row = {
  name: 'memory',
  async measure({ server }) {
    const stage = await Stage.open(server);
    try {
      await makePolicies(stage.admin, stage.namespace, COUNT);
      const operator = await stage.startOperator({ resync: '1s' });
      await whenAllReady(operator, COUNT, 60_000);
      // Three comparisons, so that what ordinary ones need is in the figure before.
      await sleep(3_500);
      const before = await memoryMb(operator.pid);
      await forgetPeak(operator.pid);
      const since = await stage.cloud.last();
      const fault = { kind: 'oversized', bytes: HUGE } as const;
      await stage.cloud.ask('faults/add', { action: 'ListSecurityPolicies', times: TIMES, fault });
      while ((await stage.cloud.last()) < since + TIMES) await sleep(100);
      await sleep(500);
      const after = await memoryMb(operator.pid);
      return [
        noted('memory before an answer of 50 MB', `${before.now.toFixed(1)} MB`),
        atMost(
          `memory under ${TIMES} answers of 50 MB: rise of the peak`,
          Math.max(0, after.peak - before.now),
          RISE,
          'MB',
        ),
        exactly('it still runs', operator.exit === undefined ? 1 : 0, 1),
      ];
    } finally {
      await stage.close();
    }
  },
};
