/**
 * Lists: consistent, in pages, at a resourceVersion.
 * @module
 */
import type { Address } from './address.ts';
import { badRequest, expired, failed, invalid, type Outcome, ok, tooLarge } from './failure.ts';
import type { JsonObject, KubeObject } from './object.ts';
import { selectorOf } from './selector.ts';
import type { Store } from './store.ts';
import { violation } from './violation.ts';

/** A page of a list and its `metadata`. */
export interface Page {
  readonly objects: readonly KubeObject[];
  readonly metadata: JsonObject;
}

interface Position {
  readonly revision: number;
  readonly after: string;
}

/** The page that a query asks for. 410 when its resourceVersion or continue token is too old, 504 when it is of the future. */
export function listed(store: Store, address: Address, parameters: URLSearchParams): Outcome<Page> {
  const selector = selectorOf(parameters, address.name);
  if (selector.kind === 'failed') return selector;
  const start = startOf(store, parameters);
  if (start.kind === 'failed') return start;
  const { revision, after } = start.value;
  const table = store.at(address.resource.storage, revision);
  const prefix = address.namespace === undefined ? '' : `${address.namespace}/`;
  const keys = [...table.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted(bytewise);
  // The watch cache that answers for resourceVersion 0 ignores the limit.
  const limit = parameters.get('resourceVersion') === '0' ? 0 : Number(parameters.get('limit') ?? 0);
  const objects: KubeObject[] = [];
  let last = after;
  let seen = 0;
  for (const key of keys) {
    if (limit > 0 && objects.length === limit) break;
    seen += 1;
    last = key;
    const object = table.get(key);
    if (object !== undefined && (selector.value?.(object) ?? true)) objects.push(object);
  }
  const remaining = keys.length - seen;
  const more =
    remaining === 0
      ? address.resource.custom === undefined
        ? {}
        : { continue: '' }
      : {
          continue: token({ revision, after: last }),
          ...(selector.value === undefined ? { remainingItemCount: remaining } : {}),
        };
  return ok({ objects, metadata: { resourceVersion: String(revision), ...more } });
}

function bytewise(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function startOf(store: Store, parameters: URLSearchParams): Outcome<Position> {
  const asked = parameters.get('resourceVersion') ?? '';
  const match = parameters.get('resourceVersionMatch') ?? '';
  const limit = parameters.get('limit') ?? '';
  if (!/^\d*$/.test(limit)) {
    return failed(badRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`));
  }
  const mismatch = matchViolation(parameters, asked, match);
  if (mismatch !== undefined) return mismatch;
  const continued = parameters.get('continue') ?? '';
  if (continued !== '') return continuation(store, continued);
  const newest = { revision: store.revision, after: '' };
  if (asked === '' || asked === '0') return ok(newest);
  if (!/^\d+$/.test(asked)) return failed(badRequest(`invalid resource version: ${notANumber(asked)}`));
  const revision = Number(asked);
  if (revision > store.revision) return failed(tooLarge(revision, store.revision));
  if (match !== 'Exact') return ok(newest);
  if (revision < store.oldest) return failed(expired(TOO_OLD));
  return ok({ revision, after: '' });
}

/** The words for a resourceVersion that is no number; Go's own included. */
export function notANumber(text: string): string {
  return `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
}

const TOO_OLD = 'The resourceVersion for the provided list is too old.';

function matchViolation(
  parameters: URLSearchParams,
  asked: string,
  match: string,
): Outcome<never> | undefined {
  const refuse = (field: string, detail: string): Outcome<never> =>
    failed(invalid('meta.k8s.io', 'ListOptions', '', [violation('FieldValueForbidden', field, { detail })]));
  if (parameters.has('sendInitialEvents')) {
    return refuse('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  }
  const field = 'resourceVersionMatch';
  if (match === '') return undefined;
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    const detail = 'supported values: "Exact", "NotOlderThan", ""';
    const cause = violation('FieldValueNotSupported', field, { shown: match, detail });
    return failed(invalid('meta.k8s.io', 'ListOptions', '', [cause]));
  }
  if (asked === '') return refuse(field, `${field} is forbidden unless resourceVersion is provided`);
  if (parameters.has('continue')) return refuse(field, `${field} is forbidden when continue is provided`);
  if (match === 'Exact' && asked === '0') {
    return refuse(field, `${field} "exact" is forbidden for resourceVersion "0"`);
  }
  return undefined;
}

function token({ revision, after }: Position): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after });
  return Buffer.from(text, 'utf8').toString('base64url');
}

// What the real server says, with the token that goes on without consistency in `metadata.continue`.
const CONTINUE_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

function continuation(store: Store, text: string): Outcome<Position> {
  const position = parsed(text);
  if (position === undefined)
    return failed(
      badRequest('invalid continue token: continue key is not valid: not a token of this server'),
    );
  const { revision, after } = position;
  // -1: the token of a 410, which goes on with what is there now.
  if (revision === -1) return ok({ revision: store.revision, after });
  if (revision >= store.oldest) return ok(position);
  return failed({ ...expired(CONTINUE_TOO_OLD), metadata: { continue: token({ revision: -1, after }) } });
}

function parsed(text: string): Position | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null || !('rv' in value) || !('start' in value))
      return undefined;
    const { rv, start } = value;
    return typeof rv === 'number' && typeof start === 'string' ? { revision: rv, after: start } : undefined;
  } catch {
    return undefined;
  }
}
