import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** The texts of `crds/`, put here by the build: the bundle runs alone. Run from source there is no such name. */
declare const EMBEDDED_CRDS: readonly string[] | undefined;

/** Our three CustomResourceDefinitions, parsed. Rejects when, run from source, the folder `crds/` cannot be read. */
export async function definitions(): Promise<readonly unknown[]> {
  const texts = typeof EMBEDDED_CRDS === 'undefined' ? await fromFolder() : EMBEDDED_CRDS;
  return texts.map((text): unknown => parse(text));
}

async function fromFolder(): Promise<readonly string[]> {
  const folder = new URL('../../../crds/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  return Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')));
}
