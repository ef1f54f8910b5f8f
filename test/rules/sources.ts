/** The sources of the program as text, for tests that read them. */
import { glob, readFile } from 'node:fs/promises';

/** One file of `src/`. */
export interface Source {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
}

/** One import or re-export. */
export interface Import {
  /** A path from the root of the repository, or the name of a package. */
  readonly target: string;
  /** What is written between the quotes. */
  readonly written: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** `import(...)`: loaded only when it is reached. */
  readonly lazy: boolean;
}

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;'"]*?\sfrom\s+)?'([^']+)'/gm;
const LAZY = /(typeof\s+)?\bimport\(\s*'([^']+)'/g;

/** Every TypeScript file of `src/`, in the order of their paths. */
export async function readSources(): Promise<readonly Source[]> {
  const paths = await pathsOf('src/**/*.ts');
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8');
      return { path, text, lines: text.split('\n').length - 1 };
    }),
  );
}

/** The paths that match, with slashes, in their order. */
export async function pathsOf(...patterns: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of glob(patterns)) paths.push(path.replaceAll('\\', '/'));
  return paths.sort();
}

/** All imports of one file. */
export function importsOf({ path, text }: Source): readonly Import[] {
  const code = withoutComments(text);
  const found = (match: RegExpExecArray, lazy: boolean): Import => {
    const written = match[2] ?? '';
    return { written, target: resolve(path, written), typeOnly: match[1] !== undefined, lazy };
  };
  return [
    ...[...code.matchAll(STATIC)].map((match) => found(match, false)),
    ...[...code.matchAll(LAZY)].map((match) => found(match, true)),
  ];
}

/** The text without block comments and without lines that are comments as a whole. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** The package of a module name: `@noble/hashes/sha2.js` is of `@noble/hashes`. */
export function packageOf(target: string): string {
  const parts = target.split('/');
  return parts.slice(0, target.startsWith('@') ? 2 : 1).join('/');
}

function resolve(from: string, written: string): string {
  return written.startsWith('.') ? new URL(written, `file:///${from}`).pathname.slice(1) : written;
}
