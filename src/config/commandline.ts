/**
 * The command line of `albsp run`: every flag with its rule, and the same by environment (`ALBSP_` and the name).
 * @module
 */
import { parseArgs } from 'node:util';
import type { CredentialSource } from '../adapters/alb/credentials/factory.ts';
import { nearest } from '../domain/check/nearest.ts';
import { brokenTogether } from './combination.ts';
import { FLAGS, variable } from './flags.ts';
import type { RunConfig } from './settings.ts';
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
  const { tokens } = parseArgs({
    args: [...args],
    options: optionTable(),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional')
      return problem(`Unexpected argument "${token.value}": run takes flags only`);
    if (token.kind === 'option-terminator') continue;
    if (token.rawName === '--help' || token.rawName === '-h') return { kind: 'help' };
    const flag = FLAGS.find((one) => `--${one.name}` === token.rawName);
    if (flag === undefined)
      return problem(
        `Unknown flag "${token.rawName}"; ${hint('flag', nearFlag(token.name), (name) => `--${name}`)}`,
      );
    if (token.value === undefined) return problem(`Flag "--${flag.name}" lacks its value ${flag.value}`);
    given.set(flag.name, [...(flag.many ? (given.get(flag.name) ?? []) : []), token.value]);
  }
  const stray = Object.keys(environment).find(
    (name) => name.startsWith('ALBSP_') && !FLAGS.some((flag) => variable(flag.name) === name),
  );
  if (stray !== undefined) {
    const near = nearFlag(stray.slice('ALBSP_'.length));
    return problem(`Unknown environment variable "${stray}"; ${hint('one', near, variable)}`);
  }
  return assemble(given, environment, terminal);
}

function optionTable() {
  return Object.fromEntries(FLAGS.map((flag) => [flag.name, { type: 'string' as const, multiple: true }]));
}

function nearFlag(name: string): string | undefined {
  return nearest(
    name,
    FLAGS.map((flag) => flag.name),
  );
}

function hint(what: string, near: string | undefined, spelling: (flag: string) => string): string {
  return near === undefined
    ? 'run "albsp run --help" for those that there are'
    : `the nearest known ${what} is "${spelling(near)}"`;
}

function problem(message: string): Parsed {
  return { kind: 'error', message };
}

function assemble(
  given: ReadonlyMap<string, string[]>,
  environment: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): Parsed {
  const values = new Map<string, string[]>();
  for (const flag of FLAGS) {
    const fromEnvironment = environment[variable(flag.name)];
    const texts =
      given.get(flag.name) ??
      (fromEnvironment === undefined
        ? [flag.fallback]
        : flag.many
          ? fromEnvironment.split(',')
          : [fromEnvironment]);
    for (const text of texts) {
      const rule = flag.broken(text);
      if (rule !== undefined) return problem(`Flag "--${flag.name}" has the value "${text}": it ${rule}`);
    }
    values.set(flag.name, texts);
  }
  const text = (name: string) => values.get(name)?.at(-1) ?? '';
  const maybe = (name: string) => text(name) || undefined;
  const millis = (name: string) => toMillis(text(name));
  const listen = text('listen');
  const colon = listen.lastIndexOf(':');
  const config: RunConfig = {
    kubeconfig: maybe('kubeconfig'),
    context: maybe('context'),
    namespaces: (values.get('namespace') ?? []).filter((name) => name !== ''),
    selector: maybe('selector'),
    credentials: sourceOf(text('credentials')),
    adoption: text('adoption') === 'true',
    region: text('region') || environment.ALIBABA_CLOUD_REGION_ID || '',
    network: text('network') === 'vpc' ? 'vpc' : 'public',
    albEndpoint: maybe('alb-endpoint'),
    stsEndpoint: maybe('sts-endpoint'),
    metadataEndpoint: maybe('metadata-endpoint'),
    clusterId: maybe('cluster-id'),
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
  const broken = brokenTogether(config);
  return broken === undefined ? { kind: 'config', config } : problem(broken);
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
