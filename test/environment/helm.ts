import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { findHelm, HELM_COMMAND, HELM_VERSIONS, type HelmVersion } from '../../scripts/chart/helm.ts';
import type { Manifest } from './admin.ts';
import type { KubectlAnswer } from './kubectl.ts';
import { describeReal } from './tiers.ts';

/** The operator's chart. */
export const CHART = fileURLToPath(new URL('../../deploy/charts/albsp', import.meta.url));
/** A Helm that has not ended by then is ended, in milliseconds. */
const LONGEST_MS = 90_000;

/** Values, as a user's file has them. */
export type Values = Readonly<Record<string, unknown>>;

/** Helm as a user runs it, in one namespace; without a kubeconfig for what needs no cluster. */
export class Helm {
  readonly version: HelmVersion;
  readonly #command: string;
  readonly #options: readonly string[];
  readonly #home: string;

  private constructor(version: HelmVersion, namespace: string, kubeconfig: string | undefined) {
    const command = findHelm(version);
    if (command === undefined) throw new Error(`There is no helm ${version}`);
    this.version = version;
    this.#command = command;
    this.#options = [
      `--namespace=${namespace}`,
      ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ];
    this.#home = mkdtempSync(join(tmpdir(), 'albsp-helm-'));
  }

  /** Call it inside a test: what Helm keeps on disk goes when the test ends. */
  static of(version: HelmVersion, namespace: string, kubeconfig?: string): Helm {
    const helm = new Helm(version, namespace, kubeconfig);
    onTestFinished(() => rm(helm.#home, { recursive: true, force: true }));
    return helm;
  }

  /** Runs one command; `values` go to its standard input. Never throws for what Helm answers. */
  run(args: readonly string[], values?: Values): Promise<KubectlAnswer> {
    return new Promise((resolve) => {
      const env = { PATH: process.env.PATH ?? '', HOME: this.#home };
      const all = [...args, ...(values === undefined ? [] : ['--values=-']), ...this.#options];
      const options = { timeout: LONGEST_MS, env, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile(this.#command, all, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(values === undefined ? '' : JSON.stringify(values));
    });
  }

  /**
   * Standard output of a command that must succeed.
   * @throws with what it wrote when it fails.
   */
  async ok(args: readonly string[], values?: Values): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, values);
    if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** The objects of the chart as release `albsp`, hooks included. */
  async template(values: Values, chart = CHART): Promise<readonly Manifest[]> {
    return manifestsIn(await this.ok(['template', 'albsp', chart], values));
  }
}

/** All objects in a text of several documents. */
export function manifestsIn(text: string): readonly Manifest[] {
  // As kubectl reads it: a bare `on` is a boolean there.
  return parseAllDocuments(text, { version: '1.1' })
    .filter((document) => document.contents !== null)
    .map((document): Manifest => document.toJS());
}

/** The one object of a kind and, where it matters, a name. */
export function objectOf(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter(
    (one) => one.kind === kind && (name ?? one.metadata.name) === one.metadata.name,
  );
  const [object] = found;
  if (object === undefined || found.length > 1)
    throw new Error(`${found.length} objects are a ${kind} ${name}`);
  return object;
}

/** Defines one suite for each Helm; one that was not built is skipped, by name. */
export function describeHelms(name: string, define: (version: HelmVersion) => void): void {
  each(name, define, describe);
}

/** The same for suites that need the real API server as well. */
export function describeHelmsOnReal(name: string, define: (version: HelmVersion) => void): void {
  each(name, define, describeReal);
}

function each(
  name: string,
  define: (version: HelmVersion) => void,
  suite: (name: string, define: () => void) => void,
): void {
  for (const version of HELM_VERSIONS) {
    if (findHelm(version) !== undefined) suite(`${name} [helm ${version}]`, () => define(version));
    else if (process.env.ALBSP_REQUIRE_REAL === '1')
      throw new Error(
        `ALBSP_REQUIRE_REAL is set, but there is no helm ${version}: '${HELM_COMMAND}' builds it`,
      );
    else
      describe.skip(`${name} [helm ${version}, skipped: not built, '${HELM_COMMAND}' builds it]`, () =>
        define(version));
  }
}
