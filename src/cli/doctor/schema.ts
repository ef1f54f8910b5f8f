/**
 * The definitions that the API server serves against those that this program comes with.
 * @module
 */
import { describeFailure, field, text } from '../../adapters/kube/answer.ts';
import type { Transport } from '../../adapters/kube/transport.ts';
import { API_VERSION, GROUP, VERSION } from '../../api/group.ts';
import type { Millis } from '../../ports/clock.ts';
import { definitions } from '../dev/definitions.ts';
import { type Check, failed, passed, skipped } from './check.ts';

const TIMEOUT: Millis = 15_000;
/** What OpenAPI publishes of the kinds; every user may read it, and no right on definitions is needed. */
const PATH = `/openapi/v3/apis/${GROUP}/${VERSION}`;
/** Words for people: they may differ. */
const WORDS: ReadonlySet<string> = new Set(['description', 'example']);
/** Differences that are named; more are counted. */
const NAMED = 4;

/** A line for each kind: whether it is served, and with the fields and rules that this program knows. */
export async function checkDefinitions(transport: Transport): Promise<readonly Check[]> {
  const answer = await transport.call({ verb: 'get', path: PATH, timeout: TIMEOUT });
  const known = (await definitions()).map((one) => ({ kind: kindOf(one), schema: schemaOf(one) }));
  const absent = answer.kind === 'status' && answer.code === 404;
  if (answer.kind !== 'ok' && !absent)
    return [skipped('Definitions', `OpenAPI cannot be read: ${describeFailure(answer)}`)];
  const served = answer.kind === 'ok' ? publishedSchemas(answer.body) : new Map<string, unknown>();
  return known.map(({ kind, schema }) => {
    const name = `Definition of ${kind}`;
    const other = served.get(kind);
    if (other === undefined)
      return failed(name, `${API_VERSION} ${kind} is not served`, 'Apply crds/, or install the chart');
    const differing = differences(schema, other);
    if (differing.length === 0) return passed(name, `served as ${API_VERSION}, schema as known`);
    const named = differing.slice(0, NAMED).join('; ');
    const more = differing.length > NAMED ? `; and ${differing.length - NAMED} more` : '';
    return failed(
      name,
      `Served with another schema: ${named}${more}`,
      'Apply the crds/ of this version of albsp, or run the version that the cluster has them of',
    );
  });
}

/** Where two schemas of a kind differ, spec and status, in words; wording and what the server adds aside. */
export function differences(known: unknown, served: unknown): readonly string[] {
  const found = ['spec', 'status'].flatMap((part) =>
    compare(field(field(known, 'properties'), part), field(field(served, 'properties'), part), part),
  );
  const rules = 'x-kubernetes-validations';
  const same = canonical(field(known, rules)) === canonical(field(served, rules));
  return same ? found : [...found, 'the rules of the object differ'];
}

function compare(known: unknown, served: unknown, path: string): readonly string[] {
  if (served === undefined) return [`${path} is missing`];
  if (known === undefined) return [`${path} is unknown to this program`];
  const own = canonical(shallow(known)) === canonical(shallow(served)) ? [] : [`${path} has other rules`];
  const keys = new Set([...keysOf(known), ...keysOf(served)]);
  const below = [...keys].flatMap((key) =>
    compare(
      field(field(known, 'properties'), key),
      field(field(served, 'properties'), key),
      `${path}.${key}`,
    ),
  );
  const inner = ['items', 'additionalProperties'].flatMap((word) =>
    field(known, word) === undefined && field(served, word) === undefined
      ? []
      : compare(field(known, word), field(served, word), `${path}[]`),
  );
  return [...own, ...below, ...inner];
}

function keysOf(schema: unknown): readonly string[] {
  const properties = field(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

/** A node without its children and without words; `default` is not published alike by all versions. */
function shallow(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = new Set(['properties', 'items', 'additionalProperties', 'default']);
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !inner.has(key) && !WORDS.has(key)));
}

/** One text for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

/** The schemas by kind. */
function publishedSchemas(document: unknown): ReadonlyMap<string, unknown> {
  const schemas = field(field(document, 'components'), 'schemas');
  const found = new Map<string, unknown>();
  if (typeof schemas !== 'object' || schemas === null) return found;
  for (const schema of Object.values(schemas)) {
    const kinds = field(schema, 'x-kubernetes-group-version-kind');
    const [only, ...others] = Array.isArray(kinds) ? kinds : [];
    if (others.length === 0 && text(only, 'group') === GROUP && text(only, 'version') === VERSION)
      found.set(text(only, 'kind'), schema);
  }
  return found;
}

function kindOf(definition: unknown): string {
  return text(field(field(definition, 'spec'), 'names'), 'kind');
}

function schemaOf(definition: unknown): unknown {
  const versions = field(field(definition, 'spec'), 'versions');
  const version = Array.isArray(versions)
    ? versions.find((one: unknown) => text(one, 'name') === VERSION)
    : undefined;
  return field(field(version, 'schema'), 'openAPIV3Schema');
}
