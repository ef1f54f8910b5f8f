import { equalJson, isJsonObject } from './object.ts';

/** The result of a JSON patch, or why it cannot be applied. */
export type Patched =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly message: string };

/** RFC 6902: `add`, `remove`, `replace`, `test`, `move` and `copy`, one after the other on a copy of `target`. */
export function jsonPatch(target: unknown, operations: unknown): Patched {
  if (!Array.isArray(operations)) return { kind: 'failed', message: 'The patch is not a list of operations' };
  let value: unknown = structuredClone(target);
  for (const operation of operations) {
    const next = isJsonObject(operation) ? applied(value, operation) : undefined;
    if (next === undefined) {
      return { kind: 'failed', message: `Operation ${JSON.stringify(operation)} cannot be applied` };
    }
    value = next.value;
  }
  return { kind: 'ok', value };
}

interface Holder {
  readonly value: unknown;
}

function applied(document: unknown, operation: { readonly [key: string]: unknown }): Holder | undefined {
  const path = pointer(operation.path);
  const from = pointer(operation.from);
  const { value } = operation;
  switch (operation.op) {
    case 'add':
      return path && set(document, path, value, true);
    case 'replace':
      return path && at(document, path) && set(document, path, value, false);
    case 'remove':
      return path && removed(document, path);
    case 'test': {
      const found = path && at(document, path);
      return found !== undefined && equalJson(found.value, value) ? { value: document } : undefined;
    }
    case 'copy':
    case 'move': {
      const source = from && at(document, from);
      if (source === undefined || from === undefined || path === undefined) return undefined;
      const rest = operation.op === 'move' ? removed(document, from) : { value: document };
      return rest && set(rest.value, path, source.value, true);
    }
  }
  return undefined;
}

function pointer(text: unknown): readonly string[] | undefined {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) return undefined;
  return text
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function at(document: unknown, path: readonly string[]): Holder | undefined {
  let value = document;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = Reflect.get(value, segment);
  }
  return { value };
}

/** The document with another value at `path`; `insert` makes room in a list instead of replacing. */
function set(
  document: unknown,
  path: readonly string[],
  value: unknown,
  insert: boolean,
): Holder | undefined {
  const [segment, ...rest] = path;
  if (segment === undefined) return { value };
  if (Array.isArray(document)) {
    const index = segment === '-' ? document.length : Number(segment);
    if (!Number.isInteger(index) || index < 0 || index > document.length) return undefined;
    if (rest.length === 0) return { value: document.toSpliced(index, insert ? 0 : 1, value) };
    const inner = index < document.length ? set(document[index], rest, value, insert) : undefined;
    return inner && { value: document.with(index, inner.value) };
  }
  if (!isJsonObject(document)) return undefined;
  const inner = rest.length === 0 ? { value } : set(document[segment], rest, value, insert);
  return inner && { value: { ...document, [segment]: inner.value } };
}

function removed(document: unknown, path: readonly string[]): Holder | undefined {
  const parent = at(document, path.slice(0, -1))?.value;
  const last = path.at(-1);
  if (last === undefined || at(document, path) === undefined) return undefined;
  const rest = Array.isArray(parent)
    ? parent.toSpliced(Number(last), 1)
    : Object.fromEntries(Object.entries(parent ?? {}).filter(([key]) => key !== last));
  return set(document, path.slice(0, -1), rest, false);
}
