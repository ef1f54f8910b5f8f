/**
 * The table of values in the chart's README, made of the comments in its values.yaml.
 * @module
 */
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** One row: the path of a value, its default as JSON, and what the comment says. */
export interface ValueRow {
  readonly path: string;
  readonly fallback: string;
  readonly about: string;
}

/**
 * Every value, in the order of the file. A mapping whose keys have comments is opened; any other one is a value.
 * @throws when a key at a level of ours has no comment, with its path.
 */
export function valueRows(text: string): readonly ValueRow[] {
  const document = parseDocument(text);
  if (!isMap(document.contents)) throw new Error('values.yaml is not a mapping');
  return rowsOf(document.contents, '');
}

function rowsOf(map: YAMLMap, prefix: string): readonly ValueRow[] {
  return map.items.flatMap((pair, index) => {
    const path = `${prefix}${keyOf(pair)}`;
    // A comment before the first key of a nested mapping belongs to the mapping.
    const about = commentOf(pair) ?? (index === 0 ? lastParagraph(map.commentBefore) : undefined);
    if (about === undefined) throw new Error(`values.yaml: '${path}' has no comment`);
    const { value } = pair;
    if (isMap(value) && isDocumented(value)) return rowsOf(value, `${path}.`);
    return [{ path, about, fallback: JSON.stringify(toJson(value)) }];
  });
}

/** Whether the keys of a mapping are values of their own: then the first one has a comment, as all must have. */
function isDocumented(map: YAMLMap): boolean {
  const [first] = map.items;
  return first !== undefined && (commentOf(first) ?? lastParagraph(map.commentBefore)) !== undefined;
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function commentOf({ key }: Pair): string | undefined {
  return isScalar(key) ? lastParagraph(key.commentBefore) : undefined;
}

/** The lines right above a key; what stands apart from it, such as the head of the file, is not about it. */
function lastParagraph(comment: string | null | undefined): string | undefined {
  if (comment === null || comment === undefined) return undefined;
  const paragraph = comment.split(/\n\s*\n/).at(-1) ?? '';
  const about = paragraph.replaceAll(/\s*\n\s*/g, ' ').trim();
  return about === '' ? undefined : about;
}

function toJson(value: unknown): unknown {
  const known = value as { toJSON?: () => unknown } | null;
  return known?.toJSON?.() ?? value;
}
