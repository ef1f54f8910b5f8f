/** One generated file: written, or compared with what is on disk. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Whether the file has another text than the one that would be written. */
export async function isStale(path: string, text: string): Promise<boolean> {
  return (await readFile(join(root, path), 'utf8').catch(() => undefined)) !== text;
}

/** Writes the file; with `--check` in `flags` it writes nothing, says so when it is stale, and ends with 1. */
export async function writeOrCheck(
  script: string,
  path: string,
  text: string,
  flags: readonly string[],
): Promise<void> {
  if (!flags.includes('--check')) return writeFile(join(root, path), text);
  if (!(await isStale(path, text))) return;
  console.error(`'${path}' is stale: run "node ${script}"`);
  process.exitCode = 1;
}
