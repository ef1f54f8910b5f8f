import { Admin } from '../../../test/environment/admin.ts';
import { atMost, type Figure, median, noted, round } from '../figure.ts';
import { Floor } from '../floor.ts';
import { nameOf, policy } from '../policies.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';
import { isReady } from '../watcher.ts';

/** One policy after the other, by the operator and by the floor in turns, so that a busy moment meets both. */
export const single: Row = {
  name: 'single',
  async measure(run) {
    const times = run.length === 'quick' ? 10 : 40;
    const score = await run.score();
    const ours = await Stage.open(run.server);
    const theirs = await Stage.open(run.server, 0, ours);
    const admin = await Admin.of(run.server.operatorKubeconfig);
    const floor = new Floor({ admin, score, cloudUrl: theirs.cloud.url, keys: theirs.keys });
    try {
      const operator = await ours.startOperator({}, ['lifted']);
      await operator.whenLog('Working');
      await Promise.all([ours.watch(), theirs.watch()]);
      const took: { readonly operator: number[]; readonly floor: number[] } = { operator: [], floor: [] };
      // The first ones warm both up and are not counted.
      for (let index = -5; index < times; index += 1) {
        const name = nameOf(index + 5);
        const mine = await timed(ours, name, async () => {});
        const bare = await timed(theirs, name, (made) => floor.playOne(made));
        if (index < 0) continue;
        took.operator.push(mine);
        took.floor.push(bare);
      }
      const over = median(took.operator) - median(took.floor);
      const figures: Figure[] = [
        noted('one policy, apply to Ready, p50: operator', `${round(median(took.operator))} ms`),
        noted('one policy, apply to Ready, p50: floor', `${round(median(took.floor))} ms`),
        atMost('one policy, apply to Ready, p50 over the floor', over, 8, 'ms'),
      ];
      return figures;
    } finally {
      await floor.close();
      await admin.close();
      await theirs.close('keep');
      await ours.close();
    }
  },
};

/** From the send of the apply until a watch shows it Ready, in milliseconds. */
async function timed(
  stage: Stage,
  name: string,
  play: (made: Awaited<ReturnType<Admin['create']>>) => Promise<void>,
): Promise<number> {
  const begun = performance.now();
  const made = await stage.admin.create(policy(stage.namespace, name));
  await play(made);
  const ready = await (await stage.watch()).first(name, isReady);
  return ready.at - begun;
}
