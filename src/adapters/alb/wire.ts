/**
 * The shapes on the wire: parameters flattened into a query, answers read into the port's types, nothing trusted.
 * @module
 */
import type {
  Account,
  CloudPolicy,
  CreateParameters,
  Listener,
  Tag,
  UpdateParameters,
} from '../../ports/cloud.ts';
import { shareTexts } from '../texts.ts';

/** Flat parameters of a request, such as `Ciphers.1`. */
export type Parameters = Readonly<Record<string, string>>;

/** What was read, or what is wrong with it; `reason` names the field and the rule, never its value. */
export type Read<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'bad'; readonly reason: string };

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** `name.1`, `name.2`, ...: arrays are flat and count from one. */
export function flatStrings(name: string, values: readonly string[]): Parameters {
  return Object.fromEntries(values.map((value, index) => [`${name}.${index + 1}`, value]));
}

/** `Tag.1.Key`, `Tag.1.Value`, ... */
export function flatTags(tags: readonly Tag[]): Parameters {
  return Object.fromEntries(
    tags.flatMap(({ key, value }, index) => [
      [`Tag.${index + 1}.Key`, key],
      [`Tag.${index + 1}.Value`, value],
    ]),
  );
}

/** The parameters of CreateSecurityPolicy; without a token for a precheck, which must not spend it. */
export function createQuery(parameters: CreateParameters, clientToken: string | undefined): Parameters {
  const { resourceGroupId } = parameters;
  return {
    SecurityPolicyName: parameters.name,
    ...flatStrings('TLSVersions', parameters.tlsVersions),
    ...flatStrings('Ciphers', parameters.ciphers),
    ...(resourceGroupId === undefined ? {} : { ResourceGroupId: resourceGroupId }),
    ...flatTags(parameters.tags),
    ...(clientToken === undefined ? { DryRun: 'true' } : { ClientToken: clientToken }),
  };
}

/** The parameters of UpdateSecurityPolicyAttribute: only what changes, and no token. */
export function updateQuery(id: string, { name, suites }: UpdateParameters): Parameters {
  return {
    SecurityPolicyId: id,
    ...(name === undefined ? {} : { SecurityPolicyName: name }),
    ...(suites === undefined
      ? {}
      : { ...flatStrings('TLSVersions', suites.tlsVersions), ...flatStrings('Ciphers', suites.ciphers) }),
  };
}

/** Thrown and caught inside this file only. */
class Bad extends Error {}

function reading<T>(read: () => T): Read<T> {
  try {
    return { kind: 'ok', value: read() };
  } catch (error) {
    if (error instanceof Bad) return { kind: 'bad', reason: error.message };
    throw error;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own field: an answer must not reach what every object inherits. */
function field(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function text(object: Json, name: string, at: string): string {
  const value = field(object, name);
  if (typeof value !== 'string' || value === '')
    throw new Bad(`${at}${name} must be a text that is not empty`);
  return value;
}

function optionalText(object: Json, name: string, at: string): string | undefined {
  const value = field(object, name);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Bad(`${at}${name} must be a text`);
  return value;
}

function array(object: Json, name: string, at: string): readonly unknown[] {
  const value = field(object, name);
  if (!Array.isArray(value)) throw new Bad(`${at}${name} must be an array`);
  return value;
}

function objects(object: Json, name: string, at: string): readonly Json[] {
  return array(object, name, at).map((value, index) => {
    if (!isObject(value)) throw new Bad(`${at}${name}[${index}] must be an object`);
    return value;
  });
}

function texts(object: Json, name: string, at: string): readonly string[] {
  return array(object, name, at).map((value, index) => {
    if (typeof value !== 'string') throw new Bad(`${at}${name}[${index}] must be a text`);
    return value;
  });
}

function whole(object: Json, name: string, at: string): number {
  const value = field(object, name);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Bad(`${at}${name} must be a whole number`);
  }
  return value;
}

/** The tags of a policy; a record without a prototype, so that no key, not even `__proto__`, means anything. */
function tags(object: Json, at: string): Readonly<Record<string, string>> {
  const record: Record<string, string> = Object.create(null);
  // Left out by a cloud that has none: no tag also means "not ours", so the policy is then never touched.
  if (field(object, 'Tags') === undefined) return record;
  for (const [index, tag] of objects(object, 'Tags', at).entries()) {
    const value = field(tag, 'Value');
    if (value !== undefined && typeof value !== 'string')
      throw new Bad(`${at}Tags[${index}].Value must be a text`);
    record[text(tag, 'Key', `${at}Tags[${index}].`)] = value ?? '';
  }
  return record;
}

function policy(object: Json, index: number): CloudPolicy {
  const at = `SecurityPolicies[${index}].`;
  const managed = field(object, 'ServiceManagedEnabled');
  if (managed !== undefined && typeof managed !== 'boolean') {
    throw new Bad(`${at}ServiceManagedEnabled must be true or false`);
  }
  const mode = optionalText(object, 'ServiceManagedMode', at);
  const resourceGroupId = optionalText(object, 'ResourceGroupId', at);
  const createTime = optionalText(object, 'CreateTime', at);
  return shareTexts({
    id: text(object, 'SecurityPolicyId', at),
    name: text(object, 'SecurityPolicyName', at),
    tlsVersions: texts(object, 'TLSVersions', at),
    ciphers: texts(object, 'Ciphers', at),
    status: text(object, 'SecurityPolicyStatus', at),
    tags: tags(object, at),
    serviceManaged: managed === true || mode?.toLowerCase() === 'managed',
    ...(resourceGroupId === undefined ? {} : { resourceGroupId }),
    ...(createTime === undefined ? {} : { createTime }),
  });
}

/** One page of ListSecurityPolicies. */
export interface Page {
  readonly policies: readonly CloudPolicy[];
  /** Absent on the last page. */
  readonly nextToken?: string;
  readonly total?: number;
}

/** Reads a page. A left-out list is an empty one only beside `TotalCount: 0`. */
export function readPage(body: Json): Read<Page> {
  return reading(() => {
    const total = field(body, 'TotalCount') === undefined ? undefined : whole(body, 'TotalCount', '');
    const empty = total === 0 && field(body, 'SecurityPolicies') === undefined;
    const policies = empty ? [] : objects(body, 'SecurityPolicies', '').map(policy);
    const nextToken = field(body, 'NextToken') === null ? undefined : optionalText(body, 'NextToken', '');
    return {
      policies,
      ...(nextToken === undefined ? {} : { nextToken }),
      ...(total === undefined ? {} : { total }),
    };
  });
}

/** Reads the listeners of one policy. The field is misspelled on the wire; the right spelling is read, too. */
export function readRelations(body: Json, id: string): Read<readonly Listener[]> {
  return reading(() => {
    const name = Object.hasOwn(body, 'SecrityPolicyRelations')
      ? 'SecrityPolicyRelations'
      : 'SecurityPolicyRelations';
    return objects(body, name, '')
      .filter((relation, index) => text(relation, 'SecurityPolicyId', `${name}[${index}].`) === id)
      .flatMap((relation) => objects(relation, 'RelatedListeners', `${name}.`))
      .map((listener, index) => {
        const at = `RelatedListeners[${index}].`;
        return {
          loadBalancerId: text(listener, 'LoadBalancerId', at),
          listenerId: text(listener, 'ListenerId', at),
          port: whole(listener, 'ListenerPort', at),
          protocol: text(listener, 'ListenerProtocol', at),
        };
      });
  });
}

/** Reads the id that CreateSecurityPolicy answers. */
export function readCreated(body: Json): Read<{ readonly id: string }> {
  return reading(() => ({ id: text(body, 'SecurityPolicyId', '') }));
}

/** Reads an answer whose only content is that it is one: each carries a RequestId. */
export function readDone(body: Json): Read<void> {
  return reading(() => {
    text(body, 'RequestId', '');
  });
}

/** Reads GetCallerIdentity. */
export function readAccount(body: Json): Read<Omit<Account, 'region'>> {
  return reading(() => ({ accountId: text(body, 'AccountId', ''), arn: text(body, 'Arn', '') }));
}

/** A body as a JSON object, or undefined for XML, HTML, half a body and everything else. */
export function readBody(body: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Code and text of a failed answer; undefined when there is no code. `AccessDeniedDetail` is added to the text. */
export function readRefusal(body: Json): { readonly code: string; readonly message: string } | undefined {
  const code = field(body, 'Code');
  if (typeof code !== 'string' || code === '') return undefined;
  const said = field(body, 'Message');
  const detail = field(body, 'AccessDeniedDetail');
  const message = typeof said === 'string' && said !== '' ? said : 'The cloud gave no reason';
  return { code, message: isObject(detail) ? `${message}${deniedDetail(detail)}` : message };
}

function deniedDetail(detail: Json): string {
  const words = ['AuthAction', 'NoPermissionType'].flatMap((name) => {
    const value = field(detail, name);
    return typeof value === 'string' && /^[A-Za-z0-9:_-]{1,64}$/.test(value) ? [value] : [];
  });
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** The request id of an answer, for the log. */
export function requestIdOf(body: Json): string | undefined {
  const id = field(body, 'RequestId');
  return typeof id === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(id) ? id : undefined;
}
