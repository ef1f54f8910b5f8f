import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { systemClock } from '../../src/adapters/clock.ts';
import { type Exit, Program } from '../../src/dev/realkube/program.ts';
import { type Canaries, environmentOf, leaksIn } from './credentials.ts';
import { eventually } from './eventually.ts';

/** The bundle that users run. */
export const BUNDLE = fileURLToPath(new URL('../../dist/albsp.mjs', import.meta.url));

/** Time to become ready, in milliseconds; generous, since two operators may share two busy cores. */
const READY_MS = 20_000;
/** Longest orderly end, in milliseconds. */
const GRACE_MS = 10_000;

/** A line of the operator's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** Value of a flag; null leaves a default of the tests out. */
export type Flags = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;

/** How to start `albsp run`. */
export interface OperatorOptions {
  /** Flags without `--`; a list gives the flag several times. */
  readonly flags: Flags;
  readonly canaries: Canaries;
  /** More environment, or another value of it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another bundle, or a bundle of a test's own. */
  readonly bundle?: string;
  /** What starts `albsp` instead of Node and the bundle: a command and its first arguments. */
  readonly launcher?: readonly [string, ...string[]];
}

/** `albsp run` as a process of its own, as a user would start it. */
export class Operator {
  readonly #options: OperatorOptions;
  readonly #lines: LogLine[] = [];
  readonly #output: string[] = [];
  #program: Program | undefined;
  #killed: boolean = false;

  private constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** @throws when there is no bundle. */
  static async start(options: OperatorOptions): Promise<Operator> {
    const bundle = options.bundle ?? BUNDLE;
    const [command, ...first] = options.launcher ?? [process.execPath, bundle];
    if (options.launcher === undefined && !existsSync(bundle))
      throw new Error(`There is no '${bundle}'; 'npm run build' makes it`);
    const operator = new Operator(options);
    operator.#program = await Program.start({
      command,
      args: [...first, 'run', ...argumentsOf(options.flags)],
      env: { PATH: process.env.PATH ?? '', ...environmentOf(options.canaries), ...options.env },
      output: (line) => operator.#take(line),
    });
    return operator;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** How it ended, or undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#running.exit;
  }

  /** Settles when it is gone. */
  get exited(): Promise<Exit> {
    return this.#running.exited;
  }

  /** What it logged so far, parsed. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Everything it wrote so far, to both streams. */
  get output(): string {
    return this.#output.join('\n');
  }

  /** `http://127.0.0.1:PORT` of health and metrics, once its log has said so. */
  get url(): string | undefined {
    const known = argumentsOf(this.#options.flags).join(' ');
    for (const line of this.#output) {
      const address = /127\.0\.0\.1:[1-9]\d*/.exec(line)?.[0];
      if (address !== undefined && !known.includes(address)) return `http://${address}`;
    }
    return undefined;
  }

  /** Sends a signal: SIGKILL is a crash, SIGSTOP and SIGCONT a pause. Waits for the end after SIGKILL. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (signal !== 'SIGCONT' && signal !== 'SIGSTOP') this.#killed = true;
    this.#running.kill(signal);
    if (signal === 'SIGKILL') await this.exited;
  }

  /** The first line that `matches`, past ones included; a text stands for the whole message. */
  whenLog(matches: string | ((line: LogLine) => boolean), within = READY_MS): Promise<LogLine> {
    const test = typeof matches === 'string' ? (line: LogLine) => line.msg === matches : matches;
    return this.#while(within, 'The log line', () => {
      const line = this.#lines.find(test);
      if (line === undefined) throw new Error('Not logged');
      return line;
    });
  }

  /** Waits until `/readyz` answers 200. */
  async whenReady(within = READY_MS): Promise<void> {
    await this.#while(within, 'A ready operator', async () => {
      const { status, text } = await this.get('/readyz');
      if (status !== 200) throw new Error(`/readyz answers ${status}: ${text}`);
    });
  }

  /** One of its own pages: `/healthz`, `/readyz`, `/metrics`. */
  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    if (this.url === undefined) throw new Error('It has not logged where it listens');
    const answer = await request(this.url + path, { signal: AbortSignal.timeout(5000) });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  /**
   * Ends it as a cluster would, and judges how it behaved (O10, O13).
   * @throws when it had ended by itself, needed force, ended with another code than 0, or wrote what it must not.
   */
  async end(): Promise<void> {
    const byItself = this.exit !== undefined && !this.#killed;
    const exit = await this.#running.end(systemClock, GRACE_MS);
    this.#judgeOutput();
    if (byItself) throw this.#failure(`The operator ended by itself with ${JSON.stringify(exit)}`);
    if (!this.#killed && exit.code !== 0) {
      throw this.#failure(`The operator answered SIGTERM with ${JSON.stringify(exit)}`);
    }
  }

  /** Waits for the end of a process that is expected to end by itself, and judges what it wrote. */
  async whenExited(within = READY_MS): Promise<Exit> {
    this.#killed = true;
    const exit = await eventually(() => this.exit ?? Promise.reject(new Error('It runs')), {
      within,
      what: 'The end of the operator',
    });
    this.#judgeOutput();
    return exit;
  }

  /** Whether it runs, and the end of what it wrote, without the credentials. */
  describe(): string {
    const { accessKeyId, accessKeySecret } = this.#options.canaries;
    const state = this.exit === undefined ? 'runs' : `ended with ${JSON.stringify(this.exit)}`;
    const end = this.#output.slice(-30).join('\n');
    return `--- operator ${this.pid} ${state}\n${end}`
      .replaceAll(accessKeyId, '***')
      .replaceAll(accessKeySecret, '***');
  }

  get #running(): Program {
    if (this.#program === undefined) throw new Error('The operator was not started');
    return this.#program;
  }

  #take(line: string): void {
    this.#output.push(line);
    if (!line.startsWith('{')) return;
    try {
      this.#lines.push(JSON.parse(line));
    } catch {
      // Not a log line; it stays in the output.
    }
  }

  #judgeOutput(): void {
    const { canaries } = this.#options;
    const leaks = leaksIn(this.output, canaries);
    // The failure must not repeat the leak.
    if (leaks.length > 0) throw new Error(`O10: the operator wrote out its ${leaks.join(' and ')}`);
    const crash = this.#output.find((line) => /unhandled ?rejection|uncaught ?exception/i.test(line));
    if (crash !== undefined) throw this.#failure(`O13: ${crash}`);
  }

  /** `eventually`, ended early and with the log when the process is gone. */
  async #while<T>(within: number, what: string, probe: () => Promise<T> | T): Promise<T> {
    // A last look: what is waited for may have been its last line.
    const gone = this.exited.then(async (exit) => {
      try {
        return await probe();
      } catch {
        throw new Error(`It ended with ${JSON.stringify(exit)}`);
      }
    });
    try {
      return await Promise.race([eventually(probe, { within, what }), gone]);
    } catch (failure) {
      throw this.#failure(failure instanceof Error ? failure.message : String(failure));
    }
  }

  #failure(message: string): Error {
    return new Error(`${message}\n${this.describe()}`);
  }
}

function argumentsOf(flags: Flags): readonly string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === null) return [];
    const values = Array.isArray(value) ? value : [value];
    return values.flatMap((one) => [`--${name}`, String(one)]);
  });
}
