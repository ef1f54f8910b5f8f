/**
 * The bill of materials of a bundle (CycloneDX 1.6): the npm packages whose code really is in it, as the lockfile has
 * them. Neither a time nor a serial number, so that two builds of one commit give the same bytes.
 *
 * `npm sbom` lists what is installed instead. Most of that is not in the bundle, and each line would raise alarms for
 * code that nobody ships; and without the development dependencies it misses those that `albsp dev` brings along.
 * @module
 */
import type { Metafile } from 'esbuild';
import { z } from 'zod';

/** Name of the file beside the bundle; scanners look for `*.cdx.json`. */
export const SBOM_FILE = 'sbom.cdx.json';

const lockEntry = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  license: z.string().optional(),
  integrity: z.string().optional(),
});
const lockfile = z.object({
  name: z.string(),
  version: z.string(),
  packages: z.record(z.string(), lockEntry),
});

/** A bundled package, as CycloneDX has it. */
export interface Component {
  readonly type: 'library' | 'application';
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly [{ readonly expression: string }];
  readonly hashes?: readonly [{ readonly alg: 'SHA-512'; readonly content: string }];
}

/** A bill of materials, as CycloneDX has it. */
export interface Sbom {
  readonly $schema: string;
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly version: 1;
  readonly metadata: {
    readonly lifecycles: readonly [{ readonly phase: 'build' }];
    readonly component: Component;
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * The bill of what esbuild bundled.
 * @param lockText the text of `package-lock.json`, version 3.
 * @throws when a bundled package is not in the lockfile, or stands there without version, licence or SHA-512.
 */
export function sbomOf(metafile: Metafile, lockText: string): Sbom {
  const lock = lockfile.parse(JSON.parse(lockText));
  const root = component(identified({ ...lock, license: lock.packages['']?.license }), 'application');
  const packages = packagesOf(metafile, lockText);
  const components = new Map(packages.map((one) => [one.folder, component(one, 'library')]));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { lifecycles: [{ phase: 'build' }], component: root },
    components: [...components.values()].toSorted((one, other) => compare(one.purl, other.purl)),
    dependencies: dependencies(metafile, root, components),
  };
}

/**
 * The npm packages with code in what esbuild bundled, by folder.
 * @param lockText the text of `package-lock.json`, version 3.
 * @throws when one is not in the lockfile, or stands there without version or licence.
 */
export function packagesOf(metafile: Metafile, lockText: string): readonly Bundled[] {
  const lock = lockfile.parse(JSON.parse(lockText));
  const packages = new Map<string, Bundled>();
  for (const path of bundledPaths(metafile)) {
    const folder = lockKeyOf(path);
    if (folder === undefined || packages.has(folder)) continue;
    const entry = lock.packages[folder];
    if (entry === undefined)
      throw new Error(`'${path}' is in the bundle, but package-lock.json has no '${folder}'`);
    packages.set(folder, { folder, ...identified({ ...entry, name: entry.name ?? nameIn(folder) }) });
  }
  return [...packages.values()].toSorted((one, other) => compare(one.folder, other.folder));
}

/** What a bill says at the least. */
interface Identified {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  readonly integrity?: string | undefined;
}

/** A package of the npm registry with code in the bundle. */
export interface Bundled extends Identified {
  /** Where it is installed, from the project, such as `node_modules/undici`: its key in the lockfile. */
  readonly folder: string;
}

function identified({
  name,
  version,
  license,
  integrity,
}: z.infer<typeof lockEntry> & { name: string }): Identified {
  if (version === undefined || license === undefined)
    throw new Error(`package-lock.json has '${name}' without version or licence`);
  return { name, version, license, integrity };
}

/** Files with at least a byte in the output: what was shaken out whole is not shipped. */
function bundledPaths(metafile: Metafile): readonly string[] {
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
}

/** Where the lockfile has the package of a file; undefined for a file of ours. A nested package has its own key. */
function lockKeyOf(path: string): string | undefined {
  return /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function component({ name, version, license, integrity }: Identified, type: Component['type']): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [, group, rest = name] = /^(@[^/]+)\/(.*)$/.exec(name) ?? [];
  return {
    type,
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    name: rest,
    version,
    purl,
    licenses: [{ expression: license }],
    ...(type === 'application' ? {} : { hashes: [{ alg: 'SHA-512', content: sha512(name, integrity) }] }),
  };
}

/** The digest of the package's archive, in hexadecimal, from the lockfile's Base64. */
function sha512(name: string, integrity: string | undefined): string {
  const digest = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)/.exec(integrity ?? '')?.[1];
  if (digest === undefined) throw new Error(`package-lock.json has '${name}' without a SHA-512`);
  return Buffer.from(digest, 'base64').toString('hex');
}

/** Which package imports which, from the imports that esbuild followed. */
function dependencies(
  metafile: Metafile,
  root: Component,
  components: ReadonlyMap<string, Component>,
): Sbom['dependencies'] {
  const edges = new Map<string, Set<string>>([[root['bom-ref'], new Set()]]);
  for (const one of components.values()) edges.set(one['bom-ref'], new Set());
  const ownerOf = (path: string) => {
    const key = lockKeyOf(path);
    return key === undefined ? root : components.get(key);
  };
  for (const [path, { imports }] of Object.entries(metafile.inputs)) {
    const from = ownerOf(path);
    for (const { path: imported } of imports.filter(({ external }) => external !== true)) {
      const to = ownerOf(imported);
      if (from !== undefined && to !== undefined && from !== to)
        edges.get(from['bom-ref'])?.add(to['bom-ref']);
    }
  }
  return [...edges]
    .map(([ref, dependsOn]) => ({ ref, dependsOn: [...dependsOn].toSorted(compare) }))
    .toSorted((one, other) => compare(one.ref, other.ref));
}

/** By code unit, so that the order is the same in every locale. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
