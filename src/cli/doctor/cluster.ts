/**
 * The cluster: its API server, its id, its provider configs and its leader.
 * @module
 */
import { describeFailure, text } from '../../adapters/kube/answer.ts';
import { readClusterId } from '../../adapters/kube/clusterid.ts';
import type { KubeObject } from '../../adapters/kube/kubeobject.ts';
import { createLeaseClient } from '../../adapters/kube/leaseclient.ts';
import type { Transport } from '../../adapters/kube/transport.ts';
import type { ProviderConfigStatus } from '../../api/providerconfig.ts';
import type { Connection } from '../../config/settings.ts';
import { conditionOf } from '../../domain/condition.ts';
import type { Millis } from '../../ports/clock.ts';
import { listOf } from '../orphans/cluster.ts';
import { type Check, failed, passed, skipped } from './check.ts';

const TIMEOUT: Millis = 10_000;
/** CEL with `optionalOldSelf`, which the definitions use, is on from Kubernetes 1.30. */
const OLDEST = 30;
/** A holder's clock may be off by this much before its silence is believed. */
const SKEW: Millis = 60_000;

/** Whether the server answers, and is new enough for the rules of the definitions. */
export async function checkServer(transport: Transport, server: string): Promise<Check> {
  const name = 'API server';
  const answer = await transport.call({ verb: 'get', path: '/version', timeout: TIMEOUT });
  if (answer.kind !== 'ok')
    return failed(
      name,
      `${server} cannot be asked: ${describeFailure(answer)}`,
      'See that the kubeconfig, its context and the network are right',
    );
  const version = text(answer.body, 'gitVersion');
  const [, major = '0', minor = '0'] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const fine = Number(major) > 1 || (Number(major) === 1 && Number(minor) >= OLDEST);
  return fine
    ? passed(name, `${server}, ${version}`)
    : failed(name, `${server} is "${version}", must be 1.${OLDEST} or later`, 'Upgrade the cluster');
}

/** What policies are tagged with. */
export async function checkClusterId(transport: Transport, connection: Connection): Promise<Check> {
  const name = 'Cluster id';
  const { clusterId, namespaces } = connection;
  if (clusterId !== undefined) return passed(name, `${clusterId}, by --cluster-id`);
  const fix = 'Grant get on namespace kube-system, or give --cluster-id';
  if (namespaces.length > 0)
    return failed(name, 'Missing: run needs it with --namespace', 'Give --cluster-id');
  const read = await readClusterId(transport);
  return read.kind === 'ok'
    ? passed(name, `${read.id}, the UID of kube-system`)
    : failed(name, read.message, fix);
}

interface Config extends KubeObject {
  readonly status?: ProviderConfigStatus;
}

/** A line for each config: what its Ready says. */
export async function checkConfigs(
  transport: Transport,
  { namespaces }: Connection,
): Promise<readonly Check[]> {
  const kinds = [
    ['ProviderConfig', 'providerconfigs'],
    ...(namespaces.length === 0 ? [['ClusterProviderConfig', 'clusterproviderconfigs'] as const] : []),
  ] as const;
  const checks: Check[] = [];
  for (const [kind, plural] of kinds) {
    const list = await listOf<Config>(transport, plural, namespaces);
    if ('kind' in list) checks.push(skipped(`${kind}s`, `Cannot be listed: ${describeFailure(list)}`));
    else if (list.length === 0) checks.push(skipped(`${kind}s`, 'There are none'));
    else checks.push(...list.map((config) => checkConfig(kind, config)));
  }
  return checks;
}

function checkConfig(kind: string, { metadata, status }: Config): Check {
  const inside = metadata.namespace === undefined ? '' : `${metadata.namespace}/`;
  const name = `${kind} ${inside}${metadata.name}`;
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined) return skipped(name, 'No operator has looked at it yet');
  if (ready.status === 'True') return passed(name, `Ready, account ${status?.accountId ?? 'unknown'}`);
  return failed(
    name,
    `Ready is ${ready.status}, ${ready.reason}: ${ready.message}`,
    'Mend what it says; kubectl describe shows the rest',
  );
}

/** Who leads; `now` is wall time. */
export async function checkLease(
  transport: Transport,
  lease: { readonly namespace: string; readonly name: string },
  now: Millis,
): Promise<Check> {
  const name = `Lease ${lease.namespace}/${lease.name}`;
  const read = await createLeaseClient(transport, lease).read();
  switch (read.kind) {
    case 'absent':
      return skipped(name, 'No operator has led yet');
    case 'conflict':
      return skipped(name, 'It is being written');
    case 'failed':
      return failed(
        name,
        read.message,
        'Grant get, create and patch on leases in that namespace, or give --lease-namespace',
      );
    case 'ok': {
      const { holderIdentity, renewTime, leaseDurationSeconds } = read.record;
      if (holderIdentity === '') return skipped(name, 'Nobody leads now: it was given away');
      const silent = now - Date.parse(renewTime);
      if (silent <= leaseDurationSeconds * 1000 + SKEW) return passed(name, `held by ${holderIdentity}`);
      return failed(
        name,
        `${holderIdentity} last renewed it at ${renewTime}`,
        'See whether the Pods of the operator run, and what they log',
      );
    }
  }
}
