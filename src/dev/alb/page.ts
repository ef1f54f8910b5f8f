import type { Context } from './context.ts';
import { illegal, type Json, type Outcome } from './outcome.ts';
import { type Parameters, text } from './parameters.ts';

/** Where a page starts and how long it is. */
export interface PageRequest {
  readonly offset: number;
  readonly size: number;
  /** As asked for, and as answered. */
  readonly maxResults: number;
}

/** Marks a token as ours; its characters make base64 use all of its alphabet, so that clients must encode it. */
const MARK = '\u00fb\u00ff\u00be';

function tokenOf(offset: number): string {
  return Buffer.from(`${MARK}${offset}`, 'latin1').toString('base64');
}

function offsetOf(token: string): number | undefined {
  const plain = Buffer.from(token, 'base64').toString('latin1');
  if (!plain.startsWith(MARK)) return undefined;
  const offset = Number(plain.slice(MARK.length));
  return Number.isInteger(offset) && offset >= 0 ? offset : undefined;
}

/** Reads MaxResults (1 to 100, default 20) and NextToken; a flaw is an outcome. */
export function pageRequest({ options }: Context, parameters: Parameters): PageRequest | Outcome {
  const maxResults = Number(text(parameters, 'MaxResults') ?? '20');
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 100)
    return illegal('MaxResults', 'a whole number from 1 to 100');
  const token = text(parameters, 'NextToken');
  const offset = token === undefined ? 0 : offsetOf(token);
  if (offset === undefined) return illegal('NextToken', 'as an earlier page answered it');
  return { offset, size: Math.min(maxResults, options.pageSize), maxResults };
}

/** One page of items, and the fields that every paged answer has. */
export function page<Item>(
  items: readonly Item[],
  request: PageRequest,
): {
  readonly slice: readonly Item[];
  readonly next: number | undefined;
  readonly fields: Record<string, Json>;
} {
  const end = request.offset + request.size;
  const next = end < items.length ? end : undefined;
  const fields: Record<string, Json> = { MaxResults: request.maxResults, TotalCount: items.length };
  if (next !== undefined) fields.NextToken = tokenOf(next);
  return { slice: items.slice(request.offset, end), next, fields };
}
