/** The bill of materials beside the bundle says what is in the bundle, no more and no less. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOTICES_FILE } from '../../scripts/notices.ts';
import { SBOM_FILE, sbomOf } from '../../scripts/sbom.ts';
import { billed, bundled } from '../environment/sbom.ts';

const lockText = await readFile('package-lock.json', 'utf8');
const run = promisify(execFile);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'albsp-sbom-'));
  await run(process.execPath, ['scripts/build.ts', 'src/main.ts', folder]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the bill lists exactly the packages with code in the bundle, with version and integrity of the lockfile', async () => {
  const packages = await bundled(folder, lockText);
  expect(packages.length).toBeGreaterThan(20);
  expect(await billed(folder)).toEqual(packages);
});

test('the bill has everything that the program depends on, and names it in its graph', async () => {
  const names = (await billed(folder)).map(({ name }) => name);
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  const bill = JSON.parse(await readFile(join(folder, SBOM_FILE), 'utf8'));
  const refs: readonly string[] = bill.components.map((one: { 'bom-ref': string }) => one['bom-ref']);
  const graph: readonly { ref: string; dependsOn: readonly string[] }[] = bill.dependencies;
  const reached = new Set<string>();
  const walk = (ref: string): void => {
    if (reached.has(ref)) return;
    reached.add(ref);
    for (const one of graph.find((edge) => edge.ref === ref)?.dependsOn ?? []) walk(one);
  };
  walk(bill.metadata.component['bom-ref']);
  expect(refs.filter((ref) => !reached.has(ref))).toEqual([]);
});

test('the notices have a section with a text for each package in the bundle', async () => {
  const notices = await readFile(join(folder, NOTICES_FILE), 'utf8');
  const sections = notices.split(`\n${'-'.repeat(80)}\n\n`);
  const titles = sections.map((section) => section.slice(0, section.indexOf(' (')));
  const packages = await bundled(folder, lockText);
  expect(titles.toSorted()).toEqual(packages.map(({ name, version }) => `${name} ${version}`).toSorted());
  // What has none is named; that list grows only by a decision.
  const bare = sections.filter((section) => section.includes('has no text of its licence'));
  expect(bare.map((section) => section.split(' ')[0])).toEqual([]);
  expect(await readFile(join(folder, 'LICENSE'), 'utf8')).toContain('Apache License');
});

test('the bill has no time and no number of its own, so that two builds are equal', async () => {
  const text = await readFile(join(folder, SBOM_FILE), 'utf8');
  expect(text).not.toMatch(/timestamp|serialNumber/);
});

const NESTED = 'node_modules/outer/node_modules/@scope/inner';

function bundleOf(files: Readonly<Record<string, number>>): Metafile {
  const inputs = Object.fromEntries(
    Object.entries(files).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
  );
  return { inputs: {}, outputs: { 'a.mjs': { bytes: 1, inputs, imports: [], exports: [] } } };
}

function lockOf(packages: object): string {
  return JSON.stringify({ name: 'us', version: '1.0.0', packages: { '': { license: 'MIT' }, ...packages } });
}

test('sbomOf() finds a nested package under its own key, and leaves out what was shaken out whole', () => {
  const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
  const bill = sbomOf(
    bundleOf({ [`../../${NESTED}/index.js`]: 5, 'node_modules/unused/index.js': 0, 'src/main.ts': 3 }),
    lockOf({ [NESTED]: { version: '2.0.0', license: 'MIT', integrity } }),
  );
  expect(bill.components).toMatchObject([{ purl: 'pkg:npm/%40scope/inner@2.0.0', group: '@scope' }]);
  expect(bill.components[0]?.hashes?.[0].content).toBe('07'.repeat(64));
});

test.each([
  ['the lockfile does not have', {}, "has no 'node_modules/a'"],
  ['has no licence', { 'node_modules/a': { version: '1.0.0' } }, 'without version or licence'],
  ['has no SHA-512', { 'node_modules/a': { version: '1.0.0', license: 'MIT' } }, 'without a SHA-512'],
])('sbomOf() refuses a bundled package that %s', (_, packages, message) => {
  expect(() => sbomOf(bundleOf({ 'node_modules/a/index.js': 1 }), lockOf(packages))).toThrow(message);
});
