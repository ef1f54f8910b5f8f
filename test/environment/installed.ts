import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Admin } from './admin.ts';
import { AuditLog } from './audit.ts';
import { findBinaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { readKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import type { Flags, Operator } from './operator.ts';
import { RealServer } from './realserver.ts';
import type { StartOptions, World } from './world.ts';

/** Longer than any test. */
const TOKEN_SECONDS = 3600;

/** A real API server of the caller's own on which nothing of ours is installed. It has no operator yet. */
export async function openBare(): Promise<Cluster> {
  const binaries = findBinaries();
  if (binaries.kind === 'missing') throw new Error('There is no real API server in this run');
  const server = await RealServer.start({ binaries, controllerManager: true, bare: true });
  return {
    adminKubeconfig: server.adminKubeconfig,
    operatorKubeconfig: '/nobody-is-installed-yet',
    server,
    audit: new AuditLog(server.auditLog),
    shared: false,
    requests: () => server.auditEntries(),
    close: () => server.stop(),
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

/**
 * Runs what an installed Deployment would run: with its arguments, and with a token of its ServiceAccount. Only what a
 * Pod has and a process has not is added: the way to the cluster, its own namespace, a port of its own; and `more`.
 */
export async function startInstalled(
  world: World,
  namespace: string,
  more: StartOptions = {},
): Promise<Operator> {
  const deployment = await world.admin.get({ kind: 'Deployment', name: 'albsp', namespace });
  const { serviceAccountName, containers } = deployment.spec.template.spec;
  const absent = Object.fromEntries(TEST_FLAGS.map((name) => [name, null]));
  return world.startOperator({
    ...more,
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
    region: 'cn-hangzhou',
    credentials: { mode: 'environment', environment: { existingSecret: 'albsp-credentials' } },
    endpoints: { alb: world.alb.url },
    visibilityWindow: '2s',
    resync: '1s',
    leaderElection: { leaseDuration: '6s', renewDeadline: '4s', retryPeriod: '500ms' },
    log: { level: 'debug' },
  };
}
