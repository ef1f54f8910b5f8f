/**
 * A real Kubernetes API server on loopback: etcd and kube-apiserver as processes, with all of their files in one
 * temporary folder.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { Found } from './binaries.ts';
import { apiServerFlags, etcdFlags, type Ports } from './flags.ts';
import { type Keys, writeKeys } from './keys.ts';
import type { Access } from './kubeconfig.ts';
import { freePort } from './port.ts';
import { type Exit, Program } from './program.ts';
import { whenReady } from './readiness.ts';

/** Time to start: 5 s on two idle cores, much more on a busy machine. */
const START_WITHIN: Millis = 90_000;

/** How a real API server is started. */
export interface RealKubeOptions {
  readonly binaries: Found;
  readonly clock: Clock;
  /** Numbers from 0 to below 1, for the choice of ports. */
  readonly random: () => number;
  /** Of the processes: `PATH` and `HOME`, nothing else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** More flags of kube-apiserver; what they name may be written into the folder first. */
  readonly flags: (folder: string) => Promise<readonly string[]> | readonly string[];
  /** Ends the start. A server that has started is ended by `stop` alone. */
  readonly signal?: AbortSignal;
}

/** etcd and kube-apiserver. Neither outlives this process. */
export class RealKube {
  /** Everything that the processes write, logs too; removed by `stop`. */
  readonly folder: string;
  readonly keys: Keys;
  readonly #options: RealKubeOptions;
  readonly #ports: Ports;
  readonly #token: string;
  readonly #flags: readonly string[];
  readonly #programs: Program[] = [];
  readonly #unexpected = Promise.withResolvers<string>();
  #etcd: Program | undefined;
  #api: Program | undefined;

  private constructor(
    options: RealKubeOptions,
    parts: {
      readonly folder: string;
      readonly keys: Keys;
      readonly ports: Ports;
      readonly token: string;
      readonly flags: readonly string[];
    },
  ) {
    this.#options = options;
    this.folder = parts.folder;
    this.keys = parts.keys;
    this.#ports = parts.ports;
    this.#token = parts.token;
    this.#flags = parts.flags;
  }

  /** @throws {Error} with the end of the programs' own logs when one does not start; then nothing is left behind. */
  static async start(options: RealKubeOptions): Promise<RealKube> {
    const folder = await mkdtemp(join(tmpdir(), 'albsp-server-'));
    let server: RealKube | undefined;
    try {
      const { random } = options;
      const token = randomBytes(16).toString('hex');
      const ports = {
        api: await freePort(random),
        etcd: await freePort(random),
        peer: await freePort(random),
      };
      const keys = await writeKeys(folder, token);
      const flags = [...apiServerFlags(keys, ports), ...(await options.flags(folder))];
      server = new RealKube(options, { folder, keys, ports, token, flags });
      server.#etcd = await server.run(options.binaries.etcd, etcdFlags(folder, ports));
      await server.startApi();
      return server;
    } catch (failure) {
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
      throw failure;
    }
  }

  get url(): string {
    return `https://127.0.0.1:${this.#ports.api}`;
  }

  /** Resolves with a sentence when one of its programs ends although nobody here has ended it. */
  get unexpected(): Promise<string> {
    return this.#unexpected.promise;
  }

  /** Access of a user in system:masters. Rejects as long as the server has not made its certificate. */
  async access(): Promise<Access> {
    const authority = await readFile(this.keys.authority, 'utf8');
    return { server: this.url, authority, token: this.#token };
  }

  /** Kills the API server, as a node failure would. etcd goes on. */
  async killApi(): Promise<void> {
    if (this.#api !== undefined) await this.#kill(this.#api);
  }

  /**
   * Starts the API server on the etcd that is there, on the same port and with the same keys.
   * @throws {Error} with the end of the programs' own logs when it does not become ready.
   */
  async startApi(): Promise<void> {
    const { binaries, clock, signal } = this.#options;
    const api = await this.run(binaries.apiServer, this.#flags);
    this.#api = api;
    const hopeless = () => {
      if (signal?.aborted === true) return 'It was told to end';
      const ended = [api, this.#etcd].find((program) => program?.exit !== undefined);
      return ended === undefined ? undefined : `It ended by itself with ${wordsOf(ended.exit)}`;
    };
    try {
      await whenReady({ clock, within: START_WITHIN, access: () => this.access(), hopeless });
    } catch (failure) {
      const words = failure instanceof Error ? failure.message : String(failure);
      throw new Error(`The API server did not start: ${words}\n${await this.#endOfLogs()}`, {
        cause: failure,
      });
    }
  }

  /** Stops etcd from answering: requests time out or are answered 5xx. */
  pauseStorage(): void {
    this.#etcd?.kill('SIGSTOP');
  }

  resumeStorage(): void {
    this.#etcd?.kill('SIGCONT');
  }

  /** Starts one more program that belongs to the server: its log is in the folder, and `stop` ends it. */
  async run(command: string, args: readonly string[]): Promise<Program> {
    const { env } = this.#options;
    const output = join(this.folder, `${basename(command)}.log`);
    const program = await Program.start({ command, args, env, output, folder: this.folder });
    this.#programs.push(program);
    void program.exited.then((exit) => {
      if (this.#programs.includes(program))
        this.#unexpected.resolve(`${basename(command)} ended with ${wordsOf(exit)}`);
    });
    return program;
  }

  /** Ends everything, the last one first, and removes the files. Safe to call twice. */
  async stop(): Promise<void> {
    for (const program of this.#programs.toReversed()) await this.#kill(program);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #kill(program: Program): Promise<void> {
    const at = this.#programs.indexOf(program);
    if (at >= 0) this.#programs.splice(at, 1);
    program.kill('SIGKILL');
    await program.exited;
  }

  async #endOfLogs(): Promise<string> {
    const logs = (await readdir(this.folder)).filter((name) => name.endsWith('.log') && name !== 'audit.log');
    const ends = logs.map(async (name) => {
      const text = await readFile(join(this.folder, name), 'utf8');
      return `--- ${name}\n${text.split('\n').slice(-15).join('\n')}`;
    });
    return (await Promise.all(ends)).join('\n');
  }
}

function wordsOf(exit: Exit | undefined): string {
  return exit?.signal ? `signal ${exit.signal}` : `code ${exit?.code}`;
}
