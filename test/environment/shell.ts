import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { findHelm, type HelmVersion } from '../../scripts/chart/helm.ts';
import { section } from '../rules/documents.ts';
import { findBinaries } from './binaries.ts';
import type { KubectlAnswer } from './kubectl.ts';
import { REGION, type World } from './world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A script that has not ended by then is ended, in milliseconds. */
const LONGEST_MS = 90_000;

/** What a reader of a page does next. */
export type Step =
  | { readonly kind: 'run'; readonly script: string }
  /** A comment of the page that stands for what only a real cluster does: the test does it instead. */
  | { readonly kind: 'mark'; readonly text: string };

/** The shell blocks of a section and of what is below it, in order; a block under `<!-- needs ... -->` is not run. */
export function stepsOf(page: string, title: string): readonly Step[] {
  const parts = section(page, title).matchAll(/^<!-- (.*) -->$|^```sh\n([\s\S]*?)^```$/gm);
  const steps: Step[] = [];
  let skip = false;
  for (const [, mark, script] of parts) {
    if (mark !== undefined) {
      skip = mark.startsWith('needs ');
      steps.push({ kind: 'mark', text: mark });
    } else if (!skip) steps.push({ kind: 'run', script: script ?? '' });
    else skip = false;
  }
  return steps;
}

/** A terminal of somebody who follows a page. */
export interface Shell {
  readonly folder: string;
  /** Runs one script of bash, which ends at its first failure. Never throws for what it answers. */
  run(script: string): Promise<KubectlAnswer>;
}

/**
 * A folder as a clone is, with copies of what commands may write to, and the keys in `credentials.env`; kubectl and, where
 * a version is named, Helm come first in the path, and the kubeconfig is the admin's. Inside a test: it goes at its end.
 */
export async function openShell(world: World, helm?: HelmVersion): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'albsp-shell-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of ['deploy', 'crds']) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  const { accessKeyId, accessKeySecret } = world.canaries;
  const lines = Object.entries({ accessKeyId, accessKeySecret, regionId: REGION });
  const text = lines.map(([name, value]) => `${name}=${value}\n`).join('');
  await writeFile(join(folder, 'credentials.env'), text, { mode: 0o600 });
  const binaries = findBinaries();
  const programs = [
    helm === undefined ? undefined : findHelm(helm),
    binaries.kind === 'found' ? binaries.kubectl : undefined,
  ];
  const path = [...programs.flatMap((one) => (one === undefined ? [] : [dirname(one)])), process.env.PATH];
  const env = { PATH: path.join(':'), HOME: folder, KUBECONFIG: world.cluster.adminKubeconfig };
  return {
    folder,
    run: (script) =>
      new Promise((resolve) => {
        const options = { cwd: folder, env, timeout: LONGEST_MS };
        execFile('bash', ['--norc', '-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({ code, stdout, stderr });
        });
      }),
  };
}
