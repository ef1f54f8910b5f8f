import { execFile } from 'node:child_process';
import { findBinaries } from './binaries.ts';
import { eventually } from './eventually.ts';

/** A kubectl that has not ended by then is ended, in milliseconds. */
const LONGEST_MS = 60_000;

/** What one call of kubectl came to. */
export interface KubectlAnswer {
  /** 0 for success; -1 when it was ended for taking too long. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl as a user runs it, against one API server and in one namespace. */
export class Kubectl {
  readonly #command: string;
  readonly #options: readonly string[];

  /** @throws when `build.sh` has not built kubectl. */
  constructor(kubeconfig: string, namespace: string) {
    const binaries = findBinaries();
    if (binaries.kind === 'missing' || binaries.kubectl === undefined) throw new Error('There is no kubectl');
    this.#command = binaries.kubectl;
    // A cache of its own for each server: what is found there says which kinds exist.
    this.#options = [
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      `--cache-dir=${kubeconfig}.cache`,
    ];
  }

  /** Runs one command; `input` goes to its standard input. Never throws for what kubectl answers. */
  run(args: readonly string[], input = ''): Promise<KubectlAnswer> {
    return new Promise((resolve) => {
      const options = { timeout: LONGEST_MS, env: { PATH: process.env.PATH ?? '' } };
      const child = execFile(this.#command, [...this.#options, ...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  }

  /**
   * Standard output of a command that must succeed.
   * @throws with what it wrote when it fails.
   */
  async ok(args: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /**
   * Waits until these definitions are served: `crd/NAME`, or `crd --all`. kubectl fails, and does not wait, while a
   * definition has no conditions at all (kubernetes/kubernetes#66439), so it is called again.
   */
  async whenEstablished(...definitions: readonly string[]): Promise<void> {
    const wait = ['wait', '--for=condition=Established', '--timeout=5s', ...definitions];
    await eventually(() => this.ok(wait), {
      within: LONGEST_MS,
      what: `${definitions.join(' ')} established`,
    });
  }
}
