/**
 * Manifests in a text of YAML or JSON, with the place of every field. Scalars are read as kubectl reads them
 * (YAML 1.1: `yes` is a boolean), so that the verdict on `tags: {a: yes}` is the same.
 * @module
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ScalarTag,
  type Tags,
} from 'yaml';

/** A place in a text, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One object of a text. */
export interface Manifest {
  readonly value: unknown;
  /** Where the field of a JSON pointer stands; of a missing field, where its nearest parent stands. */
  place(pointer: string): Place;
}

/** What a text holds, or why it cannot be read. */
export type Source =
  | { readonly kind: 'read'; readonly manifests: readonly Manifest[] }
  | { readonly kind: 'unreadable'; readonly place: Place; readonly message: string };

const START: Place = { line: 1, column: 1 };
/** Aliases that one document may resolve: far more than people write, far fewer than a bomb needs. */
const ALIASES = 100;

/** Octal as YAML 1.2 writes it, which kubectl knows beside YAML 1.1. */
const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7]+$/,
  resolve: (text) => Number(text.replace(/^[-+]/, '')),
};

/** Reads every document of `text`; a `List` counts as its items. */
export function readSource(text: string): Source {
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, {
      version: '1.1',
      customTags: kubectlTags,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const manifests: Manifest[] = [];
    for (const document of 'empty' in documents ? [] : documents) {
      const error = document.errors[0];
      if (error !== undefined) {
        const place = placeAt(lines, error.pos[0]);
        return { kind: 'unreadable', place, message: `Is not valid YAML: ${firstLine(error.message)}` };
      }
      manifests.push(...manifestsOf(document, lines));
    }
    return { kind: 'read', manifests };
  } catch (error) {
    // Alias bombs and nesting beyond the stack are thrown.
    const reason = error instanceof Error ? firstLine(error.message) : 'unknown error';
    return { kind: 'unreadable', place: START, message: `Cannot be read as YAML: ${reason}` };
  }
}

function manifestsOf(document: Document, lines: LineCounter): readonly Manifest[] {
  const value: unknown = document.toJS({ maxAliasCount: ALIASES });
  if (value === null || value === undefined) return [];
  const at = (prefix: readonly string[]) => (pointer: string) =>
    find(document, lines, [...prefix, ...pointer.split('/').slice(1).map(unescaped)]);
  const items = itemsOf(value);
  if (items === undefined) return [{ value, place: at([]) }];
  return items.map((item, index) => ({ value: item, place: at(['items', `${index}`]) }));
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('kind' in value) || typeof value.kind !== 'string' || !value.kind.endsWith('List')) return undefined;
  return 'items' in value && Array.isArray(value.items) ? value.items : undefined;
}

function find(document: Document, lines: LineCounter, steps: readonly string[]): Place {
  let node: unknown = document.contents;
  let offset = rangeStart(node);
  for (const key of steps) {
    const next = child(resolved(document, node), key);
    if (next === undefined) break;
    node = next.node;
    offset = next.offset ?? offset;
  }
  return placeAt(lines, offset);
}

/** The value under a key, and the place that people look for: of a field its key, of an item the item. */
function child(node: unknown, key: string): { node: unknown; offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return item === undefined ? undefined : { node: item, offset: rangeStart(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((one) => isScalar(one.key) && `${one.key.value}` === key);
  return pair === undefined ? undefined : { node: pair.value, offset: rangeStart(pair.key) };
}

function resolved(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isNode(node) ? node : undefined;
}

function rangeStart(node: unknown): number | undefined {
  return isNode(node) ? (node.range?.[0] ?? undefined) : undefined;
}

function placeAt(lines: LineCounter, offset: number | undefined): Place {
  if (offset === undefined) return START;
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** YAML 1.1 as kubectl knows it: without times, which it reads as text. */
function kubectlTags(tags: Tags): Tags {
  const kept = tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      !(tag.tag.endsWith(':timestamp') || ('format' in tag && tag.format === 'TIME')),
  );
  return [OCTAL, ...kept];
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/[.:]$/, '').slice(0, 200);
}
