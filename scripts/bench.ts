/**
 * Prints what the operator costs, each figure beside its limit, and ends with 1 when one is missed.
 * Usage: `node scripts/bench.ts [--quick | --full] [--only NAME]...`; docs/performance.md says how it measures.
 * @module
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openApiServer } from './bench/apiserver.ts';
import { type Figure, table } from './bench/figure.ts';
import { crowd } from './bench/rows/crowd.ts';
import { idle } from './bench/rows/idle.ts';
import { memory } from './bench/rows/memory.ts';
import { restart } from './bench/rows/restart.ts';
import { scratch } from './bench/rows/scratch.ts';
import { single } from './bench/rows/single.ts';
import { start } from './bench/rows/start.ts';
import { writes } from './bench/rows/writes.ts';
import type { Length, Row, Run } from './bench/run.ts';
import { recordScore, type Score } from './bench/score.ts';
import { Stage } from './bench/stage.ts';

/** In the order in which they are measured: what needs a quiet server first. */
const ROWS: readonly Row[] = [writes, start, single, idle, memory, crowd, restart, scratch];

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
  },
});
process.exitCode = await bench(values.only, values.quick ? 'quick' : values.full ? 'full' : 'usual');

async function bench(only: readonly string[], length: Length): Promise<number> {
  const unknown = only.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) {
    console.error(`Row "${unknown}" is not one of ${ROWS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const begun = performance.now();
  const [load = 0] = loadavg();
  const server = await openApiServer();
  const figures: Figure[] = [];
  let score: Promise<Score> | undefined;
  const run: Run = {
    server,
    length,
    score: () => {
      score ??= recorded(run);
      return score;
    },
    tell: (text) => console.error(`  ${text}`),
  };
  try {
    for (const row of ROWS.filter(({ name }) => only.length === 0 || only.includes(name))) {
      console.error(`${row.name} ...`);
      figures.push(...(await row.measure(run)));
    }
  } finally {
    await server.close();
  }
  console.log(table(figures));
  const [processor] = cpus();
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(
    `\n${cpus().length} cores of ${processor?.model ?? 'an unknown processor'}, Node ${process.version}, ${server.name}; ${length} run, ${seconds} s; load before it ${load.toFixed(1)}`,
  );
  const missed = figures.filter(({ verdict }) => verdict === 'MISSED');
  for (const { what, measured, limit } of missed) console.log(`MISSED: ${what}: ${measured}, ${limit}`);
  return missed.length === 0 ? 0 : 1;
}

async function recorded({ server }: Run): Promise<Score> {
  const stage = await Stage.open(server);
  try {
    const operator = await stage.startOperator();
    await operator.whenLog('Working');
    return await recordScore(stage);
  } finally {
    await stage.close();
  }
}
