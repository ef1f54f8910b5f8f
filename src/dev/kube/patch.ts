import { isJsonObject, type JsonObject } from './object.ts';
import { listMapKey, type Schema, valueSchema } from './schema.ts';

/** RFC 7396: fields of `patch` replace those of `target`, null removes. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const out: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = mergePatch(out[key], value);
  }
  return out;
}

/**
 * Server-side apply in its simplest form: `applied` is laid over `target`, lists of type `map` by key, other lists whole;
 * fields that the same manager applied before (`last`) and leaves out now are removed.
 * Who else set a field is not known here, so that there are no conflicts.
 */
export function applied(schema: Schema, target: unknown, next: unknown, last: unknown): unknown {
  if (Array.isArray(next)) return appliedList(schema, target, next, last);
  if (!isJsonObject(next) || schema['x-kubernetes-map-type'] === 'atomic') return next;
  const out: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  const before: JsonObject = isJsonObject(last) ? last : {};
  for (const key of Object.keys(before)) {
    if (!(key in next)) delete out[key];
  }
  for (const [key, value] of Object.entries(next)) {
    const known = schema.properties?.[key] ?? valueSchema(schema) ?? {};
    out[key] = applied(known, out[key], value, before[key]);
  }
  return out;
}

function appliedList(schema: Schema, target: unknown, next: readonly unknown[], last: unknown): unknown {
  const items = schema.items ?? {};
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(target)) return next;
  const key = (item: unknown): string => listMapKey(schema, item) ?? '';
  const byKey = new Map(next.map((item) => [key(item), item]));
  const before = new Map((Array.isArray(last) ? last : []).map((item: unknown) => [key(item), item]));
  const kept = target.flatMap((item: unknown) => {
    const other = byKey.get(key(item));
    byKey.delete(key(item));
    if (other !== undefined) return [applied(items, item, other, before.get(key(item)))];
    return before.has(key(item)) ? [] : [item];
  });
  return [...kept, ...byKey.values()];
}
