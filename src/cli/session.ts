/**
 * What the commands that look at a cluster or a cloud share: a way to each, and the process as they see it.
 * @module
 */
import { systemClock } from '../adapters/clock.ts';
import { loadKubeConfig } from '../adapters/kube/config.ts';
import { readSecret } from '../adapters/kube/secretreader.ts';
import { createTransport, type Transport } from '../adapters/kube/transport.ts';
import type { Connection } from '../config/settings.ts';
import { type Clouds, createClouds } from '../operator/clouds.ts';
import { VERSION } from '../version.ts';
import { quiet } from './quiet.ts';

/** The process as a command sees it. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether standard output may be coloured. */
  readonly colour: boolean;
  /** Reads a text file; may reject. */
  readFile(path: string): Promise<string>;
}

/** An open way to an API server; `namespace` is that of the service account or of the context. */
export interface Cluster {
  readonly transport: Transport;
  readonly server: string;
  readonly namespace: string;
}

/** Opens no connection yet; the message says what is wrong with the configuration. */
export async function openCluster(
  command: string,
  connection: Connection,
  { environment, readFile }: CommandContext,
): Promise<Cluster | string> {
  const { kubeconfig, context } = connection;
  const found = await loadKubeConfig({
    environment,
    readFile,
    clock: systemClock,
    log: quiet,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  if (found.kind === 'error') return found.message;
  const { server, namespace } = found.config;
  const options = { clock: systemClock, log: quiet, userAgent: userAgentOf(command) };
  return { transport: createTransport(found.config, options), server, namespace };
}

/**
 * Makes clouds for a command. `writes` says whether anything but a read may leave the process; Secrets are read by
 * `transport`, and without one there are none.
 */
export function openClouds(
  command: string,
  connection: Connection,
  { environment, readFile }: CommandContext,
  { writes, transport }: { readonly writes: boolean; readonly transport?: Transport },
): Clouds {
  return createClouds({
    config: connection,
    environment,
    log: quiet,
    userAgent: userAgentOf(command),
    instance: `albsp-${command}`,
    mayWrite: () => writes,
    onCall: () => {},
    readFile,
    readSecret: async (secret) =>
      transport === undefined
        ? { kind: 'unavailable', message: 'This command has no way to a cluster' }
        : readSecret(transport, secret),
  });
}

function userAgentOf(command: string): string {
  return `albsp/${VERSION} (${command})`;
}
