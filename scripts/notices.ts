/**
 * The licence texts of what is bundled: most licences of npm packages ask that their text goes along with the code.
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundled } from './sbom.ts';

/** Name of the file beside the bundle. */
export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';

const TEXTS = /^(licen[cs]e|notice|copying)/i;

/** One section for each package, in the given order; a package without a text of its own is named with its licence. */
export async function noticesOf(root: string, packages: readonly Bundled[]): Promise<string> {
  const sections = await Promise.all(packages.map((one) => section(root, one)));
  return sections.join(`\n${'-'.repeat(80)}\n\n`);
}

async function section(root: string, { folder, name, version, license }: Bundled): Promise<string> {
  const files = (await readdir(join(root, folder))).filter((file) => TEXTS.test(file)).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(root, folder, file), 'utf8')));
  const body = texts.length === 0 ? 'The package has no text of its licence.' : texts.join('\n').trim();
  return `${name} ${version} (${license})\n\n${body.replaceAll('\r\n', '\n')}\n`;
}
