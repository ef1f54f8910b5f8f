/** Where the version stands, and whether each place has the same one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A place that names the version; the first group of the pattern is what stands there. */
interface Place {
  readonly path: string;
  readonly what: string;
  readonly pattern: RegExp;
}

/** The first one decides. */
const PLACES: readonly Place[] = [
  { path: 'package.json', what: '"version"', pattern: /^ {2}"version": "(.*)",$/m },
  { path: 'package-lock.json', what: '"version"', pattern: /^ {2}"version": "(.*)",$/m },
  { path: 'src/version.ts', what: 'VERSION', pattern: /VERSION = '(.*)'/ },
  { path: 'deploy/charts/albsp/Chart.yaml', what: 'version', pattern: /^version: (.*)$/m },
  { path: 'deploy/charts/albsp/Chart.yaml', what: 'appVersion', pattern: /^appVersion: (.*)$/m },
  { path: 'deploy/install.yaml', what: 'the tag of the image', pattern: /image: albsp:(.*)$/m },
  { path: 'deploy/kustomize/overlays/rrsa/kustomization.yaml', what: 'newTag', pattern: /newTag: (.*)$/m },
  { path: 'docs/install.md', what: 'the tag of `docker push`', pattern: /docker push \S+:(\S+)$/m },
];

/** https://semver.org, without build metadata: a `+` cannot stand in the tag of an image. */
const SEMANTIC = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** The version of package.json. @throws when there is none. */
export async function versionOf(root: string): Promise<string> {
  const version = PLACES[0]?.pattern.exec(await readFile(join(root, 'package.json'), 'utf8'))?.[1];
  if (version === undefined) throw new Error('package.json has no line "version"');
  return version;
}

/** What disagrees with package.json, a line each; empty when all places agree. */
export async function disagreements(root: string): Promise<readonly string[]> {
  const version = await versionOf(root);
  const found: string[] = [];
  if (!SEMANTIC.test(version))
    found.push(`package.json has version '${version}', which is not MAJOR.MINOR.PATCH[-PRERELEASE]`);
  for (const { path, what, pattern } of PLACES) {
    const there = pattern.exec(await readFile(join(root, path), 'utf8'))?.[1];
    if (there !== version)
      found.push(`${path}: ${what} is '${there ?? 'missing'}', and package.json has '${version}'`);
  }
  return found;
}

/** What is wrong with the changelog for this version; empty when it is released there. */
export function changelogProblems(changelog: string, version: string): readonly string[] {
  const [, unreleased = '', ...releases] = changelog.split(/^## /m);
  const [newest = ''] = releases;
  const [heading = ''] = newest.split('\n');
  const found: string[] = [];
  if (!unreleased.startsWith('Unreleased\n')) found.push("CHANGELOG.md does not open with '## Unreleased'");
  if (/^- /m.test(unreleased))
    found.push(`CHANGELOG.md has entries under 'Unreleased': they belong under '## ${version} - YYYY-MM-DD'`);
  if (!new RegExp(`^${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`).test(heading))
    found.push(`CHANGELOG.md: the newest release is '${heading}', not '${version} - YYYY-MM-DD'`);
  else if (!/^- \S/m.test(newest)) found.push(`CHANGELOG.md says nothing under '${heading}'`);
  return found;
}
