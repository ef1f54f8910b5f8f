import { floorOf, makeCrowd } from '../crowd.ts';
import { atMost, exactly, type Figure, noted, round } from '../figure.ts';
import type { Row } from '../run.ts';
import { Stage } from '../stage.ts';

/** How late the cloud answers in this row, in milliseconds. */
const LATENCY = 20;

/** 1,000 policies at once, and what they cost the cloud. The floor is taken before and after. */
export const crowd: Row = {
  name: 'crowd',
  async measure(run) {
    const count = run.length === 'quick' ? 200 : 1000;
    const floorBefore = await floorOf(run, count, LATENCY);
    const stage = await Stage.open(run.server, LATENCY);
    const figures: Figure[] = [];
    let ms: number;
    try {
      const made = await makeCrowd(stage, count, 50);
      ({ ms } = made);
      figures.push(
        exactly(`cloud calls to create ${count}: creates`, made.creates, count),
        atMost(`cloud calls to create ${count}: lists`, made.lists, 3 + count / 20, ''),
        noted(`${count} at once: CPU of the operator`, `${round(made.cpuMs / count)} ms each`),
      );
    } finally {
      await stage.close();
    }
    const floorAfter = await floorOf(run, count, LATENCY);
    const floor = (floorBefore + floorAfter) / 2;
    const spread = `${round(floorBefore / 1000)} s and ${round(floorAfter / 1000)} s`;
    figures.push(
      noted(`${count} at once: the floor, before and after`, spread),
      noted(`${count} at once: all Ready after`, `${round(ms / 1000)} s`),
      atMost(`${count} at once, over the floor`, ms / floor, 1.2, 'times'),
    );
    return figures;
  },
};
