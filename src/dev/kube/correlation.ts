import { isJsonObject } from './object.ts';
import { listMapKey, type Schema } from './schema.ts';

/** The value that `next[key]` replaces, or `undefined` when the two cannot be told to be the same field. */
export function oldField(schema: Schema, old: unknown, key: string): unknown {
  if (schema['x-kubernetes-map-type'] === 'atomic' || !isJsonObject(old)) return undefined;
  return old[key];
}

/** The item of `old` that `item` replaces: only lists of type `map` have such items, all others are atomic. */
export function oldItem(schema: Schema, old: unknown, item: unknown): unknown {
  const key = listMapKey(schema, item);
  if (key === undefined || !Array.isArray(old)) return undefined;
  return old.find((candidate: unknown) => listMapKey(schema, candidate) === key);
}
