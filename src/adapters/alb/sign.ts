/**
 * Signature V3 (`ACS3-HMAC-SHA256`) of Alibaba Cloud's RPC APIs, as a pure function.
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The name of the signature method, also the first word of `Authorization`. */
const ALGORITHM = 'ACS3-HMAC-SHA256';

/** `x-acs-content-sha256` of an empty body: every parameter travels in the query. */
export const EMPTY_BODY_HASH = bytesToHex(sha256(new Uint8Array(0)));

/** What is signed. Header names are in lower case; `x-acs-*`, `host` and `content-type` are covered. */
export interface Signable {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body, the value of `x-acs-content-sha256`. */
  readonly bodyHash: string;
}

/** The key of a signature. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/**
 * The value by RFC 3986: everything but letters, digits and `-_.~` is escaped.
 * A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD instead of an exception.
 */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The order of JavaScript strings, by UTF-16 code unit, whatever the locale. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The query, sorted by UTF-16 code unit as the gateway sorts it; sent as it is signed. */
export function canonicalQuery(parameters: Readonly<Record<string, string>>): string {
  return Object.keys(parameters)
    .sort(byCodeUnit)
    .map((key) => `${percentEncode(key)}=${percentEncode(parameters[key] ?? '')}`)
    .join('&');
}

function isSigned(name: string): boolean {
  return name.startsWith('x-acs-') || name === 'host' || name === 'content-type';
}

/** The text whose hash is signed. It repeats a session token: never log it. */
export function canonicalRequest(request: Signable): { readonly text: string; readonly signed: string } {
  const names = Object.keys(request.headers).filter(isSigned).sort(byCodeUnit);
  const headers = names.map((name) => `${name}:${(request.headers[name] ?? '').trim()}\n`).join('');
  const signed = names.join(';');
  const query = canonicalQuery(request.parameters);
  return {
    text: [request.method, request.path, query, headers, signed, request.bodyHash].join('\n'),
    signed,
  };
}

/** The value of the `Authorization` header. */
export function authorization(request: Signable, key: SigningKey): string {
  const { text, signed } = canonicalRequest(request);
  const toSign = `${ALGORITHM}\n${bytesToHex(sha256(utf8ToBytes(text)))}`;
  const signature = bytesToHex(hmac(sha256, utf8ToBytes(key.accessKeySecret), utf8ToBytes(toSign)));
  return `${ALGORITHM} Credential=${key.accessKeyId},SignedHeaders=${signed},Signature=${signature}`;
}

/** `x-acs-date` of a wall time: seconds, UTC. */
export function signatureDate(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19)}Z`;
}
