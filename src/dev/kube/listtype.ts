import type { Cause } from './failure.ts';
import { isJsonObject } from './object.ts';
import { listMapKey, type Schema, valueSchema } from './schema.ts';
import { violation } from './violation.ts';

/** Violations of `x-kubernetes-list-type`: a key of a map, or an item of a set, that is there twice. */
export function duplicates(schema: Schema, value: unknown, path = ''): readonly Cause[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const below =
      items === undefined ? [] : value.flatMap((item, i) => duplicates(items, item, `${path}[${i}]`));
    return [...repeated(schema, value, path), ...below];
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, field]) => {
    const named = schema.properties?.[key];
    const at = path === '' ? key : `${path}.${key}`;
    if (named !== undefined) return duplicates(named, field, at);
    const values = valueSchema(schema);
    return values === undefined ? [] : duplicates(values, field, `${path}[${key}]`);
  });
}

function repeated(schema: Schema, list: readonly unknown[], path: string): readonly Cause[] {
  const seen = new Set<string>();
  const causes: Cause[] = [];
  for (const [index, item] of list.entries()) {
    const key = schema['x-kubernetes-list-type'] === 'set' ? JSON.stringify(item) : listMapKey(schema, item);
    if (key === undefined) continue;
    if (seen.has(key)) {
      causes.push(violation('FieldValueDuplicate', `${path}[${index}]`, { shown: shown(schema, item) }));
    }
    seen.add(key);
  }
  return causes;
}

function shown(schema: Schema, item: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !isJsonObject(item)) return item;
  return Object.fromEntries(keys.map((key) => [key, item[key]]));
}
