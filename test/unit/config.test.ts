import { describe, expect, test } from 'vitest';
import { readArguments } from '../../src/config/arguments.ts';
import { type Parsed, parseRun, readConnection } from '../../src/config/commandline.ts';
import { FLAGS } from '../../src/config/flags.ts';
import { runHelp } from '../../src/config/help.ts';
import type { RunConfig } from '../../src/config/settings.ts';
import { isLoopback } from '../../src/config/values.ts';

const REGION = '--region=cn-hangzhou';
const REGION_RULE = 'it must be a region id, for example cn-hangzhou';
const DURATION_RULE = 'it must be a number with a unit of ms, s, m or h, for example 60s';

function config(
  args: readonly string[],
  environment: Record<string, string> = {},
  terminal = false,
): RunConfig {
  const parsed = parseRun(args, environment, terminal);
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

function error(args: readonly string[], environment: Record<string, string> = {}): string {
  const parsed: Parsed = parseRun(args, environment, false);
  return parsed.kind === 'error' ? parsed.message : `not an error but ${parsed.kind}`;
}

/** A bad value of each flag that has a rule, and the rule as it is told. */
const BAD: readonly (readonly [flag: string, value: string, rule: string])[] = [
  ['namespace', 'Team_A', 'it must be a namespace name'],
  ['credentials', 'oidc', 'it must be one of environment, rrsa, ecs-ram-role, none'],
  ['adoption', 'yes', 'it must be one of true, false'],
  ['accept-cluster-id', 'a b', 'it must be 1 to 128 letters, digits, dots, underscores or hyphens'],
  ['region', 'hangzhou', REGION_RULE],
  ['network', 'private', 'it must be one of public, vpc'],
  ['alb-endpoint', 'alb.example', 'it must be an http or https URL'],
  ['alb-endpoint', 'ftp://127.0.0.1', 'it must be an http or https URL'],
  ['sts-endpoint', 'http://sts.example', 'it must be https: http is for loopback addresses only'],
  [
    'metadata-endpoint',
    'http://example.com',
    'it cannot be used: The metadata endpoint cannot be used: its host must be 100.100.100.200, link-local (169.254.x.x) or loopback',
  ],
  ['cluster-id', '-a', 'it must be 1 to 128 letters, digits, dots, underscores or hyphens'],
  ['resync', '60', DURATION_RULE],
  ['workers', '0', 'it must be a whole number from 1 to 256'],
  ['workers', '257', 'it must be a whole number from 1 to 256'],
  ['workers', '1e1', 'it must be a whole number from 1 to 256'],
  ['visibility-window', '1d', DURATION_RULE],
  ['leader-elect', 'yes', 'it must be one of true, false'],
  ['lease-name', 'Albsp', 'it must be a DNS subdomain name'],
  ['lease-duration', '-15s', DURATION_RULE],
  ['renew-deadline', '10 s', DURATION_RULE],
  ['retry-period', 'soon', DURATION_RULE],
  ['listen', '8080', 'it must be HOST:PORT with a port from 0 to 65535'],
  ['listen', ':65536', 'it must be HOST:PORT with a port from 0 to 65535'],
  ['read-only', '1', 'it must be one of true, false'],
  ['log-level', 'trace', 'it must be one of debug, info, warn, error'],
  ['log-format', 'xml', 'it must be one of json, pretty'],
];
/** Flags whose value is judged by those who use it: a file, a context, a selector, a namespace. */
const FREE = ['kubeconfig', 'context', 'selector', 'lease-namespace'];

describe('parseRun() names flag, value and rule', () => {
  test.each(BAD)('of --%s=%s: %s', (flag, value, rule) => {
    const args = flag === 'region' ? [`--${flag}=${value}`] : [REGION, `--${flag}=${value}`];
    expect(error(args)).toBe(`Flag "--${flag}" has the value "${value}": ${rule}`);
  });

  test('of every flag that there is', () => {
    const judged = new Set([...BAD.map(([flag]) => flag), ...FREE]);
    expect(FLAGS.map(({ name }) => name).filter((name) => !judged.has(name))).toEqual([]);
  });

  test.each(FLAGS.map((flag) => [flag.name, flag.fallback] as const))(
    'and takes the default of --%s itself',
    (name, fallback) => {
      expect(FLAGS.find((flag) => flag.name === name)?.broken(fallback)).toBeUndefined();
    },
  );
});

describe('parseRun() on what it does not know', () => {
  test.each([
    ['--regoin=cn-hangzhou', '--region'],
    ['--visiblity-window=60s', '--visibility-window'],
    ['--log_level=info', '--log-level'],
    ['--leader-election=true', '--leader-elect'],
  ])('%s is answered with the nearest, %s', (arg, near) => {
    expect(error([REGION, arg])).toContain(
      `Unknown flag "${arg.split('=')[0]}"; the nearest known flag is "${near}`,
    );
  });

  test('says where the flags are told when none is near', () => {
    const told = 'run "albsp run --help" for those that there are';
    expect(error([REGION, '-w'])).toBe(`Unknown flag "-w"; ${told}`);
    expect(error([REGION], { ALBSP_X: '1' })).toBe(`Unknown environment variable "ALBSP_X"; ${told}`);
  });

  test('names a stray variable and the nearest one', () => {
    expect(error([REGION], { ALBSP_LOGLEVEL: 'debug' })).toBe(
      'Unknown environment variable "ALBSP_LOGLEVEL"; the nearest known one is "ALBSP_LOG_LEVEL"',
    );
  });

  test('refuses a word without a flag, and a flag without a value', () => {
    expect(error([REGION, 'start'])).toBe('Unexpected argument "start": run takes flags only');
    expect(error(['--region'])).toBe('Flag "--region" lacks its value ID');
  });
});

describe('parseRun() reads', () => {
  test('the defaults', () => {
    expect(config([REGION])).toMatchObject({
      namespaces: [],
      credentials: { kind: 'environment' },
      adoption: true,
      acceptClusterId: undefined,
      metadataEndpoint: undefined,
      region: 'cn-hangzhou',
      network: 'public',
      albEndpoint: undefined,
      resync: 60_000,
      workers: 16,
      visibilityWindow: 60_000,
      leaderElect: true,
      leaseName: 'albsp',
      leaseDuration: 15_000,
      renewDeadline: 10_000,
      retryPeriod: 2_000,
      listen: { host: '', port: 8080 },
      readOnly: false,
      logLevel: 'info',
      logFormat: 'json',
    });
  });

  test.each([
    ['250ms', 250],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('the duration %s as %i ms', (text, millis) => {
    expect(config([REGION, `--resync=${text}`]).resync).toBe(millis);
  });

  test('a value after a space as well as after an equals sign; the last one wins', () => {
    expect(config(['--region', 'cn-a', '--region=cn-b']).region).toBe('cn-b');
  });

  test('an IPv6 host', () => {
    expect(config([REGION, '--listen=[::1]:0']).listen).toEqual({ host: '[::1]', port: 0 });
  });

  test('several namespaces, from flags or one variable with commas', () => {
    const id = '--cluster-id=c-1';
    expect(config([REGION, id, '--namespace=a', '--namespace=b']).namespaces).toEqual(['a', 'b']);
    expect(config([REGION, id], { ALBSP_NAMESPACE: 'a,b' }).namespaces).toEqual(['a', 'b']);
  });

  test('the environment where no flag is given, and its bad values by the flag that they are for', () => {
    expect(config([REGION], { ALBSP_LOG_LEVEL: 'debug' }).logLevel).toBe('debug');
    expect(config([REGION, '--log-level=warn'], { ALBSP_LOG_LEVEL: 'debug' }).logLevel).toBe('warn');
    expect(error([REGION], { ALBSP_WORKERS: 'many' })).toContain('"--workers" has the value "many"');
  });

  test('the region of the Alibaba Cloud tools when none is given', () => {
    expect(config([], { ALIBABA_CLOUD_REGION_ID: 'cn-beijing' }).region).toBe('cn-beijing');
    expect(config([REGION], { ALIBABA_CLOUD_REGION_ID: 'cn-beijing' }).region).toBe('cn-hangzhou');
    expect(error([], { ALIBABA_CLOUD_REGION_ID: 'beijing' })).toBe(`The region is "beijing": ${REGION_RULE}`);
  });

  test('pretty logs on a terminal, unless told otherwise', () => {
    expect(config([REGION], {}, true).logFormat).toBe('pretty');
    expect(config([REGION, '--log-format=json'], {}, true).logFormat).toBe('json');
    expect(config([REGION, '--log-format=pretty']).logFormat).toBe('pretty');
  });
});

describe('parseRun() on flags that need each other', () => {
  test('needs a region', () => {
    expect(error([])).toContain('Flag "--region" is missing');
  });

  test('needs a cluster id with namespaces, since the UID of kube-system cannot be read', () => {
    expect(error([REGION, '--namespace=a'])).toContain('Flag "--cluster-id" is missing');
  });

  test.each([
    ['--visibility-window=59s'],
    ['--visibility-window=59s', '--alb-endpoint=https://alb.example'],
    ['--visibility-window=59s', '--alb-endpoint=https://127.0.0.1.example'],
    ['--visibility-window=59s', '--sts-endpoint=http://127.0.0.1:1'],
  ])('refuses a short window against a cloud that is not on loopback: %s %s', (...args) => {
    expect(error([REGION, ...args])).toBe(
      'Flag "--visibility-window" is below 60s: that is for loopback endpoints only',
    );
  });

  test.each(['http://127.0.0.1:9', 'http://localhost:9', 'http://[::1]:9'])(
    'takes a short window with the endpoint %s',
    (endpoint) => {
      const short = config([REGION, '--visibility-window=100ms', `--alb-endpoint=${endpoint}`]);
      expect(short.visibilityWindow).toBe(100);
    },
  );
});

describe('the environment cannot switch TLS verification off (S7)', () => {
  const OFF = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const RULE = 'NODE_TLS_REJECT_UNAUTHORIZED is "0": keys would go to whoever answers';

  test('parseRun() refuses it', () => {
    expect(error([REGION], OFF)).toContain(RULE);
    // Node heeds no other value.
    expect(config([REGION], { NODE_TLS_REJECT_UNAUTHORIZED: '1' }).region).toBe('cn-hangzhou');
  });

  test('so does every other command that connects', () => {
    const read = readArguments(
      { name: 'doctor', flags: FLAGS, own: [], switches: [] },
      [REGION, '--kubeconfig=f'],
      OFF,
    );
    if (read.kind !== 'given') throw new Error(JSON.stringify(read));
    const found = readConnection(read.given, OFF);
    expect(found).toMatchObject({ kind: 'error', message: expect.stringContaining(RULE) });
  });
});

describe('isLoopback()', () => {
  test.each([
    ['http://127.0.0.1', true],
    ['http://127.1.2.3:8', true],
    ['https://localhost', true],
    ['http://[::1]:1', true],
    ['http://127.0.0.1.example', false],
    ['http://localhost.example', false],
    ['http://10.0.0.1', false],
    ['http://127.0.0.1@example.com', false],
    ['not a URL', false],
  ])('%s: %s', (text, expected) => {
    expect(isLoopback(text)).toBe(expected);
  });
});

describe('runHelp()', () => {
  test('names every flag once, with its default', () => {
    const help = runHelp();
    for (const { name, fallback } of FLAGS) {
      const lines = help.split('\n').filter((line) => line.startsWith(`  --${name} `));
      expect(lines, name).toHaveLength(1);
      if (fallback !== '') expect(lines[0]).toContain(`(default ${fallback})`);
    }
  });

  test.each(['--help', '-h'])('is asked for by %s, whatever else is wrong', (flag) => {
    expect(parseRun([flag], {}, false)).toEqual({ kind: 'help' });
  });
});
