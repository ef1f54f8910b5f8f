/**
 * `albsp dev kube`: the stand-in Kubernetes API server on its own.
 * @module
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { type RunningKube, startKube } from '../dev/kube/server.ts';

/** A stream that a command writes to. */
interface Stream {
  write(text: string): unknown;
}

const HELP = `Usage: albsp dev kube [--listen HOST:PORT] [--crds DIR]

Serves a small stand-in of the Kubernetes API until Ctrl-C, after one line of JSON with its url and a kubeconfig, which
goes with it. docs/stand-ins.md says where it differs from the real one.

Exit code: 0 ended by a signal, 1 it cannot start, 2 wrong usage.

Flags
      --listen HOST:PORT   where it listens; port 0 picks one (default 127.0.0.1:0)
      --crds DIR           folder of definitions that it installs, such as crds
`;

/**
 * Serves until the signal, after one line of JSON on stdout: `{"url", "kubeconfig"}`, the second a file that is removed
 * at the end. Exit codes: 0 after the signal, 1 when it cannot start, 2 for wrong arguments.
 */
export async function devKube(
  args: readonly string[],
  { stdout, stderr }: { readonly stdout: Stream; readonly stderr: Stream },
  signal: AbortSignal,
): Promise<number> {
  if (args[0] === '--help' || args[0] === '-h') {
    stdout.write(HELP);
    return 0;
  }
  const flags = flagsOf(args);
  if (typeof flags === 'string') {
    stderr.write(`${flags}\n${HELP}`);
    return 2;
  }
  let kube: RunningKube;
  try {
    kube = await startKube({
      listen: flags.listen,
      crds: flags.crds === undefined ? [] : await definitionsIn(flags.crds),
    });
  } catch (error) {
    stderr.write(`Cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const folder = await mkdtemp(join(tmpdir(), 'albsp-dev-'));
  try {
    const file = join(folder, 'kubeconfig');
    await writeFile(file, kube.kubeconfig(), { mode: 0o600 });
    stdout.write(`${JSON.stringify({ url: kube.url, kubeconfig: file })}\n`);
    await aborted(signal);
    return 0;
  } finally {
    await kube.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function flagsOf(
  args: readonly string[],
): { readonly listen: string; readonly crds: string | undefined } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { listen: { type: 'string', default: '127.0.0.1:0' }, crds: { type: 'string' } },
      strict: true,
    });
    return { listen: values.listen, crds: values.crds };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Every document of every YAML file of a folder, in the order of their names. */
async function definitionsIn(folder: string): Promise<readonly unknown[]> {
  const names = (await readdir(folder)).filter((name) => /\.(ya?ml|json)$/.test(name)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document): unknown => document.toJS()));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
