/**
 * CEL as Kubernetes sets it up, on cel-js: values typed by the schema, and the functions that cel-js lacks.
 * @module
 */
import { Environment, Optional } from '@marcbachmann/cel-js';
import { isJsonObject } from './object.ts';
import { type Schema, valueSchema } from './schema.ts';

/** An environment with `self` and `oldSelf`, and the string and list functions of Kubernetes that cel-js lacks. */
export function celEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  environment.registerVariable('self', 'dyn');
  environment.registerVariable('oldSelf', 'dyn');
  environment.registerVariable(OLD_VALUE, 'dyn');
  environment.registerFunction(
    'string.replace(string, string): string',
    (text: string, a: string, b: string) => text.replaceAll(a, () => b),
  );
  environment.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
  );
  environment.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
    Array.from(text.matchAll(new RegExp(pattern, 'gu')), (match) => match[0]),
  );
  environment.registerFunction('list<dyn>.isSorted(): bool', (list: readonly (string | number | bigint)[]) =>
    list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
  );
  return environment;
}

/**
 * Parses an expression. cel-js refuses a call inside `has()`, so that `oldSelf.value()`, which Kubernetes allows there,
 * is read as a variable that holds the value.
 * @throws {Error} when the expression cannot be parsed.
 */
export function celProgram(
  environment: Environment,
  expression: string,
): { readonly run: (variables: CelVariables) => unknown; readonly transition: boolean } {
  const parsed = environment.parse(expression.replaceAll(/\boldSelf\s*\.\s*value\(\)/g, OLD_VALUE));
  return {
    run: ({ self, old, optional }) =>
      parsed({ self, oldSelf: optional ? Optional.of(old) : old, [OLD_VALUE]: old }),
    transition: usesOldSelf(parsed.ast),
  };
}

const OLD_VALUE = 'oldSelfValue';

/** What an expression may look at. */
export interface CelVariables {
  readonly self: unknown;
  /** Undefined when nothing comparable was there. */
  readonly old: unknown;
  /** True when the rule takes `oldSelf` as an optional. */
  readonly optional: boolean;
}

/**
 * A JSON value as CEL sees it through its schema: integers are int, numbers double, date-times timestamps;
 * of objects only declared fields are visible, by their escaped names.
 */
export function celValue(schema: Schema, value: unknown, root = false): unknown {
  if (schema.type === 'integer' && typeof value === 'number') return BigInt(Math.trunc(value));
  if (schema.format === 'date-time' && typeof value === 'string') return new Date(value);
  if (Array.isArray(value)) {
    const { items } = schema;
    return value.map((item) => celValue(items ?? {}, item));
  }
  if (!isJsonObject(value)) return value;
  const fields: [string, unknown][] = root ? rootFields(value) : [];
  const values = valueSchema(schema);
  for (const [key, field] of Object.entries(value)) {
    if (root && (key === 'metadata' || key === 'apiVersion' || key === 'kind')) continue;
    const known = schema.properties?.[key];
    if (known !== undefined) fields.push([escaped(key), celValue(known, field)]);
    else if (values !== undefined) fields.push([key, celValue(values, field)]);
  }
  return Object.fromEntries(fields);
}

/** At the root only these are visible, whatever the schema says. */
function rootFields(value: { readonly [key: string]: unknown }): [string, unknown][] {
  const { apiVersion, kind, metadata } = value;
  const visible = isJsonObject(metadata)
    ? Object.fromEntries(
        ['name', 'generateName'].flatMap((key) => (key in metadata ? [[key, metadata[key]]] : [])),
      )
    : {};
  return [
    ['apiVersion', apiVersion],
    ['kind', kind],
    ['metadata', visible],
  ];
}

// The reserved words of CEL, which a field name may not be (k8s.io/apiserver/pkg/cel/escaping.go).
const RESERVED: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

function escaped(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** True when the expression looks at what was there before: then it is a transition rule. */
function usesOldSelf(node: unknown): boolean {
  if (Array.isArray(node)) return node.some((child) => usesOldSelf(child));
  if (typeof node !== 'object' || node === null || !('op' in node) || !('args' in node)) return false;
  return node.op === 'id' ? node.args === 'oldSelf' || node.args === OLD_VALUE : usesOldSelf(node.args);
}
