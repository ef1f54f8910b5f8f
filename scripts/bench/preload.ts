import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';

/** Modules of this folder that an operator loads before its bundle; each says why. */
export type Preload = 'lifted' | 'blocks' | 'pod';

/**
 * The flags of Node that load them. They go as plain JavaScript in a data URL: the translator that Node would load for
 * TypeScript costs memory and time, and both are measured.
 */
export async function nodeOptions(preloads: readonly Preload[]): Promise<string> {
  const flags = preloads.map(async (name) => {
    const text = await readFile(new URL(`./${name}.ts`, import.meta.url), 'utf8');
    return `--import=data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(text))}`;
  });
  return (await Promise.all(flags)).join(' ');
}

/** The flags that the image hands to Node, from its Dockerfile. */
export async function imageOptions(): Promise<string> {
  const text = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const options = /^ENV .*\bNODE_OPTIONS="([^"]+)"/m.exec(text)?.[1];
  if (options === undefined) throw new Error('The Dockerfile sets no NODE_OPTIONS="..."');
  return options;
}
