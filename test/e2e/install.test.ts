/** docs/install.md, followed word for word: its blocks are run in a shell, on a bare real API server. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { findHelm } from '../../scripts/chart/helm.ts';
import { findBinaries } from '../environment/binaries.ts';
import { eventually } from '../environment/eventually.ts';
import { describeHelmsOnReal, type Helm } from '../environment/helm.ts';
import { openBare, startInstalled } from '../environment/installed.ts';
import type { KubectlAnswer } from '../environment/kubectl.ts';
import type { Operator } from '../environment/operator.ts';
import { REGION, World } from '../environment/world.ts';
import { section } from '../rules/documents.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WITHIN_MS = 30_000;
/** A block that has not ended by then is ended, in milliseconds. */
const LONGEST_MS = 90_000;
const page = await readFile(join(ROOT, 'docs', 'install.md'), 'utf8');

/** A shell block of the page, or what stands between two of them. */
type Step =
  | { readonly kind: 'run'; readonly script: string }
  /** From here on the operator that is installed runs, as its Pods would. */
  | { readonly kind: 'operator' };

/** The steps of a section and of what is below it. */
function stepsOf(title: string): readonly Step[] {
  const parts = section(page, title).matchAll(/^<!-- (.*) -->$|^```sh\n([\s\S]*?)^```$/gm);
  const steps: Step[] = [];
  let skip = false;
  for (const [, mark, script] of parts) {
    if (mark !== undefined) {
      skip = mark.startsWith('needs ');
      if (mark !== 'needs a registry') steps.push({ kind: 'operator' });
    } else if (!skip) steps.push({ kind: 'run', script: script ?? '' });
    else skip = false;
  }
  return steps;
}

interface Shell {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A folder as a clone is, with the two programs first in the path and the keys in their file. */
async function openShell(world: World, version: Helm['version']): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'albsp-install-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of ['deploy', 'crds']) await symlink(join(ROOT, name), join(folder, name));
  const { accessKeyId, accessKeySecret } = world.canaries;
  const lines = { accessKeyId, accessKeySecret, regionId: REGION };
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, 'credentials.env'), text.join(''), { mode: 0o600 });
  const binaries = findBinaries();
  const kubectl = binaries.kind === 'found' ? binaries.kubectl : undefined;
  const path = [findHelm(version), kubectl].map((program) => dirname(program ?? ''));
  return {
    folder,
    env: {
      PATH: [...path, process.env.PATH].join(':'),
      HOME: folder,
      KUBECONFIG: world.cluster.adminKubeconfig,
    },
  };
}

function run({ folder, env }: Shell, script: string): Promise<KubectlAnswer> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: LONGEST_MS };
    execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Where a reader of the page is. */
interface Reader {
  readonly world: World;
  readonly shell: Shell;
  /** Where the operator is installed. */
  readonly namespace: string;
  /** What the Pods would run; ended with its release. */
  operator: Operator | undefined;
}

/** Follows one section. */
async function follow(reader: Reader, title: string): Promise<void> {
  const { world, shell, namespace } = reader;
  for (const step of stepsOf(title)) {
    switch (step.kind) {
      case 'operator':
        reader.operator ??= await startInstalled(world, namespace, {
          // The stand-in cloud instead of the real one.
          flags: { 'alb-endpoint': world.alb.url, 'visibility-window': '2s', resync: '1s' },
        });
        break;
      case 'run': {
        const { code, stdout, stderr } = await run(shell, step.script);
        expect(code, `${step.script}\n${stdout}${stderr}`).toBe(0);
        if (/^helm uninstall/m.test(step.script)) {
          await reader.operator?.kill('SIGTERM');
          await reader.operator?.whenExited();
          reader.operator = undefined;
        }
      }
    }
  }
}

async function open(version: Helm['version'], namespace: string): Promise<Reader> {
  const world = await World.open('real API server', await openBare(), {});
  return { world, shell: await openShell(world, version), namespace, operator: undefined };
}

const WITH_HELM = ['Helm', 'Upgrade', 'Uninstall'];
const OTHERS: readonly [string, string][] = [
  ['Plain manifests', 'albsp-system'],
  ['Kustomize', 'albsp-system'],
  ['Namespaced mode', 'albsp-team-a'],
];

test('docs/install.md has no block that is neither run here nor marked', () => {
  const titles = [...WITH_HELM, ...OTHERS.map(([title]) => title), 'High availability'];
  const scripts = titles.flatMap(stepsOf).filter(({ kind }) => kind === 'run');
  const blocks = page.match(/^```sh$/gm) ?? [];
  const marked = page.match(/^<!-- needs .* -->$/gm) ?? [];
  expect(scripts.length).toBe(blocks.length - marked.length);
  expect(scripts.length).toBeGreaterThan(15);
  expect(marked).toHaveLength(2);
});

describeHelmsOnReal('docs/install.md', (version) => {
  test('leads with Helm from nothing to a Ready policy, through every identity, up, back, and away again', async () => {
    const reader = await open(version, 'albsp-system');
    const { world, shell } = reader;
    await follow(reader, 'Helm');
    const made = world.alb.model.live().map(({ id }) => id);
    expect(made).toHaveLength(1);
    await follow(reader, 'Upgrade');
    await follow(reader, 'Uninstall');
    // The policy was kept for good; nothing else is left.
    expect(world.alb.model.live().map(({ id }) => id)).toEqual(made);
    expect(await world.admin.list('CustomResourceDefinition')).toEqual([]);
    await run(shell, 'kubectl apply --server-side -f crds/');
    await settled(world);
  });

  test.each(OTHERS)('leads to a Ready policy: %s', async (title, namespace) => {
    const reader = await open(version, namespace);
    await follow(reader, title);
    expect(reader.world.alb.model.live()).toHaveLength(1);
    if (title === 'Namespaced mode') await follow(reader, 'High availability');
    await settled(reader.world);
  });
});

/** A kind that has just been installed answers 429 for a moment; the end of a world lists. */
async function settled(world: World): Promise<void> {
  await eventually(() => world.admin.list('SecurityPolicy', world.namespace), { within: WITHIN_MS });
}
