/**
 * The dry run of a release: makes every file of it that needs no registry, and says what stands against releasing this
 * commit and what a person still has to do. Publishes nothing. Usage: `node scripts/release.ts [FOLDER]`, by default
 * dist/release. Exit code: 0 nothing failed, 1 something failed. docs/release.md is the procedure.
 * @module
 */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findHelm, HELM_COMMAND, HELM_VERSIONS } from './chart/helm.ts';
import {
  clear,
  makeBundle,
  makeChart,
  makeSbom,
  run,
  sha256,
  type Workplace,
  writeSums,
} from './release/artifacts.ts';
import { provenance } from './release/provenance.ts';
import { type Verdict, verdictOf, written } from './release/verdict.ts';
import { changelogProblems, disagreements, versionOf } from './release/versions.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const NO_HELM = `no helm ${HELM_VERSIONS[0]}; "${HELM_COMMAND}" builds it`;
/** The scripts that say whether what is released as it stands in the repository is fresh. */
const FRESHNESS = ['generate', 'chart', 'manifests'] as const;

async function git(...args: readonly string[]): Promise<string> {
  return (await run('git', args, root)).trim();
}

async function treeProblems(version: string): Promise<readonly string[]> {
  const changed = await git('status', '--porcelain');
  const tags = await git('tag', '--list', `v${version}`);
  return [
    ...changed.split('\n').flatMap((line) => (line === '' ? [] : [`not committed: ${line.slice(2).trim()}`])),
    ...(tags === '' ? [] : [`the tag v${version} is there already: a version is released once`]),
  ];
}

async function fresh(): Promise<Verdict> {
  const found: string[] = [];
  for (const name of FRESHNESS) {
    const script = `scripts/${name}.ts`;
    await run(process.execPath, [script, '--check'], root).catch(() =>
      found.push(`"node ${script} --check" fails`),
    );
  }
  // Without Helm the last one says that it was skipped, and succeeds.
  const whole = findHelm(HELM_VERSIONS[0]) !== undefined || found.length > 0;
  return whole
    ? verdictOf('generated and rendered files are fresh', found)
    : { kind: 'skipped', what: 'rendered files are fresh', why: NO_HELM };
}

async function chart(place: Workplace, archive: string): Promise<Verdict> {
  const what = `the chart is packaged twice, and equal: ${archive}`;
  const helm = findHelm(HELM_VERSIONS[0]);
  return helm === undefined
    ? { kind: 'skipped', what, why: NO_HELM }
    : verdictOf(what, await makeChart(place, helm, archive));
}

/** What no script does, since it needs a registry, a key or a decision. */
function stillToDo(version: string): string {
  return `
A person still has to (docs/release.md has the commands):
  1. see .ci/run pass on this commit
  2. build the image, push it, and note its digest
  3. sign the image, the chart and provenance.intoto.json; this one is unsigned
  4. push the chart
  5. tag v${version} and push the tag
  6. publish the files, with what CHANGELOG.md says as the notes
  7. install it from the registry once, by docs/install.md
`;
}

async function release(folder: string): Promise<readonly Verdict[]> {
  const version = await versionOf(root);
  const commit = await git('rev-parse', 'HEAD');
  const place = { root, folder, epoch: Number(await git('log', '-1', '--format=%ct')) };
  await clear(folder);
  const names = {
    bundle: `albsp-${version}-node.tar.gz`,
    chart: `albsp-${version}.tgz`,
    manifests: `albsp-${version}-install.yaml`,
    sbom: `albsp-${version}-sbom.cdx.json`,
  };
  const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
  const verdicts = [
    verdictOf(`every place has version ${version}`, await disagreements(root)),
    verdictOf(`CHANGELOG.md has a heading for ${version}`, changelogProblems(changelog, version)),
    verdictOf('the tree is clean, and the tag is free', await treeProblems(version)),
    await fresh(),
    verdictOf(`the bundle is built twice, and equal: ${names.bundle}`, await makeBundle(place, names.bundle)),
    await chart(place, names.chart),
  ];
  await cp(join(root, 'deploy/install.yaml'), join(folder, names.manifests));
  await makeSbom(place, names.sbom);
  await rm(join(folder, '.work'), { recursive: true });

  const made = Object.values(names).filter(
    (name) => name !== names.chart || verdicts.at(-1)?.kind !== 'skipped',
  );
  const artifacts = await writeSums(place, made);
  const checked = await run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], folder).then(
    () => [],
    () => ['sha256sum does not agree with SHA256SUMS'],
  );
  const tools = { node: process.version, ...(await versionsOfTools()) };
  const lockSha256 = await sha256(join(root, 'package-lock.json'));
  const statement = provenance(artifacts, { version, commit, lockSha256, tools });
  await writeFile(join(folder, 'provenance.intoto.json'), `${JSON.stringify(statement, null, 2)}\n`);
  return [
    ...verdicts,
    verdictOf(`SHA256SUMS of ${artifacts.length} files, and provenance, unsigned`, checked),
  ];
}

/** The versions of what shapes the files, from package.json. */
async function versionsOfTools(): Promise<Readonly<Record<string, string>>> {
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return { esbuild: String(devDependencies.esbuild), helm: HELM_VERSIONS[0] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? join(root, 'dist', 'release'));
  const verdicts = await release(folder);
  const count = (kind: Verdict['kind']) => verdicts.filter((one) => one.kind === kind).length;
  console.log(verdicts.map(written).join('\n'));
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped: ${folder}`);
  console.log(stillToDo(await versionOf(root)));
  process.exitCode = count('failed') === 0 ? 0 : 1;
}
