/** The version, the command line and the scripts are told the same everywhere. */
import { access, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FLAGS } from '../../src/config/flags.ts';
import { runHelp } from '../../src/config/help.ts';
import { VERSION } from '../../src/version.ts';
import { fenced, section } from './documents.ts';

const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
const readme = await readFile('README.md', 'utf8');
const changelog = await readFile('CHANGELOG.md', 'utf8');

test('src/version.ts has the version of package.json, and so has the lockfile', () => {
  expect(VERSION).toBe(manifest.version);
  expect(lock.version).toBe(manifest.version);
});

test('the changelog opens with what is not released yet, and says something there unless all was released just now', () => {
  const titles = [...changelog.matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);
  expect(titles[0]).toBe('Unreleased');
  const released = titles[1]?.startsWith(`${VERSION} - `) === true ? section(changelog, titles[1]) : '';
  expect(section(changelog, 'Unreleased') + released).toMatch(/^- \S/m);
  expect(new Set(titles).size).toBe(titles.length);
});

test('README.md names exactly the npm scripts that there are', () => {
  const named = [...readme.matchAll(/\bnpm (?:run ([\w:-]+)|(test))\b/g)].map(([, run, test]) => run ?? test);
  // npm itself runs these before and after another one.
  const scripts = Object.keys(manifest.scripts).filter(
    (name) => !/^(?:pre|post)/.test(name) || !(name.replace(/^(?:pre|post)/, '') in manifest.scripts),
  );
  expect([...new Set(named)].sort()).toEqual(scripts.sort());
});

test('every npm script that runs a file runs one that exists', async () => {
  const files = Object.values<string>(manifest.scripts).flatMap(
    (script) => script.match(/scripts\/[\w.-]+/g) ?? [],
  );
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) await expect(access(file), file).resolves.toBeUndefined();
});

test('README.md shows the output of `albsp run --help` word for word', () => {
  expect(fenced(section(readme, 'Flags of albsp run'))).toBe(runHelp());
});

test('README.md names every command and no flag that does not exist', async () => {
  const main = await readFile('src/main.ts', 'utf8');
  const help = /const HELP = `([\s\S]*?)`;/.exec(main)?.[1] ?? '';
  const commands = [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)?)/gm)].map(([, command]) => command);
  expect(commands).toContain('run');
  const table = section(readme, 'Command line');
  for (const command of commands) expect(table, `albsp ${command}`).toContain(`albsp ${command}`);
  const lines = readme.split('\n').filter((line) => /\balbsp run\b/.test(line));
  const used = lines.flatMap((line) => line.match(/--[a-z][a-z-]*/g) ?? []);
  expect(used.filter((flag) => flag !== '--help' && !FLAGS.some(({ name }) => `--${name}` === flag))).toEqual(
    [],
  );
});

test('the versions of Node and Kubernetes in README.md are those that are built for and tested', async () => {
  const binaries = await readFile('test/environment/binaries.ts', 'utf8');
  const [, kubernetes] = /v?(1\.\d+)\.\d+/.exec(binaries) ?? [];
  expect(readme).toContain(`tested on ${kubernetes}`);
  expect(`>=${/Node (\d+\.\d+)/.exec(readme)?.[1]}`).toBe(manifest.engines.node);
});
