import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { startAlb } from '../dev/alb/server.ts';
import { WALL_CLOCK } from '../dev/alb/wallclock.ts';

/** Where a command writes. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** What `albsp dev alb` was asked for. */
interface Wanted {
  readonly listen: { readonly host: string; readonly port: number };
  readonly accessKeys: readonly { readonly id: string; readonly secret: string }[];
}

const FLAGS = { listen: { type: 'string' }, 'access-key': { type: 'string', multiple: true } } as const;
/** The key of a stand-in that was given none. */
const EXAMPLE_KEY = 'dev=dev';

const HELP = `Usage: albsp dev alb [--listen HOST:PORT] [--access-key ID=SECRET]...

Serves a stand-in of the ALB API until Ctrl-C, after one line of JSON with its url. docs/stand-ins.md says where it
differs from the real one.

Exit code: 0 ended by a signal, 1 it cannot listen, 2 wrong usage.

Flags
      --listen HOST:PORT       loopback only; port 0 picks one (default 127.0.0.1:0)
      --access-key ID=SECRET   a key that it takes (again for more; default dev=dev)
`;

/**
 * `albsp dev alb [--listen HOST:PORT] [--access-key ID=SECRET]...`: starts the stand-in ALB, prints one JSON line with
 * its `url` and serves until `signal`. Answers the exit code: 0, 1 when it cannot listen, 2 for a bad command line.
 */
export async function devAlb(args: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  if (args[0] === '--help' || args[0] === '-h') {
    output.stdout.write(HELP);
    return 0;
  }
  const wanted = read(args);
  if (typeof wanted === 'string') {
    output.stderr.write(`${wanted}\n`);
    return 2;
  }
  try {
    const alb = await startAlb({ ...wanted, clock: WALL_CLOCK, random: Math.random });
    output.stdout.write(`${JSON.stringify({ url: alb.url })}\n`);
    if (!signal.aborted) await once(signal, 'abort');
    await alb.close();
    return 0;
  } catch (error) {
    const { host, port } = wanted.listen;
    output.stderr.write(`Cannot serve on "${host}:${port}": ${String(error)}\n`);
    return 1;
  }
}

function read(args: readonly string[]): Wanted | string {
  try {
    const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false });
    const listen = address(values.listen ?? '127.0.0.1:0');
    if (listen === undefined) return `Flag "--listen" is "${values.listen}": it must be a loopback HOST:PORT`;
    const accessKeys = (values['access-key'] ?? [EXAMPLE_KEY]).map(accessKey);
    const bad = accessKeys.findIndex((key) => key.id === '' || key.secret === '');
    if (bad >= 0) return `Flag "--access-key" number ${bad + 1} does not have the form ID=SECRET`;
    return { listen, accessKeys };
  } catch (error) {
    // A stray argument may be a misplaced ID=SECRET: it is not repeated.
    const message = error instanceof Error ? error.message : String(error);
    return /positional|argument '/i.test(message) && !message.startsWith('Unknown option')
      ? 'A stray argument was given: "dev alb" takes only the flags --listen and --access-key'
      : message;
  }
}

function accessKey(text: string): { readonly id: string; readonly secret: string } {
  const equals = text.indexOf('=');
  return equals < 0 ? { id: '', secret: '' } : { id: text.slice(0, equals), secret: text.slice(equals + 1) };
}

/** Only loopback: everybody who reaches the stand-in could control it. */
function address(text: string): Wanted['listen'] | undefined {
  const [, host, port] = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) return undefined;
  return { host: host === '[::1]' ? '::1' : host, port: Number(port) };
}
