import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemClock } from '../adapters/clock.ts';
import { loadKubeConfig } from '../adapters/kube/config.ts';
import { createPinoLog } from '../adapters/pinolog.ts';
import { parseRun } from '../config/commandline.ts';
import { runHelp } from '../config/help.ts';
import { createOperatorMetrics, startOperator } from '../operator.ts';
import type { Output } from './output.ts';

/** The process as `run` sees it. */
export interface RunContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Aborted by SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
}

/** `albsp run`: the operator, until a signal or the loss of the lease. Exit codes: 0 stopped, 1 failed, 2 wrong usage. */
export async function run(args: readonly string[], out: Output, context: RunContext): Promise<number> {
  const { environment, terminal, signal } = context;
  const parsed = parseRun(args, environment, terminal);
  if (parsed.kind === 'help') {
    out.stdout(runHelp());
    return 0;
  }
  if (parsed.kind === 'error') {
    out.stderr(`albsp run: ${parsed.message}\n`);
    return 2;
  }
  const { config } = parsed;
  const log = createPinoLog({
    level: config.logLevel,
    format: config.logFormat,
    colour: terminal,
    output: { write: (line) => out.stdout(line) },
  });
  const kube = await loadKubeConfig({
    environment,
    readFile: (path) => readFile(path, 'utf8'),
    clock: systemClock,
    log,
    ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
    ...(config.context === undefined ? {} : { context: config.context }),
  });
  if (kube.kind === 'error') {
    out.stderr(`albsp run: ${kube.message}\n`);
    return 2;
  }
  const fatal = Promise.withResolvers<string>();
  const started = await startOperator(config, {
    cluster: kube.config,
    environment,
    log,
    readFile: (path) => readFile(path, 'utf8'),
    instance: `${environment.POD_NAME ?? hostname()}_${randomBytes(4).toString('hex')}`,
    metrics: createOperatorMetrics(),
    onFatal: fatal.resolve,
  });
  if (started.kind === 'failed') {
    out.stderr(`albsp run: ${started.message}\n`);
    return 2;
  }
  const ended = await Promise.race([fatal.promise, aborted(signal)]);
  if (ended !== undefined) {
    // No orderly stop: whoever lost the lease must not write another byte.
    log.error('The operator ends', { reason: ended });
    return 1;
  }
  log.info('Stopping');
  await started.operator.stop();
  log.info('Stopped');
  return 0;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
