import { atMost, type Figure, median } from '../figure.ts';
import { nameOf, policy } from '../policies.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';
import { isReady } from '../watcher.ts';

/** From the spawn of the process to its synced caches, and until a policy that waits for it is Ready; medians. */
export const start: Row = {
  name: 'start',
  async measure({ server, length }) {
    const times = length === 'quick' ? 3 : 9;
    const stage = await Stage.open(server);
    try {
      const watcher = await stage.watch();
      const synced: number[] = [];
      const ready: number[] = [];
      for (let time = 0; time < times; time += 1) {
        const name = nameOf(time);
        await stage.admin.create(policy(stage.namespace, name));
        const begun = performance.now();
        const operator = await stage.startOperator();
        await operator.whenLog('Working');
        synced.push(performance.now() - begun);
        const seen = await watcher.first(name, isReady);
        ready.push(seen.at - begun);
        await operator.end();
      }
      const figures: Figure[] = [
        atMost(`start to caches synced, median of ${times}`, median(synced), 250, 'ms'),
        atMost(`start to one waiting policy Ready, median of ${times}`, median(ready), 450, 'ms'),
      ];
      return figures;
    } finally {
      await stage.close();
    }
  },
};
