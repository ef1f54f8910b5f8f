import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Mutation } from './mutations.ts';
import type { Assignment } from './worker.ts';

const PROJECT = join(import.meta.dirname, '../../../..');
const PLANTED = 'test/unit/reconcile/planted';

/** The source with the bug in it; an error when the text to replace does not stand there exactly once. */
export function planted(
  source: string,
  { name, file, from, to }: Omit<Mutation, 'by' | 'oracle' | 'rule'>,
): string {
  const parts = source.split(from);
  if (parts.length !== 2) {
    throw new Error(
      `Mutation "${name}" must find its text exactly once in ${file}, and finds it ${parts.length - 1} times: ${from}`,
    );
  }
  return parts.join(to);
}

/** What the oracles say of a copy of the project with one bug planted in it; `undefined` plants none. */
export async function outcomeOf(
  mutation: Mutation | undefined,
  assignment: Assignment,
): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), 'albsp-planted-'));
  try {
    for (const path of ['package.json', 'src', 'test/unit/virtualclock.ts', 'test/unit/reconcile']) {
      await cp(join(PROJECT, path), join(root, path), { recursive: true });
    }
    await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'), 'dir');
    if (mutation !== undefined) {
      const path = join(root, mutation.file);
      await writeFile(path, planted(await readFile(path, 'utf8'), mutation));
    }
    return await answerOf(join(root, PLANTED, 'worker.ts'), assignment);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function answerOf(file: string, workerData: Assignment): Promise<readonly string[]> {
  const answer = Promise.withResolvers<readonly string[]>();
  const worker = new Worker(file, { workerData, execArgv: ['--disable-warning=ExperimentalWarning'] });
  worker.once('message', answer.resolve);
  worker.once('error', answer.reject);
  worker.once('exit', () => answer.reject(new Error('The run ended without an answer')));
  return answer.promise.finally(() => worker.terminate());
}
