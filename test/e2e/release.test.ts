/** docs/release.md, followed on a copy of the repository: the dry run passes a release that is whole, and no other. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { stepsOf } from '../environment/shell.ts';
import { describeReal } from '../environment/tiers.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Two builds, four generators and Helm, several times over, on a busy machine; in milliseconds. */
const LONGEST_MS = 400_000;
const page = await readFile(join(ROOT, 'docs', 'release.md'), 'utf8');

interface Answer {
  readonly code: number;
  readonly said: string;
}

/** A repository of its own with what is in this one now, committed. */
async function copyOfRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'albsp-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await promisify(execFile)('git', list, { cwd: ROOT });
  for (const path of stdout.split('\0').filter((one) => one !== '' && one !== 'node_modules'))
    await cp(join(ROOT, path), join(folder, path)).catch((error: NodeJS.ErrnoException) => {
      // Removed here, and not committed yet.
      if (error.code !== 'ENOENT') throw error;
    });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await type(folder, 'git init --quiet && git add . && git commit --quiet --message "All of it"');
  return folder;
}

async function type(folder: string, script: string): Promise<Answer> {
  const who = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b',
  };
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const env = { HOME: process.env.HOME, PATH: path, NO_UPDATE_NOTIFIER: '1', ...who };
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: LONGEST_MS };
    execFile('bash', ['--norc', '-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, said: stdout + stderr });
    });
  });
}

async function follow(folder: string, title: string): Promise<Answer> {
  const scripts = stepsOf(page, title).flatMap((step) => (step.kind === 'run' ? [step.script] : []));
  expect(scripts).toHaveLength(1);
  return type(folder, scripts.join('\n'));
}

describeReal('docs/release.md', () => {
  test(
    'leads to a release that the dry run passes, twice the same; and what is broken is named, each thing for itself',
    async () => {
      const folder = await copyOfRepository();
      const early = await type(folder, 'node scripts/release.ts');
      expect(early.code).toBe(1);
      expect(early.said).toContain("CHANGELOG.md has entries under 'Unreleased'");
      expect(early.said).toContain('passed   the tree is clean');

      const prepared = await follow(folder, 'Prepare');
      expect(prepared.code, prepared.said).toBe(0);
      const passed = await follow(folder, 'Dry run');
      expect(passed.code, passed.said).toBe(0);
      expect(passed.said).toContain('7 passed, 0 failed, 0 skipped');
      const sums = await readFile(join(folder, 'dist/release/SHA256SUMS'), 'utf8');
      const names = sums.split('\n').flatMap((line) => line.split('  ')[1] ?? []);
      expect(names).toEqual([
        'albsp-0.2.0-install.yaml',
        'albsp-0.2.0-node.tar.gz',
        'albsp-0.2.0-sbom.cdx.json',
        'albsp-0.2.0.tgz',
      ]);
      await judgeFiles(folder, sums);

      // Something forgotten in each place that the dry run looks at.
      await type(folder, 'git tag v0.2.0');
      await change(folder, 'deploy/charts/albsp/Chart.yaml', 'appVersion: 0.2.0', 'appVersion: 0.1.0');
      await change(folder, 'CHANGELOG.md', '## 0.2.0 - ', '## 0.1.9 - ');
      await change(folder, 'scripts/build.ts', "].join('\\n');", "].join('\\n') + process.hrtime.bigint();");
      const broken = await type(folder, 'node scripts/release.ts dist/other');
      expect(broken.code, broken.said).toBe(1);
      for (const line of [
        "deploy/charts/albsp/Chart.yaml: appVersion is '0.1.0', and package.json has '0.2.0'",
        "CHANGELOG.md: the newest release is '0.1.9 - ",
        'not committed: CHANGELOG.md',
        'the tag v0.2.0 is there already',
        '"node scripts/manifests.ts --check" fails',
        'two builds of the bundle differ in albsp.mjs',
      ])
        expect(broken.said).toContain(line);
      expect(broken.said).toMatch(/^passed {3}SHA256SUMS/m);
      expect(broken.said).toContain('2 passed, 5 failed, 0 skipped');
    },
    LONGEST_MS,
  );
});

/** The same commit gives the same bytes; the bundle of the archive runs; the statement is about these files. */
async function judgeFiles(folder: string, sums: string): Promise<void> {
  const files = join(folder, 'dist/release');
  const again = await type(
    folder,
    'node scripts/release.ts dist/again && diff --recursive dist/release dist/again',
  );
  expect(again.code, again.said).toBe(0);
  const unpacked = await type(
    files,
    'mkdir x && tar -xzf albsp-0.2.0-node.tar.gz -C x && node x/albsp/albsp.mjs version',
  );
  expect(unpacked).toEqual({ code: 0, said: 'albsp 0.2.0\n' });
  const statement = JSON.parse(await readFile(join(files, 'provenance.intoto.json'), 'utf8'));
  const subjects: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[] =
    statement.subject;
  expect(subjects.map(({ name, digest }) => `${digest.sha256}  ${name}\n`).join('')).toBe(sums);
  const head = await type(folder, 'git rev-parse HEAD');
  expect(statement.predicate.buildDefinition.externalParameters).toEqual({
    version: '0.2.0',
    commit: head.said.trim(),
  });
  for (const name of ['provenance.intoto.json', 'albsp-0.2.0-sbom.cdx.json'])
    expect(await readFile(join(files, name), 'utf8')).not.toContain(folder);
}

async function change(folder: string, path: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, path), 'utf8');
  expect(text).toContain(from);
  await writeFile(
    join(folder, path),
    text.replace(from, () => to),
  );
}

test('every block of docs/release.md is followed here, or marked with what it needs', () => {
  const marks = page.match(/^ *<!-- needs a (registry|remote repository) -->$/gm) ?? [];
  expect(page.match(/^ *```sh$/gm)).toHaveLength(marks.length + 2);
});
