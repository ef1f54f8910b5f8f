/**
 * The rights of the operator, as `deploy/rbac.yaml` grants them; a test compares the two.
 * @module
 */
import { describeFailure, field, text } from '../../adapters/kube/answer.ts';
import type { Transport } from '../../adapters/kube/transport.ts';
import { GROUP } from '../../api/group.ts';
import type { Millis } from '../../ports/clock.ts';
import { type Check, failed, passed, skipped } from './check.ts';

/**
 * One rule. `everywhere`: in each watched namespace, or in all. `cluster`: only of an operator of the whole cluster.
 * `id`: only without --cluster-id. `lease`: in the namespace of the Lease, unless there is no election.
 */
export interface Right {
  readonly where: 'everywhere' | 'cluster' | 'id' | 'lease';
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
  readonly verbs: readonly string[];
}

/** Every rule, in the order of `deploy/rbac.yaml`. */
export const RIGHTS: readonly Right[] = [
  { where: 'everywhere', group: GROUP, resource: 'securitypolicies', verbs: ['list', 'watch', 'patch'] },
  { where: 'everywhere', group: GROUP, resource: 'securitypolicies/status', verbs: ['update'] },
  { where: 'everywhere', group: GROUP, resource: 'providerconfigs', verbs: ['list', 'watch'] },
  { where: 'cluster', group: GROUP, resource: 'clusterproviderconfigs', verbs: ['list', 'watch'] },
  { where: 'everywhere', group: GROUP, resource: 'providerconfigs/status', verbs: ['update'] },
  { where: 'cluster', group: GROUP, resource: 'clusterproviderconfigs/status', verbs: ['update'] },
  { where: 'cluster', group: '', resource: 'namespaces', verbs: ['list', 'watch'] },
  { where: 'id', group: '', resource: 'namespaces', name: 'kube-system', verbs: ['get'] },
  { where: 'everywhere', group: '', resource: 'events', verbs: ['create', 'patch'] },
  { where: 'lease', group: 'coordination.k8s.io', resource: 'leases', verbs: ['get', 'create', 'patch'] },
];

/** Where the operator is to have its rights. */
export interface Scope {
  /** None: all. */
  readonly namespaces: readonly string[];
  readonly leaseNamespace: string;
  readonly hasClusterId: boolean;
}

const TIMEOUT: Millis = 10_000;
const PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Asks for each right by a SelfSubjectAccessReview, which everybody may create: a line for each rule. */
export async function checkRights(transport: Transport, scope: Scope): Promise<readonly Check[]> {
  const wanted = RIGHTS.filter(({ where }) => isNeeded(where, scope));
  return Promise.all(wanted.map((right) => checkRight(transport, right, scope)));
}

function isNeeded(where: Right['where'], { namespaces, hasClusterId }: Scope): boolean {
  switch (where) {
    case 'everywhere':
    case 'lease':
      return true;
    case 'cluster':
      return namespaces.length === 0;
    case 'id':
      return !hasClusterId;
  }
}

async function checkRight(transport: Transport, right: Right, scope: Scope): Promise<Check> {
  const { resource, verbs, group } = right;
  const name = `Right on ${resource}${right.name === undefined ? '' : ` "${right.name}"`}`;
  const missing: string[] = [];
  for (const namespace of placesOf(right, scope)) {
    for (const verb of verbs) {
      const answer = await may(transport, right, verb, namespace);
      switch (answer.kind) {
        case 'allowed':
          break;
        case 'denied':
          missing.push(`${verb}${namespace === '' ? '' : ` in namespace ${namespace}`}`);
          break;
        case 'unserved':
          return skipped(name, 'This API server does not review rights');
        case 'unknown':
          return failed(name, answer.message, 'Look at the API server, then run this again');
      }
    }
  }
  if (missing.length === 0) return passed(name, verbs.join(', '));
  return failed(
    name,
    `This user lacks ${missing.join(', ')}`,
    `Grant it on ${resource}${group === '' ? '' : ` of ${group}`}: apply deploy/rbac.yaml, or run this as the operator's ServiceAccount`,
  );
}

function placesOf({ where }: Right, { namespaces, leaseNamespace }: Scope): readonly string[] {
  if (where === 'lease') return [leaseNamespace];
  return where === 'everywhere' && namespaces.length > 0 ? namespaces : [''];
}

type Answer =
  | { readonly kind: 'allowed' | 'denied' | 'unserved' }
  | { readonly kind: 'unknown'; readonly message: string };

async function may(
  transport: Transport,
  { group, resource: both, name }: Right,
  verb: string,
  namespace: string,
): Promise<Answer> {
  const [resource = '', subresource] = both.split('/');
  const resourceAttributes = {
    group,
    resource,
    verb,
    ...(subresource === undefined ? {} : { subresource }),
    ...(name === undefined ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
  };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const answer = await transport.call({ verb: 'create', path: PATH, body, timeout: TIMEOUT });
  if (answer.kind === 'status' && answer.code === 404) return { kind: 'unserved' };
  if (answer.kind !== 'ok') return { kind: 'unknown', message: describeFailure(answer) };
  const status = field(answer.body, 'status');
  if (field(status, 'allowed') === true) return { kind: 'allowed' };
  const trouble = text(status, 'evaluationError');
  return trouble === '' || field(status, 'allowed') === false
    ? { kind: 'denied' }
    : { kind: 'unknown', message: trouble };
}
