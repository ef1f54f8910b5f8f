/** The files of a release, each made twice: what differs cannot be checked by anybody else. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SBOM_FILE } from '../sbom.ts';

const execute = promisify(execFile);
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** Where a release is made. */
export interface Workplace {
  readonly root: string;
  /** Emptied and filled again. */
  readonly folder: string;
  /** When the commit was made, in seconds since 1970: the time of every file in every archive. */
  readonly epoch: number;
}

/** Runs a program and gives its standard output. @throws with what it wrote when it fails. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await execute(command, [...args], { cwd, maxBuffer: LARGEST_ANSWER });
  return stdout;
}

/** SHA-256 of a file, hexadecimal. */
export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Which files of two folders differ, or are in one of them only. */
export async function differences(one: string, other: string): Promise<readonly string[]> {
  const [first, second] = await Promise.all([one, other].map(digests));
  const names = new Set([...(first?.keys() ?? []), ...(second?.keys() ?? [])]);
  return [...names].filter((name) => first?.get(name) !== second?.get(name)).toSorted();
}

async function digests(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path.slice(folder.length + 1), await sha256(path)] as const),
    ),
  );
}

/** Builds the bundle into two folders and packs the first. The problems, a line each. */
export async function makeBundle(place: Workplace, archive: string): Promise<readonly string[]> {
  const folders = ['bundle/albsp', 'again/bundle'].map((name) => join(place.folder, '.work', name));
  const [one = '', other = ''] = folders;
  for (const folder of folders)
    await run(process.execPath, ['scripts/build.ts', 'src/main.ts', folder], place.root);
  const different = await differences(one, other);
  await cp(join(place.root, 'LICENSE'), join(one, 'LICENSE'));
  await pack(place, join(place.folder, '.work', 'bundle'), 'albsp', archive);
  return different.map((name) => `two builds of the bundle differ in ${name}`);
}

/** Packages the chart twice, from two copies. The problems, a line each. */
export async function makeChart(place: Workplace, helm: string, archive: string): Promise<readonly string[]> {
  const packages: string[] = [];
  for (const name of ['chart', 'again/chart']) {
    const folder = join(place.folder, '.work', name);
    await cp(join(place.root, 'deploy/charts/albsp'), join(folder, 'albsp'), { recursive: true });
    // Helm takes the times of the files, and a checkout gives them those of the moment.
    await settle(join(folder, 'albsp'), place.epoch);
    await run(helm, ['package', join(folder, 'albsp'), '--destination', folder], place.root);
    packages.push(join(folder, archive));
  }
  const [one = '', other = ''] = packages;
  await cp(one, join(place.folder, archive));
  return (await sha256(one)) === (await sha256(other)) ? [] : ['two packages of the chart differ'];
}

/** What is in the bundle, as its build wrote it. After `makeBundle`. */
export async function makeSbom(place: Workplace, name: string): Promise<void> {
  await cp(join(place.folder, '.work/bundle/albsp', SBOM_FILE), join(place.folder, name));
}

/** Writes `SHA256SUMS`, as `sha256sum --check` reads it, and returns what stands in it. */
export async function writeSums(
  place: Workplace,
  names: readonly string[],
): Promise<readonly { readonly name: string; readonly sha256: string }[]> {
  const artifacts = await Promise.all(
    names.toSorted().map(async (name) => ({ name, sha256: await sha256(join(place.folder, name)) })),
  );
  const lines = artifacts.map((one) => `${one.sha256}  ${one.name}\n`);
  await writeFile(join(place.folder, 'SHA256SUMS'), lines.join(''));
  return artifacts;
}

/** An empty folder. */
export async function clear(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function settle(folder: string, epoch: number): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true }))
    await utimes(join(folder, entry), epoch, epoch);
}

/** GNU tar and gzip, told to write nothing of this machine or moment. */
async function pack(place: Workplace, folder: string, name: string, archive: string): Promise<void> {
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  const order = ['--sort=name', `--mtime=@${place.epoch}`, '--format=ustar'];
  const target = join(place.folder, archive);
  await run(
    'tar',
    ['--create', '--use-compress-program=gzip -n', ...owner, ...order, '-f', target, name],
    folder,
  );
}
