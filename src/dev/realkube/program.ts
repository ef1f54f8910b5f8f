import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Clock, Millis } from '../../ports/clock.ts';

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What to start, and where its output goes. */
export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Complete environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file for both streams, or a listener for each line. */
  readonly output: string | ((line: string, stream: 'stdout' | 'stderr') => void);
  /** Removed when the starter dies before it could. */
  readonly folder?: string;
}

/**
 * Ends process $1 when whoever started it is gone, however it went: the pipe on stdin then closes; removes the folder
 * $2, if any. Signals to the terminal's group are ignored, since they also reach the starter, which may still want to
 * end the process in order.
 */
const WATCHDOG = `
trap '' INT TERM HUP
while read -r _; do :; done
kill -KILL "$1" 2>/dev/null
if [ -n "\${2:-}" ]; then rm -rf -- "$2"; fi
`;

/** A running process that never outlives the process that started it. */
export class Program {
  readonly #child: ChildProcess;
  /** Settles after the process is gone and all of its output was read. Never rejects. */
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;

  private constructor(child: ChildProcess, exited: Promise<Exit>) {
    this.#child = child;
    this.exited = exited.then((exit) => {
      this.#exit = exit;
      return exit;
    });
  }

  /**
   * Starts it in a group of its own: Ctrl-C in a terminal is for the starter, which ends it in its own order.
   * @throws when there is no such program.
   */
  static async start(options: ProgramOptions): Promise<Program> {
    const { output } = options;
    const file = typeof output === 'string' ? openSync(output, 'a') : undefined;
    const child = spawn(options.command, options.args, {
      env: options.env,
      stdio: ['ignore', file ?? 'pipe', file ?? 'pipe'],
      detached: true,
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    try {
      await once(child, 'spawn');
    } finally {
      if (file !== undefined) closeSync(file);
    }
    if (typeof output === 'function') {
      readLines(child.stdout, (line) => output(line, 'stdout'));
      readLines(child.stderr, (line) => output(line, 'stderr'));
    }
    watch(child, options.folder);
    return new Program(child, exited);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How it ended, or undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Sends a signal; nothing happens when the process is gone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks with SIGTERM, insists with SIGKILL after `grace`, and waits until it is gone. */
  async end(clock: Clock, grace: Millis = 10_000): Promise<Exit> {
    this.kill('SIGCONT');
    this.kill('SIGTERM');
    const cancel = clock.after(grace, () => this.kill('SIGKILL'));
    const exit = await this.exited;
    cancel();
    return exit;
  }
}

/** Starts the watchdog of a process, and ends it with the process. Neither keeps the starter alive. */
function watch(child: ChildProcess, folder: string | undefined): void {
  const names = [String(child.pid), ...(folder === undefined ? [] : [folder])];
  const dog = spawn('sh', ['-c', WATCHDOG, 'watchdog', ...names], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  dog.on('error', () => {});
  dog.unref();
  dog.stdin.on('error', () => {});
  child.once('exit', () => dog.kill('SIGKILL'));
}

function readLines(stream: NodeJS.ReadableStream | null, listener: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) listener(line);
  });
  stream?.on('end', () => {
    if (rest !== '') listener(rest);
  });
}
