import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Mutation } from './mutations.ts';
import type { Assignment } from './worker.ts';

const PROJECT = join(import.meta.dirname, '../../../..');
const PLANTED = 'test/unit/reconcile/planted';

/** Where bugs are planted. */
const FIELDS = ['src/domain', 'src/reconcile'];

/** The one source that the bug is planted in, by path, with the bug in it; an error when its text is not found once. */
export function planted(
  sources: ReadonlyMap<string, string>,
  { name, from, to }: Pick<Mutation, 'name' | 'from' | 'to'>,
): { readonly path: string; readonly source: string } {
  const hits = [...sources].flatMap(([path, source]) =>
    source
      .split(from)
      .slice(1)
      .map(() => ({ path, source })),
  );
  const [hit, ...more] = hits;
  if (hit === undefined || more.length > 0) {
    throw new Error(
      `Mutation "${name}" must find its text exactly once, and finds it ${hits.length} times: ${from}`,
    );
  }
  return { path: hit.path, source: hit.source.split(from).join(to) };
}

async function sourcesOf(root: string): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  for (const field of FIELDS) {
    for (const file of await readdir(join(root, field), { recursive: true })) {
      const path = join(root, field, file);
      if (file.endsWith('.ts')) sources.set(path, await readFile(path, 'utf8'));
    }
  }
  return sources;
}

/** What the oracles say of a copy of the project with one bug planted in it; `undefined` plants none. */
export async function outcomeOf(
  mutation: Mutation | undefined,
  assignment: Assignment,
): Promise<readonly string[]> {
  const paths = ['test/unit/virtualclock.ts', 'test/unit/reconcile'];
  return answerInCopy(paths, join(PLANTED, 'worker.ts'), assignment, async (root) => {
    if (mutation === undefined) return;
    const { path, source } = planted(await sourcesOf(root), mutation);
    await writeFile(path, source);
  });
}

/** What `worker` answers in a copy of the sources and of these paths, which `plant` has changed. All paths are from the project. */
export async function answerInCopy(
  paths: readonly string[],
  worker: string,
  workerData: unknown,
  plant: (root: string) => Promise<void>,
): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), 'albsp-planted-'));
  try {
    for (const path of ['package.json', 'src', ...paths])
      await cp(join(PROJECT, path), join(root, path), { recursive: true });
    await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'), 'dir');
    await plant(root);
    return await answerOf(join(root, worker), workerData);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function answerOf(file: string, workerData: unknown): Promise<readonly string[]> {
  const answer = Promise.withResolvers<readonly string[]>();
  const worker = new Worker(file, { workerData, execArgv: ['--disable-warning=ExperimentalWarning'] });
  worker.once('message', answer.resolve);
  worker.once('error', answer.reject);
  worker.once('exit', () => answer.reject(new Error('The run ended without an answer')));
  return answer.promise.finally(() => worker.terminate());
}
