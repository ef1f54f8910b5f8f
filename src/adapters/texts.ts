/**
 * Shares what many objects say in the same words. Ten thousand policies name the same few suites, conditions and tags,
 * and `JSON.parse` makes each of those texts anew.
 * @module
 */

/** Longer texts are hardly ever said twice. */
const LONGEST = 128;
/** Most texts, and most lists of texts, that are remembered; then all are forgotten, and the common ones soon return. */
const MOST = 2_000;

const texts = new Map<string, string>();
const lists = new Map<string, readonly string[]>();

/**
 * Replaces, in place, each text and each list of texts within a parsed JSON value by an equal one that was seen before,
 * and answers the value. Lists of texts are frozen, since others hold them, too.
 */
export function shareTexts<T>(value: T): T;
export function shareTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST ? value : remembered(texts, value, value);
  if (Array.isArray(value)) return shareList(value);
  if (isRecord(value)) for (const key in value) value[key] = shareTexts(value[key]);
  return value;
}

function shareList(list: unknown[]): readonly unknown[] {
  for (const [index, item] of list.entries()) list[index] = shareTexts(item);
  if (list.length === 0 || !isTexts(list)) return list;
  return remembered(lists, JSON.stringify(list), Object.freeze(list));
}

function remembered<T>(pool: Map<string, T>, key: string, value: T): T {
  const known = pool.get(key);
  if (known !== undefined) return known;
  if (pool.size >= MOST) pool.clear();
  pool.set(key, value);
  return value;
}

/** Whether a parsed JSON value has fields: an object, or a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isTexts(list: readonly unknown[]): list is readonly string[] {
  return list.every((item) => typeof item === 'string');
}
