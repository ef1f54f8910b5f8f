/**
 * Writes what is generated from src/api: the CRDs, the field tables and the shapes. With `--check` it writes nothing
 * and exits 1 when a file is stale.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crdOf } from './generate/crd.ts';
import { fieldsPage } from './generate/fields.ts';
import { KINDS } from './generate/kinds.ts';
import { shapesModule } from './generate/shapes.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Every generated file by its path from the root, with its text. */
export function generated(): ReadonlyMap<string, string> {
  const shapes = 'src/domain/check/shapes.ts';
  return new Map([
    ...KINDS.map((kind): [string, string] => [`crds/${kind.plural}.yaml`, crdOf(kind)]),
    ['docs/fields.md', fieldsPage(KINDS)],
    [shapes, formatted(shapes, shapesModule(KINDS))],
  ]);
}

/** The paths of the generated files whose text on disk is another one. */
export async function stale(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [path, text] of generated()) {
    const current = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (current !== text) found.push(path);
  }
  return found;
}

/** The text as Biome formats a file of that name. Throws when it cannot. */
export function formatted(path: string, text: string): string {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const run = spawnSync(process.execPath, [biome, 'format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`Biome could not format '${path}': ${run.stderr}`);
  return run.stdout;
}

async function write(): Promise<void> {
  for (const [path, text] of generated()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const found = await stale();
    for (const path of found) console.error(`'${path}' is stale: run "npm run generate"`);
    process.exitCode = found.length === 0 ? 0 : 1;
  } else {
    await write();
  }
}
