import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What to start, and where its output goes. */
export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Complete environment; nothing is inherited. Without it: `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file for both streams, or a listener for each line. */
  readonly output: string | ((line: string, stream: 'stdout' | 'stderr') => void);
  /** Removed when the starter dies before it could. */
  readonly folder?: string;
}

const WATCHDOG = fileURLToPath(new URL('./watchdog.sh', import.meta.url));

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

  /** @throws when there is no such program. */
  static async start(options: ProgramOptions): Promise<Program> {
    const { output } = options;
    const file = typeof output === 'string' ? openSync(output, 'a') : undefined;
    const child = spawn(options.command, options.args, {
      env: options.env ?? { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['ignore', file ?? 'pipe', file ?? 'pipe'],
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
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

  /** Asks with SIGTERM, insists with SIGKILL after `grace` milliseconds, and waits until it is gone. */
  async end(grace = 10_000): Promise<Exit> {
    this.kill('SIGCONT');
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), grace);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

/** Starts the watchdog of a process, and ends it with the process. Neither keeps the starter alive. */
function watch(child: ChildProcess, folder: string | undefined): void {
  const dog = spawn('bash', [WATCHDOG, String(child.pid), ...(folder === undefined ? [] : [folder])], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
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
