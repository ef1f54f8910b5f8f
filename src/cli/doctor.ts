/**
 * `albsp doctor`: whether the operator would work here, and what to do where it would not.
 * @module
 */
import type { Command, Given } from '../config/arguments.ts';
import { CONNECTION, LEASE } from '../config/connection.ts';
import type { Connection } from '../config/settings.ts';
import { oneOf } from '../config/values.ts';
import { type Check, skipped } from './doctor/check.ts';
import { checkCloud } from './doctor/cloud.ts';
import { checkClusterId, checkConfigs, checkLease, checkServer } from './doctor/cluster.ts';
import { checkRights } from './doctor/rights.ts';
import { checkDefinitions } from './doctor/schema.ts';
import { EVERYWHERE, openClusterCommand } from './opening.ts';
import type { Output } from './output.ts';
import { type Cluster, type CommandContext, openClouds } from './session.ts';
import { count, json, printable } from './text.ts';

const COMMAND: Command = {
  name: 'doctor',
  switches: [EVERYWHERE],
  own: [
    {
      name: 'output',
      short: 'o',
      value: 'FORM',
      fallback: 'text',
      help: 'text or json',
      broken: oneOf('text', 'json'),
    },
  ],
  flags: [
    ...Object.values({
      ...CONNECTION,
      namespace: {
        ...CONNECTION.namespace,
        short: 'n',
        help: 'as an operator of this namespace (again for more); else of the whole cluster',
      },
    }),
    ...Object.values(LEASE),
  ],
};

const ABOUT = `
Looks whether the operator would work with these flags, as this user: API server, definitions, each right, cluster id,
credentials and account, a list, a create that the cloud only judges (DryRun), provider configs, and who leads. One line
each, and what to do. Inside a Pod it is the ServiceAccount of the Pod. It writes nothing, neither here nor there.

Exit code: 0 nothing failed, 1 something failed, 2 wrong usage.
`;

/** Runs the command; `args` are those after `doctor`. Returns the exit code. */
export async function doctor(
  args: readonly string[],
  out: Output,
  context: CommandContext,
  now: () => number = Date.now,
): Promise<number> {
  const opening = await openClusterCommand(COMMAND, args, ABOUT, out, context);
  if (opening.kind === 'over') return opening.code;
  const { given, connection, cluster } = opening;
  // A create with DryRun passes the same gate as a real one; nothing else that writes is called.
  const clouds = openClouds('doctor', connection, context, { writes: true, transport: cluster.transport });
  try {
    const { credentials } = connection;
    const [inside, outside] = await Promise.all([
      checkCluster(cluster, connection, given, now),
      checkCloud(clouds.make(credentials, connection), connection),
    ]);
    const checks = [...inside, ...outside];
    out.stdout(given.text('output') === 'json' ? report(checks) : lines(checks, context.colour));
    return checks.some(({ kind }) => kind === 'FAILED') ? 1 : 0;
  } finally {
    await Promise.all([clouds.close(), cluster.transport.close()]);
  }
}

async function checkCluster(
  { transport, server, namespace }: Cluster,
  connection: Connection,
  given: Given,
  now: () => number,
): Promise<readonly Check[]> {
  const first = await checkServer(transport, server);
  if (first.kind === 'FAILED') {
    const rest = ['Definitions', 'Rights', 'Cluster id', 'Provider configs', 'Lease'];
    return [first, ...rest.map((name) => skipped(name, 'The API server comes first'))];
  }
  const { namespaces, clusterId } = connection;
  const lease = { namespace: given.text('lease-namespace') || namespace, name: given.text('lease-name') };
  const scope = { namespaces, leaseNamespace: lease.namespace, hasClusterId: clusterId !== undefined };
  return [
    first,
    ...(await checkDefinitions(transport)),
    ...(await checkRights(transport, scope)),
    await checkClusterId(transport, connection),
    ...(await checkConfigs(transport, connection)),
    await checkLease(transport, lease, now()),
  ];
}

function report(checks: readonly Check[]): string {
  const shown = checks.map(({ kind, ...rest }) => ({ ...rest, verdict: kind }));
  return json({ failed: checks.filter(({ kind }) => kind === 'FAILED').length, checks: shown });
}

const COLOURS = { OK: 32, FAILED: 31, SKIPPED: 33 } as const;

function lines(checks: readonly Check[], colour: boolean): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const text = checks.map((check) => {
    const word = check.kind.padEnd('SKIPPED'.length);
    const painted = colour ? `\u001b[${COLOURS[check.kind]}m${word}\u001b[0m` : word;
    const line = `${painted}  ${printable(check.name).padEnd(width)}  ${printable(check.detail)}`;
    const fix =
      check.kind === 'FAILED' ? [`${' '.repeat('SKIPPED'.length + 2)}fix: ${printable(check.fix)}`] : [];
    return [line, ...fix].join('\n');
  });
  const failures = checks.filter(({ kind }) => kind === 'FAILED').length;
  return `${text.join('\n')}\n${count(checks.length, 'check')}: ${failures} failed\n`;
}
