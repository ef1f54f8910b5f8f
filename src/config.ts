/**
 * The command line of `albsp run`: every flag with its rule, and the same by environment (`ALBSP_` and the name).
 * @module
 */
import { parseArgs } from 'node:util';
import { isLoopback as isLoopbackHost, isRegion } from './adapters/alb/endpoints.ts';
import type { Millis } from './ports/clock.ts';

/** The settings of `albsp run`. Durations in milliseconds. */
export interface RunConfig {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespaces: readonly string[];
  readonly selector: string | undefined;
  readonly credentials: 'environment' | 'none';
  readonly region: string;
  readonly network: 'public' | 'vpc';
  readonly albEndpoint: string | undefined;
  readonly stsEndpoint: string | undefined;
  readonly clusterId: string | undefined;
  readonly resync: Millis;
  readonly workers: number;
  readonly visibilityWindow: Millis;
  readonly leaderElect: boolean;
  readonly leaseName: string;
  readonly leaseNamespace: string | undefined;
  readonly leaseDuration: Millis;
  readonly renewDeadline: Millis;
  readonly retryPeriod: Millis;
  readonly listen: { readonly host: string; readonly port: number };
  readonly readOnly: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'json' | 'pretty';
}

/** The settings, a request for help, or what is wrong with them: flag, value and rule. */
export type Parsed =
  | { readonly kind: 'config'; readonly config: RunConfig }
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string };

interface Flag {
  readonly name: string;
  readonly value: string;
  readonly fallback: string;
  readonly help: string;
  /** The rule that a value breaks, or undefined. */
  readonly broken: (text: string) => string | undefined;
  readonly many?: true;
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const UNITS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
/** Below this the window is refused unless every cloud endpoint is on loopback: real lists may lag. */
const SAFE_WINDOW: Millis = 60_000;

const any = () => undefined;
const oneOf =
  (...words: string[]) =>
  (text: string) =>
    words.includes(text) ? undefined : `must be one of ${words.join(', ')}`;
const duration = (text: string) =>
  DURATION.test(text) ? undefined : 'must be a number with a unit of ms, s, m or h, for example 60s';
const pattern = (rule: RegExp, says: string) => (text: string) =>
  text === '' || rule.test(text) ? undefined : says;
const url = (text: string) => {
  if (text === '') return undefined;
  const parsed = URL.parse(text);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
    return 'must be an http or https URL';
  if (parsed.protocol === 'http:' && !isLoopback(text))
    return 'must be https: http is for loopback addresses only';
  return undefined;
};

/** Every flag of `albsp run`, in the order of the help text. */
export const FLAGS: readonly Flag[] = [
  {
    name: 'kubeconfig',
    value: 'FILE',
    fallback: '',
    help: 'kubeconfig file; else the service account, $KUBECONFIG, ~/.kube/config',
    broken: any,
  },
  { name: 'context', value: 'NAME', fallback: '', help: 'context of the kubeconfig', broken: any },
  {
    name: 'namespace',
    value: 'NS',
    fallback: '',
    help: 'watch only this namespace (again for more); --cluster-id is then required',
    broken: pattern(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a namespace name'),
    many: true,
  },
  {
    name: 'selector',
    value: 'LABELS',
    fallback: '',
    help: 'only objects that match this label selector',
    broken: any,
  },
  {
    name: 'credentials',
    value: 'KIND',
    fallback: 'environment',
    help: "the operator's own identity: environment or none",
    broken: oneOf('environment', 'none'),
  },
  {
    name: 'region',
    value: 'ID',
    fallback: '',
    help: 'region of objects that name none; else $ALIBABA_CLOUD_REGION_ID',
    broken: (text) =>
      text === '' || isRegion(text) ? undefined : 'must be a region id, for example cn-hangzhou',
  },
  {
    name: 'network',
    value: 'public|vpc',
    fallback: 'public',
    help: 'which endpoints to call',
    broken: oneOf('public', 'vpc'),
  },
  {
    name: 'alb-endpoint',
    value: 'URL',
    fallback: '',
    help: 'ALB endpoint; else built from the region',
    broken: url,
  },
  {
    name: 'sts-endpoint',
    value: 'URL',
    fallback: '',
    help: 'STS endpoint; a loopback ALB endpoint answers for STS too unless this is given',
    broken: url,
  },
  {
    name: 'cluster-id',
    value: 'ID',
    fallback: '',
    help: 'ownership mark in the cloud; else the UID of kube-system',
    broken: pattern(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
      'must be 1 to 128 letters, digits, dots, underscores or hyphens',
    ),
  },
  {
    name: 'resync',
    value: 'D',
    fallback: '60s',
    help: 'how often the cloud is compared with the specs',
    broken: duration,
  },
  {
    name: 'workers',
    value: 'N',
    fallback: '16',
    help: 'objects worked on at once, 1 to 256',
    broken: (text) =>
      /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 256
        ? undefined
        : 'must be a whole number from 1 to 256',
  },
  {
    name: 'visibility-window',
    value: 'D',
    fallback: '60s',
    help: 'how long lists of the cloud may lag; below 60s only with loopback endpoints',
    broken: duration,
  },
  {
    name: 'leader-elect',
    value: 'BOOL',
    fallback: 'true',
    help: 'elect one leader among the replicas',
    broken: oneOf('true', 'false'),
  },
  {
    name: 'lease-name',
    value: 'NAME',
    fallback: 'albsp',
    help: 'name of the Lease',
    broken: pattern(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a DNS subdomain name'),
  },
  {
    name: 'lease-namespace',
    value: 'NS',
    fallback: '',
    help: 'namespace of the Lease; else the own namespace',
    broken: any,
  },
  {
    name: 'lease-duration',
    value: 'D',
    fallback: '15s',
    help: 'how long a standby waits for a silent leader',
    broken: duration,
  },
  {
    name: 'renew-deadline',
    value: 'D',
    fallback: '10s',
    help: 'how long a leader works without a renewal',
    broken: duration,
  },
  {
    name: 'retry-period',
    value: 'D',
    fallback: '2s',
    help: 'how often the Lease is renewed or tried',
    broken: duration,
  },
  {
    name: 'listen',
    value: 'HOST:PORT',
    fallback: ':8080',
    help: 'health and metrics; port 0 picks one and the log says which',
    broken: (text) =>
      /^(\[[0-9a-f:]+\]|[^:]*):\d{1,5}$/i.test(text) &&
      Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535
        ? undefined
        : 'must be HOST:PORT with a port from 0 to 65535',
  },
  {
    name: 'read-only',
    value: 'BOOL',
    fallback: 'false',
    help: 'never write to the cloud',
    broken: oneOf('true', 'false'),
  },
  {
    name: 'log-level',
    value: 'LEVEL',
    fallback: 'info',
    help: 'debug, info, warn or error',
    broken: oneOf('debug', 'info', 'warn', 'error'),
  },
  {
    name: 'log-format',
    value: 'json|pretty',
    fallback: '',
    help: 'json, unless standard output is a terminal',
    broken: (text) => (text === '' ? undefined : oneOf('json', 'pretty')(text)),
  },
];

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
      return problem(`Unknown flag "${token.rawName}"; the nearest known flag is "--${nearest(token.name)}"`);
    if (token.value === undefined) return problem(`Flag "--${flag.name}" lacks its value ${flag.value}`);
    given.set(flag.name, [...(flag.many ? (given.get(flag.name) ?? []) : []), token.value]);
  }
  const stray = Object.keys(environment).find(
    (name) => name.startsWith('ALBSP_') && !FLAGS.some((flag) => variable(flag) === name),
  );
  if (stray !== undefined) {
    const guess = nearest(stray.slice('ALBSP_'.length).toLowerCase().replaceAll('_', '-'));
    return problem(
      `Unknown environment variable "${stray}"; the nearest known one is "ALBSP_${guess.toUpperCase().replaceAll('-', '_')}"`,
    );
  }
  return assemble(given, environment, terminal);
}

/** The help text of `albsp run`. */
export function runHelp(): string {
  const rows = FLAGS.map(
    (flag) =>
      [
        `  --${flag.name} ${flag.value}`,
        flag.help + (flag.fallback === '' ? '' : ` (default ${flag.fallback})`),
      ] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    'Usage: albsp run [FLAG...]',
    '',
    'Runs the operator. Every flag is also ALBSP_ and its name in the environment.',
    '',
    ...rows.map(([left, right]) => left.padEnd(width) + right),
    '',
  ].join('\n');
}

/** Whether the URL's host is a loopback address or "localhost". */
export function isLoopback(text: string): boolean {
  return isLoopbackHost(URL.parse(text)?.hostname ?? '');
}

function optionTable() {
  return Object.fromEntries(FLAGS.map((flag) => [flag.name, { type: 'string' as const, multiple: true }]));
}

function variable(flag: Flag): string {
  return `ALBSP_${flag.name.toUpperCase().replaceAll('-', '_')}`;
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
    const fromEnvironment = environment[variable(flag)];
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
    credentials: text('credentials') === 'none' ? 'none' : 'environment',
    region: text('region') || environment.ALIBABA_CLOUD_REGION_ID || '',
    network: text('network') === 'vpc' ? 'vpc' : 'public',
    albEndpoint: maybe('alb-endpoint'),
    stsEndpoint: maybe('sts-endpoint'),
    clusterId: maybe('cluster-id'),
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

/** The rules that concern more than one flag. */
function brokenTogether(config: RunConfig): string | undefined {
  if (config.region === '')
    return 'Flag "--region" is missing: give the region id, for example cn-hangzhou, or set ALIBABA_CLOUD_REGION_ID';
  if (!isRegion(config.region))
    return `The region is "${config.region}": it must be a region id, for example cn-hangzhou`;
  if (config.namespaces.length > 0 && config.clusterId === undefined)
    return 'Flag "--cluster-id" is missing: it is required with --namespace, since the UID of kube-system cannot be read then';
  const loopback = config.albEndpoint !== undefined && isLoopback(config.albEndpoint);
  if (config.visibilityWindow < SAFE_WINDOW && !loopback)
    return 'Flag "--visibility-window" is below 60s: that is for loopback endpoints only';
  return undefined;
}

function levelOf(text: string): RunConfig['logLevel'] {
  return text === 'debug' || text === 'warn' || text === 'error' ? text : 'info';
}

function toMillis(text: string): Millis {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return Number(count) * (UNITS.get(unit ?? 'ms') ?? 1);
}

/** The known flag with the smallest edit distance to `name`. */
function nearest(name: string): string {
  const ranked = FLAGS.map((flag) => ({ name: flag.name, distance: distance(flag.name, name) })).sort(
    (a, b) => a.distance - b.distance,
  );
  return ranked[0]?.name ?? '';
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
