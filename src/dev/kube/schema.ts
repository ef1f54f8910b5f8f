/**
 * What the API server does with a structural schema before it validates: prune unknown fields, set defaults.
 * @module
 */
import { isJsonObject, type JsonObject } from './object.ts';

/** A structural schema as a CustomResourceDefinition writes it (`openAPIV3Schema`). */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'granular' | 'atomic';
  readonly 'x-kubernetes-validations'?: readonly Rule[];
  readonly [keyword: string]: unknown;
}

/** One entry of `x-kubernetes-validations`. */
export interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** The schema of a map's values, if the schema describes a map. */
export function valueSchema(schema: Schema): Schema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/**
 * A copy of `value` without the fields that the schema does not know; `dropped` gets the path of each.
 * The metadata of the root is not looked into: it has a schema of its own.
 */
export function prune(value: unknown, schema: Schema, dropped: string[], path = ''): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, index) => prune(item, items, dropped, `${path}[${index}]`));
  }
  if (!isJsonObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const known = schema.properties?.[key] ?? valueSchema(schema);
    if (path === '' && ROOT_FIELDS.has(key)) out[key] = field;
    else if (known !== undefined) out[key] = prune(field, known, dropped, at);
    else if (keepsUnknown(schema)) out[key] = field;
    else dropped.push(at);
  }
  return out;
}

const ROOT_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function keepsUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
}

/** A copy of `value` with the defaults of the schema set, and without nulls where the schema allows none. */
export function withDefaults(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(item, items));
  }
  if (!isJsonObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const known = schema.properties?.[key] ?? valueSchema(schema);
    if (field === null && known !== undefined && known.nullable !== true) continue;
    out[key] = known === undefined ? field : withDefaults(field, known);
  }
  addDefaults(out, schema);
  return out;
}

function addDefaults(out: Record<string, unknown>, schema: Schema): void {
  for (const [key, known] of Object.entries(schema.properties ?? {})) {
    if (key in out || known.default === undefined) continue;
    out[key] = withDefaults(structuredClone(known.default), known);
  }
}

/** The value of a list-map's key fields, as text; `undefined` for a list of another type. */
export function listMapKey(schema: Schema, item: unknown): string | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !isJsonObject(item))
    return undefined;
  const fields: JsonObject = item;
  return JSON.stringify(keys.map((key) => fields[key] ?? null));
}
