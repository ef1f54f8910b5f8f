/**
 * The structural schema, judged by ajv and worded as the API server words it.
 * @module
 */
import { Ajv, type ErrorObject } from 'ajv';
import { oldField, oldItem } from './correlation.ts';
import type { Cause } from './failure.ts';
import { equalJson, isJsonObject, type KubeObject } from './object.ts';
import { type Schema, valueSchema } from './schema.ts';
import { ROOT_FIELD, violation } from './violation.ts';

/** Checks an object against the schema; what has not changed since `old` is not held against it. */
export type StructureCheck = (object: KubeObject, old?: KubeObject) => readonly Cause[];

/** Compiles a schema with ajv; fails when a pattern or a keyword cannot be used. */
export function compileSchema(
  schema: Schema,
):
  | { readonly kind: 'ok'; readonly check: StructureCheck }
  | { readonly kind: 'failed'; readonly causes: readonly Cause[] } {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, logger: false });
  ajv.addFormat('date-time', RFC3339);
  try {
    const validate = ajv.compile(jsonSchema(schema));
    const check: StructureCheck = (object, old) => {
      if (validate(object)) return [];
      return (validate.errors ?? [])
        .filter((error) => old === undefined || !unchanged(schema, object, old, segments(error)))
        .filter(firstOfText())
        .map((error) => worded(error, object));
    };
    return { kind: 'ok', check };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const field = 'spec.validation.openAPIV3Schema';
    return { kind: 'failed', causes: [violation('FieldValueInvalid', field, { detail })] };
  }
}

// RFC 3339, as k8s.io/kube-openapi/pkg/validation/strfmt reads it.
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const TEXT_RULES: ReadonlySet<string> = new Set(['maxLength', 'minLength', 'pattern']);

/** Of the rules of one text the real server names the first that is broken. */
function firstOfText(): (error: ErrorObject) => boolean {
  const named = new Set<string>();
  return ({ keyword, instancePath }) => {
    if (!TEXT_RULES.has(keyword)) return true;
    if (named.has(instancePath)) return false;
    named.add(instancePath);
    return true;
  };
}

/** OpenAPI 3.0 as JSON Schema: unknown fields are pruned before, so nothing forbids them here. */
function jsonSchema(schema: Schema): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (!keyword.startsWith('x-kubernetes-') && !ANNOTATIONS.has(keyword)) out[keyword] = value;
  }
  if (schema.properties !== undefined) {
    const { metadata: _, ...properties } = schema.properties;
    out.properties = mapped(properties, jsonSchema);
  }
  const values = valueSchema(schema);
  if (values !== undefined) out.additionalProperties = jsonSchema(values);
  if (schema.items !== undefined) out.items = jsonSchema(schema.items);
  for (const bound of ['Minimum', 'Maximum']) exclusiveBound(out, bound);
  return out;
}

const ANNOTATIONS: ReadonlySet<string> = new Set([
  'description',
  'title',
  'default',
  'example',
  'externalDocs',
]);

function exclusiveBound(out: Record<string, unknown>, bound: string): void {
  const flag = `exclusive${bound}`;
  if (out[flag] === true) {
    out[flag] = out[bound.toLowerCase()];
    delete out[bound.toLowerCase()];
  } else delete out[flag];
}

function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function segments(error: ErrorObject): readonly string[] {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** True when a node on the way to the violation is the same as before (CRDValidationRatcheting). */
function unchanged(schema: Schema, next: unknown, old: unknown, path: readonly string[]): boolean {
  if (old === undefined) return false;
  if (equalJson(next, old)) return true;
  const [segment, ...rest] = path;
  if (segment === undefined) return false;
  if (Array.isArray(next)) {
    const item: unknown = next[Number(segment)];
    return unchanged(schema.items ?? {}, item, oldItem(schema, old, item), rest);
  }
  if (!isJsonObject(next)) return false;
  const known = schema.properties?.[segment] ?? valueSchema(schema) ?? {};
  return unchanged(known, next[segment], oldField(schema, old, segment), rest);
}

/** `spec.ciphers[0]` for `/spec/ciphers/0`. */
function fieldPath(path: readonly string[], root: unknown): string {
  let at: unknown = root;
  let field = '';
  for (const segment of path) {
    if (Array.isArray(at)) {
      field += `[${segment}]`;
      at = at[Number(segment)];
    } else {
      field += field === '' ? segment : `.${segment}`;
      at = isJsonObject(at) ? at[segment] : undefined;
    }
  }
  return field;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function size(value: unknown): number {
  return Array.isArray(value) ? value.length : isJsonObject(value) ? Object.keys(value).length : 0;
}

// What k8s.io/kube-openapi/pkg/validation/errors says of a rule that is broken, before its bound.
const RULES: Readonly<Record<string, readonly [before: string, after: string]>> = {
  minItems: ['should have at least ', ' items'],
  minProperties: ['should have at least ', ' properties'],
  minLength: ['should be at least ', ' chars long'],
  pattern: ["should match '", "'"],
  minimum: ['should be greater than or equal to ', ''],
  exclusiveMinimum: ['should be greater than ', ''],
  maximum: ['should be less than or equal to ', ''],
  exclusiveMaximum: ['should be less than ', ''],
  multipleOf: ['should be a multiple of ', ''],
};

/** The words of the API server for one error of ajv. */
function worded(error: ErrorObject, root: unknown): Cause {
  const path = fieldPath(segments(error), root);
  const field = path === '' ? ROOT_FIELD : path;
  const { data, keyword } = error;
  const params: Record<string, unknown> = error.params;
  const typed = (shown: unknown, type: unknown): Cause => {
    const detail = `${path} in body must be of type ${String(type)}: ${JSON.stringify(shown)}`;
    return violation('FieldValueTypeInvalid', field, { shown, detail });
  };
  switch (keyword) {
    case 'required': {
      const missing = String(params.missingProperty);
      return violation('FieldValueRequired', path === '' ? missing : `${path}.${missing}`);
    }
    case 'type':
      return typed(typeName(data), params.type);
    case 'format':
      return typed(data, params.format);
    case 'enum':
      return violation('FieldValueNotSupported', field, { shown: data, detail: supported(params) });
    case 'maxLength':
      return violation('FieldValueTooLong', field, {
        detail: `may not be more than ${counted(params.limit, 'byte')}`,
      });
    case 'maxItems':
    case 'maxProperties': {
      const detail = `must have at most ${counted(params.limit, 'item')}`;
      return violation('FieldValueTooMany', field, { shown: size(data), detail });
    }
  }
  return violation('FieldValueInvalid', field, {
    shown: SIZED.has(keyword) ? size(data) : data,
    detail: `${path} in body ${ruleOf(error, params)}`,
  });
}

const SIZED: ReadonlySet<string> = new Set(['minItems', 'minProperties']);

function ruleOf({ keyword, message }: ErrorObject, params: Record<string, unknown>): string {
  const words = RULES[keyword];
  if (words === undefined) return message ?? `breaks '${keyword}'`;
  return `${words[0]}${String(params.limit ?? params[keyword])}${words[1]}`;
}

function counted(limit: unknown, unit: string): string {
  return `${String(limit)} ${unit}${limit === 1 ? '' : 's'}`;
}

function supported(params: Record<string, unknown>): string {
  const allowed: unknown = params.allowedValues;
  const values = Array.isArray(allowed) ? allowed : [];
  const texts = values.map((value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return `supported values: ${texts.map((text) => `"${text}"`).join(', ')}`;
}
