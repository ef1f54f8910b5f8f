import type { Parameters } from './parameters.ts';

/** A request as it came off the socket, decoded and not yet believed. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values of the query, decoded. */
  readonly query: readonly Pair[];
  /** Names and values of a form body, decoded; empty for any other body. */
  readonly form: readonly Pair[];
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A name and its value. */
export type Pair = readonly [name: string, value: string];

/** Parameters of the protocol itself, which no operation sees. */
const PROTOCOL = new Set([
  'Action',
  'Version',
  'Format',
  'Timestamp',
  'Signature',
  'SignatureNonce',
  'SignatureMethod',
  'SignatureVersion',
  'SignatureType',
  'AccessKeyId',
  'SecurityToken',
]);

/**
 * Decodes `a=b&c=d`. A plus sign is a space, which both Go clients send so; undefined when a percent escape is broken.
 */
export function decodePairs(text: string): readonly Pair[] | undefined {
  const decode = (word: string) => decodeURIComponent(word.replaceAll('+', ' '));
  try {
    return text
      .split('&')
      .filter((part) => part !== '')
      .map((part): Pair => {
        const equals = part.indexOf('=');
        return equals < 0
          ? [decode(part), '']
          : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
      });
  } catch {
    return undefined;
  }
}

/** RFC 3986 encoding as both signature versions want it: only letters, digits and `-._~` stay. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `a=b&c=d` sorted by name in UTF-16 order and encoded. */
export function canonicalPairs(pairs: readonly Pair[]): string {
  return pairs
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

/** The value of a parameter of the query or else of the form. */
export function parameter(request: WireRequest, name: string): string | undefined {
  return [...request.query, ...request.form].find(([other]) => other === name)?.[1];
}

/** What the operation sees: query and form without the protocol's own parameters. */
export function businessParameters(request: WireRequest): Parameters {
  const pairs = [...request.query, ...request.form].filter(([name]) => !PROTOCOL.has(name));
  return Object.fromEntries(pairs);
}

/** The region of a request: its Host (`alb.<region>.…`), else its RegionId, else `cn-hangzhou`. */
export function regionOf(request: WireRequest): string {
  const host = /^alb(?:-vpc)?\.([a-z]{2}(?:-[a-z0-9]+)+)\./.exec(request.headers.host ?? '');
  return host?.[1] ?? (parameter(request, 'RegionId') || 'cn-hangzhou');
}
