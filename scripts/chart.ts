/**
 * Keeps the chart whole: a chart can't read outside of itself, so that the CRDs, alerts and guardrails are copied into
 * it, and its README has a table of the values. With `--check` it writes nothing and exits 1 when a file is stale.
 * @module
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { valueRows } from './chart/values.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The chart, from the root. */
export const CHART = 'deploy/charts/albsp';

/** Folders of the repository whose files are copied, and where to. What does not exist is left out. */
const COPIES = [
  { from: 'crds', to: 'files/crds', ends: ['.yaml'] },
  { from: 'deploy/monitoring', to: 'files/monitoring', ends: ['rules.yaml', 'dashboard.json'] },
  { from: 'deploy/guardrails', to: 'files/guardrails', ends: ['.yaml'] },
] as const;

const BEGIN = '<!-- values: written by scripts/chart.ts from values.yaml -->';
const END = '<!-- end of values -->';

/** Every file of the chart that is made of others, by its path from the root, with its text. */
export async function expected(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const { from, to, ends } of COPIES) {
    for (const name of await namesIn(from)) {
      if (ends.some((end) => name.endsWith(end)))
        files.set(`${CHART}/${to}/${name}`, await read(`${from}/${name}`));
    }
  }
  files.set(`${CHART}/README.md`, await readme());
  return files;
}

/** The paths of files that are missing, have another text, or should not be there. */
export async function staleFiles(): Promise<readonly string[]> {
  const files = await expected();
  const found: string[] = [];
  for (const [path, text] of files) {
    if ((await read(path).catch(() => undefined)) !== text) found.push(path);
  }
  return [...found, ...(await strays(files))];
}

async function strays(files: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const present = await Promise.all(
    COPIES.map(async ({ to }) => (await namesIn(`${CHART}/${to}`)).map((name) => `${CHART}/${to}/${name}`)),
  );
  return present.flat().filter((path) => !files.has(path));
}

async function readme(): Promise<string> {
  const current = await read(`${CHART}/README.md`);
  const [before, rest] = current.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${CHART}/README.md lacks the line '${BEGIN}' or '${END}'`);
  const rows = valueRows(await read(`${CHART}/values.yaml`)).map(
    ({ path, fallback, about }) => `| \`${path}\` | \`${fallback}\` | ${about.replaceAll('|', '\\|')} |`,
  );
  return [before + BEGIN, '| value | default | meaning |', '|---|---|---|', ...rows, END + after].join('\n');
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(join(root, folder)).catch(() => [])).toSorted();
}

function read(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

async function write(): Promise<void> {
  const files = await expected();
  for (const path of await strays(files)) await rm(join(root, path));
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const found = await staleFiles();
    for (const path of found) console.error(`'${path}' is stale: run "node scripts/chart.ts"`);
    process.exitCode = found.length === 0 ? 0 : 1;
  } else {
    await write();
  }
}
