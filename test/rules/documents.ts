/** The documents as text, for tests that compare them with the program. */
import { readFile } from 'node:fs/promises';
import { pathsOf } from './sources.ts';

/** One Markdown file of the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** Every Markdown file that is ours, in the order of their paths. */
export async function readPages(): Promise<readonly Page[]> {
  const paths = await pathsOf('*.md', 'docs/**/*.md');
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
}

/** The text between the heading `title` and the next heading of its level or above. */
export function section(text: string, title: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === title);
  if (start < 0) return '';
  const level = lines[start]?.indexOf(' ') ?? 0;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return rest.slice(0, end < 0 ? rest.length : end).join('\n');
}

/** The words in backquotes that open a row of a table. */
export function firstCells(text: string): readonly string[] {
  return [...text.matchAll(/^\| ?`([^`]+)`/gm)].map(([, word = '']) => word);
}

/** The first fenced block of the text, without its fence. */
export function fenced(text: string): string {
  return /^```\w*\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';
}
