import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Admin } from './admin.ts';
import { AuditLog } from './audit.ts';
import { findBinaries } from './binaries.ts';
import { type Cluster, endOf } from './cluster.ts';
import { readKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import type { Flags, Operator } from './operator.ts';
import { RealServer } from './realserver.ts';
import { REGION, type StartOptions, type World } from './world.ts';

/** Longer than any test. */
const TOKEN_SECONDS = 3600;

/** A real API server of the caller's own on which nothing of ours is installed. It has no operator yet. */
export async function openBare(flags: readonly string[] = []): Promise<Cluster> {
  const binaries = findBinaries();
  if (binaries.kind === 'missing') throw new Error('There is no real API server in this run');
  const server = await RealServer.start({ binaries, controllerManager: true, bare: true, flags });
  return {
    adminKubeconfig: server.adminKubeconfig,
    operatorKubeconfig: '/nobody-is-installed-yet',
    server,
    audit: new AuditLog(server.auditLog),
    shared: false,
    requests: () => server.auditEntries(),
    close: () => endOf(server),
  };
}

/** Path of a kubeconfig with a new token of a ServiceAccount; it goes when the test ends. */
export async function accountKubeconfig(
  admin: Admin,
  adminKubeconfig: string,
  account: { readonly namespace: string; readonly name: string },
): Promise<string> {
  const path = `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`;
  const answer = await admin.send('POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: TOKEN_SECONDS },
  });
  const token: string = answer.status.token;
  const folder = await mkdtemp(join(tmpdir(), 'albsp-account-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'kubeconfig');
  await writeKubeconfig(file, { ...(await readKubeconfig(adminKubeconfig)), token });
  return file;
}

/** The flags that `World.startOperator` would add. */
const TEST_FLAGS = [
  'namespace',
  'cluster-id',
  'region',
  'alb-endpoint',
  'lease-name',
  'log-level',
  'log-format',
];

/** What a Deployment tells the program, as flags. */
export function flagsOf(args: readonly string[]): Flags {
  const flags: Record<string, string | readonly string[]> = {};
  for (const arg of args.filter((one) => one.startsWith('--'))) {
    const [, name = '', value = ''] = /^--([^=]+)=(.*)$/.exec(arg) ?? [];
    const before = flags[name];
    flags[name] =
      before === undefined ? value : [...(Array.isArray(before) ? before : [String(before)]), value];
  }
  return flags;
}

/** A variable of a container. */
interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean };
  };
}

/** Name and value, as a node would resolve them; nothing for an optional one that is not there. */
async function resolve(
  admin: Admin,
  namespace: string,
  { name, value, valueFrom }: Variable,
): Promise<readonly (readonly [string, string])[]> {
  if (valueFrom === undefined) return [[name, value ?? '']];
  const { name: secret, key, optional } = valueFrom.secretKeyRef;
  const found = await admin.find({ kind: 'Secret', name: secret, namespace });
  const text: string | undefined = found?.data?.[key];
  if (text !== undefined) return [[name, Buffer.from(text, 'base64').toString()]];
  if (optional === true) return [];
  throw new Error(`The Pod would wait: Secret '${secret}' has no key '${key}'`);
}

/** The Secret that an installed operator waits for, with keys that the world's cloud knows. */
export async function giveKeys(world: World, namespace: string): Promise<void> {
  const { accessKeyId, accessKeySecret } = world.canaries;
  await world.admin.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'albsp-credentials', namespace },
    stringData: { accessKeyId, accessKeySecret, regionId: REGION },
  });
}

/**
 * Runs what an installed Deployment would run: with its arguments and its environment, and with a token of its ServiceAccount. Only what a
 * Pod has and a process has not is added: the way to the cluster, its own namespace, a port of its own; and `more`.
 */
export async function startInstalled(
  world: World,
  namespace: string,
  more: StartOptions = {},
): Promise<Operator> {
  const deployment = await world.admin.get({ kind: 'Deployment', name: 'albsp', namespace });
  const { serviceAccountName, containers } = deployment.spec.template.spec;
  const variables: readonly Variable[] = containers[0].env ?? [];
  const resolved = await Promise.all(variables.map((one) => resolve(world.admin, namespace, one)));
  const absent = Object.fromEntries(TEST_FLAGS.map((name) => [name, null]));
  return world.startOperator({
    env: { ...Object.fromEntries(resolved.flat()), ...more.env },
    flags: {
      ...absent,
      ...flagsOf(containers[0].args),
      kubeconfig: await accountKubeconfig(world.admin, world.cluster.adminKubeconfig, {
        namespace,
        name: serviceAccountName,
      }),
      'lease-namespace': namespace,
      listen: '127.0.0.1:0',
      ...more.flags,
    },
  });
}

/** Values with which an installed operator talks to the world's stand-in cloud, and lags are as short as in other tests. */
export function valuesFor(world: World): Record<string, unknown> {
  return {
    region: REGION,
    credentials: { mode: 'environment', environment: { existingSecret: 'albsp-credentials' } },
    endpoints: { alb: world.alb.url },
    visibilityWindow: '2s',
    resync: '1s',
    leaderElection: { leaseDuration: '6s', renewDeadline: '4s', retryPeriod: '500ms' },
    log: { level: 'debug' },
  };
}
