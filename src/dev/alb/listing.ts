import type { Context } from './context.ts';
import { illegal, type Json, missing, notFound, type Outcome } from './outcome.ts';
import { page, pageRequest } from './page.ts';
import { list, type Parameters, tags, text, type WireTag } from './parameters.ts';
import { type PolicyContent, type PolicyRecord, statusAt } from './policy.ts';
import { SYSTEM_POLICIES } from './suites.ts';

/** The tags that lists show of a policy now. */
export function tagsSeen({ now, options }: Context, record: PolicyRecord): Readonly<Record<string, string>> {
  return record.at(now - options.listLag - options.tagsLate)?.tags ?? {};
}

/** Whether tags hold all that are asked for; one asked for without value matches any. */
export function hasTags(held: Readonly<Record<string, string>>, asked: readonly WireTag[]): boolean {
  return asked.every(
    ({ key, value }) => Object.hasOwn(held, key) && (value === undefined || held[key] === value),
  );
}

interface Seen {
  readonly record: PolicyRecord;
  readonly content: PolicyContent;
}

/** The policies of these ids, without a look at all the others: a benchmark may hold ten thousand. */
function named({ world }: Context, ids: readonly string[]): readonly PolicyRecord[] {
  return [...new Set(ids)].flatMap((id) => world.policies.get(id) ?? []);
}

function seen(context: Context, parameters: Parameters): readonly Seen[] {
  const at = context.now - context.options.listLag;
  const ids = list(parameters, 'SecurityPolicyIds');
  const names = list(parameters, 'SecurityPolicyNames');
  const group = text(parameters, 'ResourceGroupId');
  const asked = tags(parameters);
  const found: Seen[] = [];
  for (const record of ids.length > 0 ? named(context, ids) : context.world.policies.values()) {
    const content = record.at(at);
    if (content === undefined) continue;
    if (names.length > 0 && !names.includes(content.name)) continue;
    if (group !== undefined && group !== content.resourceGroupId) continue;
    if (asked.length > 0 && !hasTags(tagsSeen(context, record), asked)) continue;
    found.push({ record, content });
  }
  return found;
}

function ordered(ciphers: readonly string[], { options, random }: Context): readonly string[] {
  switch (options.cipherOrder) {
    case 'kept':
      return ciphers;
    case 'sorted':
      return ciphers.toSorted();
    case 'shuffled':
      return ciphers
        .map((cipher) => [random(), cipher] as const)
        .sort(([left], [right]) => left - right)
        .map(([, cipher]) => cipher);
  }
}

function shown(context: Context, { record, content }: Seen): Json {
  return {
    SecurityPolicyId: record.id,
    SecurityPolicyName: content.name,
    SecurityPolicyStatus: statusAt(content, context.now - context.options.listLag),
    TLSVersions: content.tlsVersions,
    Ciphers: ordered(content.ciphers, context),
    ResourceGroupId: content.resourceGroupId,
    CreateTime: record.createTime,
    ServiceManagedEnabled: content.serviceManaged,
    ServiceManagedMode: content.serviceManaged ? 'Managed' : 'Unmanaged',
    Tags: Object.entries(tagsSeen(context, record)).map(([Key, Value]) => ({ Key, Value })),
  };
}

/** ListSecurityPolicies: the world as it was `listLag` ago. */
export function listSecurityPolicies(context: Context, parameters: Parameters): Outcome {
  if (list(parameters, 'SecurityPolicyIds').length > 20) return illegal('SecurityPolicyIds', 'at most 20');
  if (list(parameters, 'SecurityPolicyNames').length > 10)
    return illegal('SecurityPolicyNames', 'at most 10');
  const request = pageRequest(context, parameters);
  if ('kind' in request) return request;
  const all = seen(context, parameters);
  const { slice, next, fields } = page(all, request);
  const moving = next === undefined || !context.options.pageShift ? undefined : all[next];
  if (moving !== undefined) context.world.moveToFront(moving.record.id);
  const SecurityPolicies = slice.map((policy) => shown(context, policy));
  return { kind: 'done', body: { ...fields, SecurityPolicies } };
}

/** ListSystemSecurityPolicies. */
export function listSystemSecurityPolicies(): Outcome {
  const SecurityPolicies = SYSTEM_POLICIES.map(({ id, tlsVersions, ciphers }) => ({
    SecurityPolicyId: id,
    TLSVersions: tlsVersions,
    Ciphers: ciphers,
  }));
  return { kind: 'done', body: { SecurityPolicies } };
}

/** ListSecurityPolicyRelations: never lags, and answers 404 when one of the policies does not exist. */
export function listSecurityPolicyRelations({ world }: Context, parameters: Parameters): Outcome {
  const ids = list(parameters, 'SecurityPolicyIds');
  if (ids.length === 0) return missing('SecurityPolicyIds');
  if (ids.length > 5) return illegal('SecurityPolicyIds', 'at most 5');
  const relations: Json[] = [];
  for (const id of ids) {
    const target = world.find(id);
    if (target === undefined) return notFound(id);
    const RelatedListeners = target.record.listeners.map((listener) => ({
      LoadBalancerId: listener.loadBalancerId,
      ListenerId: listener.listenerId,
      ListenerPort: listener.port,
      ListenerProtocol: listener.protocol,
    }));
    relations.push({ SecurityPolicyId: id, RelatedListeners });
  }
  // The API spells this field so.
  return { kind: 'done', body: { SecrityPolicyRelations: relations } };
}
