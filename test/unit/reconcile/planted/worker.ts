/**
 * Runs in a thread of its own inside a copy of the source, so that its imports find the copy: one interleaving, or
 * schedules until one oracle turns red. Posts what was found.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { judge, runSchedule } from '../schedule.ts';
import { ADOPTIONS } from './adoptions.ts';
import { CROWDS } from './crowds.ts';
import { INTERLEAVINGS } from './interleavings.ts';
import type { Mutation } from './mutations.ts';

/** What the thread is told to do. */
export interface Assignment {
  readonly by: Mutation['by'];
  readonly oracle: string;
  readonly seeds: number;
}

async function search({ by, oracle, seeds }: Assignment): Promise<readonly string[]> {
  if (by !== 'schedules') return { ...INTERLEAVINGS, ...ADOPTIONS, ...CROWDS }[by]();
  for (let seed = 1; seed <= seeds; seed += 1) {
    const found = judge(await runSchedule(seed));
    if (found.some((line) => line.startsWith(`${oracle} `))) return found;
  }
  return [];
}

parentPort?.postMessage(await search(workerData as Assignment));
