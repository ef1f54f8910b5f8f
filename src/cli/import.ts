/**
 * `albsp import`: policies that exist as manifests that adopt them.
 * @module
 */
import { systemClock } from '../adapters/clock.ts';
import { OWNER_TAGS } from '../api/group.ts';
import type { Command, Given } from '../config/arguments.ts';
import { CONNECTION } from '../config/connection.ts';
import type { Connection } from '../config/settings.ts';
import { any, oneOf } from '../config/values.ts';
import { isMarked, tagOf } from '../domain/policy.ts';
import type { CloudPolicy, CloudResult } from '../ports/cloud.ts';
import { listRegion } from '../reconcile/listing.ts';
import { type Manifest, manifestOf } from './import/manifest.ts';
import { objectNames } from './import/names.ts';
import { openCommand } from './opening.ts';
import type { Output } from './output.ts';
import { type CommandContext, openClouds } from './session.ts';
import { count, json, printable, yaml } from './text.ts';

const { credentials, region, network, albEndpoint, stsEndpoint, metadataEndpoint, clusterId } = CONNECTION;

const COMMAND: Command = {
  name: 'import',
  words: 'ID',
  switches: [
    { name: 'all', help: 'every policy of the region' },
    { name: 'managed', help: 'let the operator keep the policy as it is now; else it only observes' },
    { name: 'resource-group', help: 'write resourceGroupId, too, so that the group is managed' },
  ],
  own: [
    {
      name: 'name',
      value: 'NAME',
      fallback: '',
      help: 'the policies of this name in the cloud',
      broken: any,
    },
    {
      ...CONNECTION.namespace,
      short: 'n',
      help: 'namespace of the manifests; else they have none',
    },
    {
      name: 'output',
      short: 'o',
      value: 'yaml|json',
      fallback: 'yaml',
      help: 'form of the manifests',
      broken: oneOf('yaml', 'json'),
    },
  ],
  flags: [
    credentials,
    region,
    network,
    albEndpoint,
    stsEndpoint,
    metadataEndpoint,
    { ...clusterId, help: 'with it, policies that another cluster owns can be observed' },
  ],
};

const ABOUT = `
Writes a manifest for each policy that is named, to standard output. Applied, it adopts the policy: by default it
observes it (managementPolicy Observe), and deleting the object leaves the policy in the cloud (deletionPolicy Retain).
The same policies give the same bytes. Policies that an object owns or that another service manages are left out, each
with a line on standard error. No cluster is needed, and nothing is written to the cloud.

Exit code: 0 written or rightly left out, 1 a policy was not found or cannot be written, 2 wrong usage,
3 the cloud could not be read.
`;

/** Runs the command; `args` are those after `import`. Returns the exit code. */
export async function importPolicies(
  args: readonly string[],
  out: Output,
  context: CommandContext,
): Promise<number> {
  const usage = '[ID...] [--all] [--name NAME] [FLAG...]';
  const opening = openCommand(COMMAND, args, { usage, about: ABOUT, wrongTogether }, out, context);
  if (opening.kind === 'over') return opening.code;
  const { given, connection } = opening;
  const list = await policiesOf(connection, context);
  if (list.kind === 'error') {
    const { code, message } = list.error;
    out.stderr(`albsp import: Region "${connection.region}" cannot be read: ${code}: ${message}\n`);
    return 3;
  }
  return write(list.value, given, connection, out);
}

function wrongTogether(given: Given): string | undefined {
  const named = given.words.length > 0 || given.maybe('name') !== undefined;
  if (given.has('all')) return named ? 'Flag "--all" takes every policy: name none beside it' : undefined;
  return named ? undefined : 'Nothing is named: give ids, --name NAME, or --all for the whole region';
}

async function policiesOf(
  connection: Connection,
  context: CommandContext,
): Promise<CloudResult<readonly CloudPolicy[]>> {
  const clouds = openClouds('import', connection, context, { writes: false });
  try {
    const cloud = clouds.make(connection.credentials, connection);
    const list = await listRegion(cloud, connection.region, systemClock);
    return list.kind === 'ok' ? { kind: 'ok', value: list.value.snapshot.policies } : list;
  } finally {
    await clouds.close();
  }
}

function write(policies: readonly CloudPolicy[], given: Given, connection: Connection, out: Output): number {
  const say = (text: string): void => out.stderr(`${printable(text)}\n`);
  const { chosen, missing } = choose(policies, given);
  for (const what of missing) say(`albsp import: No policy has ${what} in region "${connection.region}"`);
  const managementPolicy = given.has('managed') ? 'Managed' : 'Observe';
  const names = objectNames(policies);
  const manifests: Manifest[] = [];
  let left = 0;
  let impossible = 0;
  for (const policy of chosen) {
    const title = `Policy "${policy.name}" (${policy.id})`;
    const reason = reasonToLeave(policy, managementPolicy, connection.clusterId);
    if (reason !== undefined) {
      left += 1;
      say(`${title} is left out: ${reason}`);
      continue;
    }
    const written = manifestOf(policy, {
      name: names.get(policy.id) ?? '',
      namespace: given.maybe('namespace'),
      region: connection.region,
      managementPolicy,
      resourceGroup: given.has('resource-group'),
    });
    switch (written.kind) {
      case 'manifest':
        manifests.push(written.manifest);
        for (const note of written.notes) say(`${title}: ${note}`);
        break;
      case 'impossible':
        impossible += 1;
        say(`${title} cannot be written: ${written.why}`);
        break;
    }
  }
  out.stdout(textOf(manifests.toSorted(byName), given.text('output')));
  say(`${count(manifests.length, 'policy', 'policies')} written, ${left + impossible} left out`);
  return missing.length > 0 || impossible > 0 ? 1 : 0;
}

/** The policies that are asked for, and what is asked for and not there. */
function choose(policies: readonly CloudPolicy[], given: Given) {
  if (given.has('all')) return { chosen: policies, missing: [] };
  const name = given.maybe('name');
  const ids = new Set(given.words);
  const chosen = policies.filter((one) => ids.has(one.id) || (name !== undefined && one.name === name));
  const missing = [...ids].filter((id) => !policies.some((one) => one.id === id)).map((id) => `id "${id}"`);
  const unnamed = name !== undefined && !policies.some((one) => one.name === name);
  return { chosen, missing: [...missing, ...(unnamed ? [`name "${name}"`] : [])] };
}

/** Without a cluster id any owner may be an object of this cluster. */
function reasonToLeave(
  policy: CloudPolicy,
  management: 'Managed' | 'Observe',
  cluster: string | undefined,
): string | undefined {
  if (policy.serviceManaged) return 'another Alibaba Cloud service manages it';
  if (!isMarked(policy)) return undefined;
  const owner = tagOf(policy, OWNER_TAGS.cluster) ?? '';
  if (management === 'Observe' && cluster !== undefined && owner !== cluster) return undefined;
  return `object "${tagOf(policy, OWNER_TAGS.object) ?? ''}" of cluster "${owner}" owns it`;
}

function byName({ metadata: one }: Manifest, { metadata: other }: Manifest): number {
  return one.name < other.name ? -1 : 1;
}

function textOf(manifests: readonly Manifest[], form: string): string {
  if (form === 'json') return json({ apiVersion: 'v1', kind: 'List', items: manifests });
  return manifests.map(yaml).join('---\n');
}
