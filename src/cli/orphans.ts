/**
 * `albsp orphans`: policies with this cluster's tags whose object does not exist. Deletes nothing.
 * @module
 */
import { systemClock } from '../adapters/clock.ts';
import { createIdentities } from '../adapters/identities.ts';
import { readClusterId } from '../adapters/kube/clusterid.ts';
import { readLiving } from '../adapters/kube/living.ts';
import type { Command } from '../config/arguments.ts';
import { CONNECTION } from '../config/connection.ts';
import type { Connection } from '../config/settings.ts';
import { oneOf } from '../config/values.ts';
import type { Clouds } from '../operator/clouds.ts';
import type { Identity } from '../ports/identities.ts';
import { findOrphans, type Orphan } from '../reconcile/orphans.ts';
import { EVERYWHERE, openClusterCommand } from './opening.ts';
import { readCluster } from './orphans/cluster.ts';
import type { Output } from './output.ts';
import { type Cluster, type CommandContext, openClouds } from './session.ts';
import { columns, count, json, printable, yaml } from './text.ts';

const COMMAND: Command = {
  name: 'orphans',
  switches: [EVERYWHERE],
  own: [
    {
      name: 'output',
      short: 'o',
      value: 'FORM',
      fallback: 'table',
      help: 'table, json or yaml',
      broken: oneOf('table', 'json', 'yaml'),
    },
  ],
  flags: Object.values({
    ...CONNECTION,
    namespace: {
      ...CONNECTION.namespace,
      short: 'n',
      help: 'only policies of objects of this namespace (again for more); else all',
    },
    clusterId: { ...CONNECTION.clusterId, help: 'cluster id of the tags; else the UID of kube-system' },
  }),
};

const ABOUT = `
Looks for policies that carry this cluster's tags and whose SecurityPolicy does not exist: with the operator's own
identity, and with that of every provider config that can be read. Says where it could not look. Deletes nothing.

Exit code: 0 none found, 1 some found, 2 wrong usage, 3 it could not look with the operator's own identity or,
without one, anywhere. A provider config that could not be used is said and does not change the code.
`;

/** A place where nobody could look, and why. */
interface Unlooked {
  readonly what: string;
  readonly why: string;
  /** Without it nothing is known. */
  readonly vital: boolean;
}

interface Report {
  readonly clusterId: string;
  readonly orphans: readonly Orphan[];
  readonly notLookedAt: readonly Unlooked[];
}

/** Runs the command; `args` are those after `orphans`. Returns the exit code. */
export async function orphans(
  args: readonly string[],
  out: Output,
  context: CommandContext,
): Promise<number> {
  const opening = await openClusterCommand(COMMAND, args, ABOUT, out, context);
  if (opening.kind === 'over') return opening.code;
  const { given, connection, cluster } = opening;
  const options = { writes: false, transport: cluster.transport };
  const clouds = openClouds('orphans', connection, context, options);
  try {
    const report = await search(connection, cluster, clouds);
    if (typeof report === 'string') {
      out.stderr(`albsp orphans: ${printable(report)}\n`);
      return 3;
    }
    return tell(report, given.text('output'), out);
  } finally {
    await Promise.all([clouds.close(), cluster.transport.close()]);
  }
}

async function search(
  connection: Connection,
  { transport }: Cluster,
  clouds: Clouds,
): Promise<Report | string> {
  const { namespaces, region, network, credentials, clusterId: named } = connection;
  const id = named === undefined ? await readClusterId(transport) : ({ kind: 'ok', id: named } as const);
  if (id.kind === 'error') return `${id.message}; --cluster-id names the cluster without it`;
  const view = await readCluster(transport, namespaces);
  if (typeof view === 'string') return view;
  const place = { region, network };
  const own: Identity = { cloud: clouds.make(credentials, place), region, adoption: false };
  const hasOwn = credentials.kind !== 'none';
  const make = clouds.make.bind(clouds);
  const identities = createIdentities({ own, hasOwn, views: view, place, make });
  const result = await findOrphans({
    identities,
    policies: () => view.policies(),
    living: () => readLiving(transport, namespaces),
    namespaces,
    clusterId: id.id,
    clock: systemClock,
  });
  if (result === undefined) return 'SecurityPolicies cannot be listed: nobody knows whose object still lives';
  const titles = new Map<Identity, string>([[own, "the operator's own identity"]]);
  for (const config of view.configs()) {
    const { name } = config.object.metadata;
    const inside = config.kind === 'ProviderConfig' ? `${config.object.metadata.namespace}/` : '';
    titles.set(identities.ofConfig(config), `${config.kind} "${inside}${name}"`);
  }
  const unlooked = result.unread.map(
    ({ identity, region: where, error }): Unlooked => ({
      what: `${titles.get(identity) ?? 'an identity'}, region ${where}`,
      why: `${error.code}: ${error.message}`,
      vital: identity === own && hasOwn,
    }),
  );
  const kinds = view.unread.map((one): Unlooked => {
    const [what = '', ...why] = one.split(': ');
    return { what, why: why.join(': '), vital: false };
  });
  const failed = new Set(result.unread.map(({ identity }) => identity));
  const nowhere = !hasOwn && [...identities.all()].every((one) => failed.has(one));
  const all = nowhere ? unlooked.map((one) => ({ ...one, vital: true })) : unlooked;
  if (nowhere && all.length === 0)
    return 'There is nothing to look with: --credentials is none, and no provider config can be read';
  return { clusterId: id.id, orphans: result.found, notLookedAt: [...all, ...kinds] };
}

function tell({ clusterId, orphans: found, notLookedAt }: Report, form: string, out: Output): number {
  for (const { what, why } of notLookedAt)
    out.stderr(`albsp orphans: Not looked at: ${printable(`${what}: ${why}`)}\n`);
  const plain = {
    clusterId,
    orphans: found,
    notLookedAt: notLookedAt.map(({ what, why }) => ({ what, why })),
  };
  switch (form) {
    case 'json':
      out.stdout(json(plain));
      break;
    case 'yaml':
      out.stdout(yaml(plain));
      break;
    default:
      out.stdout(table(found, clusterId));
  }
  if (found.length > 0) return 1;
  return notLookedAt.some(({ vital }) => vital) ? 3 : 0;
}

function table(found: readonly Orphan[], clusterId: string): string {
  if (found.length === 0) return `No orphans of cluster ${printable(clusterId)} were seen\n`;
  const header = ['ACCOUNT', 'REGION', 'ID', 'NAME', 'OBJECT', 'UID'];
  const rows = found.map((one) => [one.accountId, one.region, one.id, one.name, one.object, one.uid]);
  const advice = found.map(
    ({ id, uid, region }) =>
      `${printable(id)}: adopt it back with spec.adopt {securityPolicyId: ${printable(id)}, previousOwnerUID: ${printable(uid)}}, or, when no listener uses it, delete it in the console of ${region}`,
  );
  const total = `${count(found.length, 'orphan')} of cluster ${printable(clusterId)}`;
  return `${[...columns([header, ...rows]), '', ...advice, '', total].join('\n')}\n`;
}
