/** docs/install.md, docs/upgrade.md and the start in README.md, followed word for word: their blocks are run in a shell, on a bare real API server. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { describeHelmsOnReal, type Helm } from '../environment/helm.ts';
import { openBare, startInstalled } from '../environment/installed.ts';
import type { Flags, Operator } from '../environment/operator.ts';
import { openShell, type Shell, stepsOf } from '../environment/shell.ts';
import { World } from '../environment/world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIVE_MINUTES_MS = 300_000;
const PAGES = ['docs/install.md', 'docs/upgrade.md'];
const page = (await Promise.all(PAGES.map((path) => readFile(join(ROOT, path), 'utf8')))).join('\n');
const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
/** Everywhere else a comment stands for the operator that is installed: from there on it runs, as its Pods would. */
const NOT_FOR_TESTS = 'needs a registry';

/** Where a reader of the page is. */
interface Reader {
  readonly world: World;
  readonly shell: Shell;
  readonly page: string;
  /** Flags instead of those that only a real cluster could serve. */
  readonly more: Flags;
  /** Where the operator is installed. */
  readonly namespace: string;
  /** What the Pods would run; ended with its release. */
  operator: Operator | undefined;
}

/** Follows one section. */
async function follow(reader: Reader, title: string): Promise<void> {
  const { world, shell, namespace, more } = reader;
  for (const step of stepsOf(reader.page, title)) {
    switch (step.kind) {
      case 'mark':
        if (step.text === NOT_FOR_TESTS) break;
        reader.operator ??= await startInstalled(world, namespace, {
          // The stand-in cloud instead of the real one.
          flags: { 'alb-endpoint': world.alb.url, 'visibility-window': '2s', resync: '1s', ...more },
        });
        break;
      case 'run': {
        const uninstalls = /^helm uninstall/m.test(step.script);
        if (uninstalls) await world.endsRights();
        const { code, stdout, stderr } = await shell.run(step.script);
        expect(
          code,
          `${step.script}
${stdout}${stderr}`,
        ).toBe(0);
        if (uninstalls) await end(reader);
      }
    }
  }
}

/** What becomes of the Pods when nothing runs them any more. */
async function end(reader: Reader): Promise<void> {
  await reader.operator?.kill('SIGTERM');
  await reader.operator?.whenExited();
  reader.operator = undefined;
}

async function open(version: Helm['version'], namespace: string): Promise<Reader> {
  const world = await World.open('real API server', await openBare(), {});
  return { world, shell: await openShell(world, version), page, more: {}, namespace, operator: undefined };
}

const WITH_HELM = ['Helm', 'Before', 'Upgrade', 'Going back', 'Uninstall'];
const PLAIN = [
  'Upgrade of plain manifests',
  'When the operator is gone already',
  'Uninstall of plain manifests',
];
const NAMESPACED = ['High availability', 'Upgrade in namespaced mode'];
const OTHERS: readonly [string, string][] = [
  ['Plain manifests', 'albsp-system'],
  ['Kustomize', 'albsp-system'],
  ['Namespaced mode', 'albsp-team-a'],
];

test('the pages have no block that is neither run here nor marked', () => {
  const titles = [...WITH_HELM, ...PLAIN, ...NAMESPACED, ...OTHERS.map(([title]) => title)];
  const scripts = titles.flatMap((title) => stepsOf(page, title)).filter(({ kind }) => kind === 'run');
  const blocks = page.match(/^```sh$/gm) ?? [];
  const marked = page.match(/^<!-- needs .* -->$/gm) ?? [];
  expect(scripts.length).toBe(blocks.length - marked.length);
  expect(scripts.length).toBeGreaterThan(15);
  expect(marked).toHaveLength(3);
});

describeHelmsOnReal('docs/install.md and docs/upgrade.md', (version) => {
  test('leads with Helm from nothing to a Ready policy, through every identity, up, back, and away again', async () => {
    const reader = await open(version, 'albsp-system');
    const { world, shell } = reader;
    await follow(reader, 'Helm');
    const made = world.alb.model.live().map(({ id }) => id);
    expect(made).toHaveLength(1);
    for (const title of ['Before', 'Upgrade', 'Going back']) await follow(reader, title);
    expect(world.alb.model.live().map(({ id }) => id)).toEqual(made);
    expect(await readFile(join(shell.folder, 'before.yaml'), 'utf8')).toContain(made[0]);
    await follow(reader, 'Uninstall');
    // The policy was kept for good; nothing else is left.
    expect(world.alb.model.live().map(({ id }) => id)).toEqual(made);
    expect(await world.admin.list('CustomResourceDefinition')).toEqual([]);
  });

  test.each(OTHERS)('leads to a Ready policy: %s', async (title, namespace) => {
    const reader = await open(version, namespace);
    await follow(reader, title);
    expect(reader.world.alb.model.live()).toHaveLength(1);
    if (title === 'Namespaced mode') for (const after of NAMESPACED) await follow(reader, after);
  });

  test('leads through the life of plain manifests, also when the operator goes first', async () => {
    const reader = await open(version, 'albsp-system');
    const { world } = reader;
    await follow(reader, 'Plain manifests');
    const made = world.alb.model.live().map(({ id }) => id);
    const [upgrade, gone, uninstall] = PLAIN;
    await follow(reader, upgrade ?? '');
    await end(reader);
    await follow(reader, gone ?? '');
    await follow(reader, uninstall ?? '');
    // Let go by hand, so that it stays in the cloud, as the page says.
    expect(world.alb.model.live().map(({ id }) => id)).toEqual(made);
    expect(await world.admin.list('CustomResourceDefinition')).toEqual([]);
  });
});

describeHelmsOnReal('README.md', (version) => {
  test('leads from RRSA to a Ready policy in far less than five minutes, nodes and image aside', async () => {
    // No webhook gives the Pods their token here: what the release runs, but with keys.
    const opened = await open(version, 'albsp-system');
    const reader = { ...opened, page: readme, more: { credentials: 'environment' } };
    const started = performance.now();
    await follow(reader, 'On ACK, from RRSA to Ready');
    expect(performance.now() - started).toBeLessThan(FIVE_MINUTES_MS / 5);
    expect(reader.world.alb.model.live()).toHaveLength(1);
    const { spec } = await reader.world.admin.get({
      kind: 'Deployment',
      name: 'albsp',
      namespace: 'albsp-system',
    });
    expect(spec.template.spec.containers[0].args).toContain('--credentials=rrsa');
  });
});
