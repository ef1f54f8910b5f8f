/**
 * The command line of `albsp run`: every flag with its rule, and the same by environment (`ALBSP_` and the name).
 * @module
 */
import type { CredentialSource } from '../adapters/alb/credentials/factory.ts';
import { type Given, readArguments } from './arguments.ts';
import { brokenEnvironment, brokenRegion, brokenTogether } from './combination.ts';
import { FLAGS } from './flags.ts';
import type { Connection, RunConfig } from './settings.ts';
import { toMillis } from './values.ts';

/** The settings, a request for help, or what is wrong with them: flag, value and rule. */
export type Parsed =
  | { readonly kind: 'config'; readonly config: RunConfig }
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string };

/** Reads the command line of `run`; a flag wins over the environment. Never throws. */
export function parseRun(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): Parsed {
  const read = readArguments({ name: 'run', flags: FLAGS, own: [], switches: [] }, args, environment);
  return read.kind === 'given' ? assemble(read.given, environment, terminal) : read;
}

/** What was given of the connection; the message names what is wrong with it as a whole. */
export function readConnection(
  given: Given,
  environment: Readonly<Record<string, string | undefined>>,
):
  | { readonly kind: 'ok'; readonly connection: Connection }
  | { readonly kind: 'error'; readonly message: string } {
  const connection = connectionOf(given, environment);
  const message = brokenEnvironment(environment) ?? brokenRegion(connection.region);
  return message === undefined ? { kind: 'ok', connection } : { kind: 'error', message };
}

function connectionOf(given: Given, environment: Readonly<Record<string, string | undefined>>): Connection {
  const { text, maybe, list } = given;
  return {
    kubeconfig: maybe('kubeconfig'),
    context: maybe('context'),
    namespaces: list('namespace'),
    credentials: sourceOf(text('credentials')),
    region: text('region') || environment.ALIBABA_CLOUD_REGION_ID || '',
    network: text('network') === 'vpc' ? 'vpc' : 'public',
    albEndpoint: maybe('alb-endpoint'),
    stsEndpoint: maybe('sts-endpoint'),
    metadataEndpoint: maybe('metadata-endpoint'),
    clusterId: maybe('cluster-id'),
  };
}

function assemble(
  given: Given,
  environment: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): Parsed {
  const { text, maybe } = given;
  const millis = (name: string) => toMillis(text(name));
  const listen = text('listen');
  const colon = listen.lastIndexOf(':');
  const config: RunConfig = {
    ...connectionOf(given, environment),
    selector: maybe('selector'),
    adoption: text('adoption') === 'true',
    acceptClusterId: maybe('accept-cluster-id'),
    resync: millis('resync'),
    workers: Number(text('workers')),
    visibilityWindow: millis('visibility-window'),
    leaderElect: text('leader-elect') === 'true',
    leaseName: text('lease-name'),
    leaseNamespace: maybe('lease-namespace'),
    leaseDuration: millis('lease-duration'),
    renewDeadline: millis('renew-deadline'),
    retryPeriod: millis('retry-period'),
    listen: { host: listen.slice(0, colon), port: Number(listen.slice(colon + 1)) },
    readOnly: text('read-only') === 'true',
    logLevel: levelOf(text('log-level')),
    logFormat: (maybe('log-format') ?? (terminal ? 'pretty' : 'json')) === 'pretty' ? 'pretty' : 'json',
  };
  const broken = brokenEnvironment(environment) ?? brokenTogether(config);
  return broken === undefined ? { kind: 'config', config } : { kind: 'error', message: broken };
}

/** The roles of `rrsa` and `ecs-ram-role` are those that the pod and the node have. */
function sourceOf(kind: string): CredentialSource {
  switch (kind) {
    case 'rrsa':
      return { kind: 'rrsa' };
    case 'ecs-ram-role':
      return { kind: 'ecsRamRole' };
    case 'none':
      return { kind: 'none' };
    default:
      return { kind: 'environment' };
  }
}

function levelOf(text: string): RunConfig['logLevel'] {
  return text === 'debug' || text === 'warn' || text === 'error' ? text : 'info';
}
