/**
 * `albsp dev [FILE...]`: everything on loopback, with files applied and what comes of them told, until Ctrl-C.
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createPinoLog } from '../adapters/pinolog.ts';
import { binariesIn } from '../dev/realkube/binaries.ts';
import type { Log } from '../ports/log.ts';
import type { Kind } from './dev/apiserver.ts';
import { applyManifest, type Manifest, readManifests } from './dev/manifests.ts';
import { startNews } from './dev/news.ts';
import { openStage, PLACE, type Stage } from './dev/stage.ts';
import { Teller } from './dev/teller.ts';
import type { Output } from './output.ts';

const USAGE = `Usage: albsp dev [FILE...]
       albsp dev alb|kube [FLAG...]

Starts a stand-in of the Kubernetes API with our definitions, a stand-in of the ALB API, and the operator between
them, all on loopback; applies the files, tells what happens, and prints a kubeconfig for kubectl. Ctrl-C ends it and
leaves nothing behind. "dev alb" and "dev kube" serve one stand-in alone.

With KUBEBUILDER_ASSETS, a folder that has etcd and kube-apiserver, it runs the real Kubernetes API server instead.
`;

/** The process as `dev` sees it. */
export interface DevContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly colour: boolean;
  /** Aborted by SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
}

/** Runs until the signal. Exit codes: 0 after the signal, 1 when it cannot start or the operator ends, 2 for wrong usage or a file that cannot be read. */
export async function dev(args: readonly string[], out: Output, context: DevContext): Promise<number> {
  const files = filesOf(args, out);
  if (typeof files === 'number') return files;
  const manifests = await readManifests(files);
  if (typeof manifests === 'string') {
    out.stderr(`albsp dev: ${manifests}\n`);
    return 2;
  }
  const kind = apiServerOf(context);
  if (typeof kind === 'string') {
    out.stderr(`albsp dev: ${kind}\n`);
    return 2;
  }
  if (kind.kind === 'real') out.stdout('Starting etcd and kube-apiserver\n');
  let stage: Stage;
  try {
    stage = await openStage(complaintsTo(out, context.colour), kind);
  } catch (error) {
    if (context.signal.aborted) return 0;
    out.stderr(`albsp dev: Cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const folder = await mkdtemp(join(tmpdir(), 'albsp-dev-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, stage.kube.kubeconfig, { mode: 0o600 });
    return await stay(stage, manifests, kubeconfig, out, context);
  } finally {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function stay(
  stage: Stage,
  manifests: readonly Manifest[],
  kubeconfig: string,
  out: Output,
  { colour, signal }: DevContext,
): Promise<number> {
  const teller = new Teller(out, colour);
  teller.title('Kubernetes API, ALB and operator are up');
  teller.table([
    ['Kubernetes API', stage.kube.url],
    ['ALB API', `${stage.alb.url}, region ${PLACE.region}`],
    ['kubectl', `export KUBECONFIG=${kubeconfig}`],
    ['end', 'Ctrl-C'],
  ]);
  teller.gap();
  const stopNews = startNews(stage, out, teller);
  try {
    for (const manifest of manifests) {
      const applied = await applyManifest(stage.person, manifest);
      const words = applied.kind === 'refused' ? `refused: ${applied.message}` : applied.kind;
      const style = applied.kind === 'refused' ? 'bad' : 'strong';
      out.stdout(`${manifest.title}  ${teller.paint(style, words)}\n`);
    }
    const fatal = await Promise.race([stage.fatal, aborted(signal)]);
    if (fatal === undefined) return 0;
    out.stderr(`albsp dev: ${fatal}\n`);
    return 1;
  } finally {
    stopNews();
  }
}

/** The API server that the environment asks for, or why there is none. */
function apiServerOf({ environment, signal }: DevContext): Kind | string {
  const folder = environment.KUBEBUILDER_ASSETS ?? '';
  if (folder === '') return { kind: 'stand-in' };
  const binaries = binariesIn(folder);
  if (binaries.kind === 'missing')
    return `KUBEBUILDER_ASSETS is "${folder}": that folder has no ${binaries.names.join(' and no ')} to run`;
  return { kind: 'real', binaries, env: environment, signal };
}

/** What the operator has to complain of; the rest of its log is told as news. */
function complaintsTo(out: Output, colour: boolean): Log {
  return createPinoLog({
    level: 'warn',
    format: 'pretty',
    colour,
    output: { write: (line) => out.stderr(line) },
  });
}

function filesOf(args: readonly string[], out: Output): readonly string[] | number {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help !== true) return positionals;
    out.stdout(USAGE);
    return 0;
  } catch (error) {
    out.stderr(`albsp dev: ${error instanceof Error ? error.message : 'Wrong usage'}\n\n${USAGE}`);
    return 2;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
