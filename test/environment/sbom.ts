import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SBOM_FILE } from '../../scripts/sbom.ts';

const sbom = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(
    z.object({
      group: z.string().optional(),
      name: z.string(),
      version: z.string(),
      purl: z.string(),
      hashes: z.tuple([z.object({ alg: z.literal('SHA-512'), content: z.string() })]),
    }),
  ),
});

/** A package by its name and what the lockfile pins of it. */
export interface Pinned {
  readonly name: string;
  readonly version: string;
  /** As in the lockfile: `sha512-` and Base64. */
  readonly integrity: string;
}

/** The packages that the bill in this folder lists, in the words of the lockfile. */
export async function billed(folder: string): Promise<readonly Pinned[]> {
  const { components } = sbom.parse(JSON.parse(await readFile(join(folder, SBOM_FILE), 'utf8')));
  return components
    .map(({ group, name, version, hashes: [{ content }] }) => ({
      name: group === undefined ? name : `${group}/${name}`,
      version,
      integrity: `sha512-${Buffer.from(content, 'hex').toString('base64')}`,
    }))
    .toSorted(byName);
}

/**
 * The packages whose code is in the bundle of this folder, as the lockfile pins them. Read from the bundle itself:
 * esbuild writes the path of each file above its code.
 */
export async function bundled(folder: string, lockText: string): Promise<readonly Pinned[]> {
  const keys = new Set<string>();
  for (const path of await readdir(folder, { recursive: true })) {
    if (!path.endsWith('.mjs')) continue;
    const text = await readFile(join(folder, path), 'utf8');
    for (const [, file = ''] of text.matchAll(/^\s*\/\/ \S*?(?<![^/\s])(node_modules\/\S+)$/gm)) {
      const parts = file.split('/');
      const last = parts.lastIndexOf('node_modules');
      keys.add(parts.slice(0, last + (parts[last + 1]?.startsWith('@') ? 3 : 2)).join('/'));
    }
  }
  const { packages } = JSON.parse(lockText);
  return [...keys]
    .map((key) => ({
      name: key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: String(packages[key]?.version),
      integrity: String(packages[key]?.integrity),
    }))
    .toSorted(byName);
}

function byName(one: Pinned, other: Pinned): number {
  return `${one.name}@${one.version}` < `${other.name}@${other.version}` ? -1 : 1;
}
