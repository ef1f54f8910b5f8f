import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { findBinaries } from './binaries.ts';
import type { Flags } from './operator.ts';

/** The root of the repository, where the commands of a page are typed. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LONGEST_MS = 60_000;

/** A page of `docs/`: what stands in it is what people type. */
export class Page {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static async read(name: string): Promise<Page> {
    return new Page(await readFile(join(ROOT, 'docs', name), 'utf8'));
  }

  /** The fenced blocks of one section, in one language. @throws when there is no such section. */
  blocks(section: string, language: string): readonly string[] {
    const found = this.#text.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
    if (found === undefined) throw new Error(`The page has no section '${section}'`);
    return [...found.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
      .filter(([, written]) => written === language)
      .map(([, , text = '']) => text);
  }

  /** How many fenced blocks the page has, in whatever language or none. */
  get fences(): number {
    return (this.#text.match(/^```/gm) ?? []).length / 2;
  }

  /** The lines that run the operator in a section, in order. */
  runs(section: string): readonly Run[] {
    const lines = this.blocks(section, 'sh').flatMap((block) => block.trim().split('\n'));
    return lines.filter((line) => line.includes('albsp run ')).map(runOf);
  }

  /** The blocks of a section that kubectl is used in, as one script. */
  script(section: string): string {
    return this.blocks(section, 'sh')
      .filter((block) => block.includes('kubectl '))
      .join('\n');
  }
}

/** One way to start the operator. */
export interface Run {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string>>;
}

function runOf(line: string): Run {
  const [before = '', after = ''] = line.split('albsp run ');
  const flags = new Map<string, string | readonly string[]>();
  for (const [, name = '', value = ''] of after.matchAll(/--([a-z-]+) (\S+)/g)) {
    const known = flags.get(name);
    flags.set(name, known === undefined ? value : [known, value].flat());
  }
  const env = before
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
  return { flags: Object.fromEntries(flags), env: Object.fromEntries(env) };
}

/**
 * Types a script into a shell where `kubectl` is the user of this kubeconfig. Inside a test.
 * @throws with its output when a command of it fails.
 */
export async function type(script: string, kubeconfig: string): Promise<string> {
  const binaries = findBinaries();
  if (binaries.kind === 'missing' || binaries.kubectl === undefined) throw new Error('There is no kubectl');
  const folder = mkdtempSync(join(tmpdir(), 'albsp-page-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const options = `--kubeconfig='${kubeconfig}' --cache-dir='${folder}/cache'`;
  const wrapper = `#!/bin/sh\nexec '${binaries.kubectl}' ${options} "$@"\n`;
  await writeFile(join(folder, 'kubectl'), wrapper, { mode: 0o755 });
  const env = { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` };
  return new Promise((resolve, reject) => {
    execFile('sh', ['-euc', script], { cwd: ROOT, env, timeout: LONGEST_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`The script failed: ${stderr}${stdout}`, { cause: error }));
    });
  });
}
