import { Program } from '../../src/dev/realkube/program.ts';
import { eventually } from '../../test/environment/eventually.ts';

/** Time for a stand-in to say where it listens, in milliseconds. */
const START_MS = 20_000;

/** A Node program and the first line of JSON that it printed. */
export interface Printing {
  readonly program: Program;
  readonly line: unknown;
}

/**
 * Starts `node ARGS` and waits for its first line of JSON, at most `within` milliseconds.
 * @throws with what it wrote when it ends or stays silent.
 */
export async function startPrinting(args: readonly string[], within: number = START_MS): Promise<Printing> {
  const written: string[] = [];
  const program = await Program.start({
    command: process.execPath,
    args,
    env: { PATH: process.env.PATH ?? '' },
    output: (line) => void written.push(line),
  });
  const probe = () => {
    const line = written.find((one) => one.startsWith('{'));
    if (line === undefined) throw new Error(written.join('\n'));
    return line;
  };
  const died = program.exited.then((exit) => {
    const line = written.find((one) => one.startsWith('{'));
    if (line === undefined) throw new Error(`It ended with ${JSON.stringify(exit)}: ${written.join('\n')}`);
    return line;
  });
  const text = await Promise.race([eventually(probe, { within, what: `A line of ${args.join(' ')}` }), died]);
  return { program, line: JSON.parse(text) };
}
