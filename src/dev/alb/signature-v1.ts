/**
 * Signature V1 of RPC requests (HMAC-SHA1), for older clients; the operator never uses it.
 * @module
 */
import { createHmac } from 'node:crypto';
import { canonicalPairs, encode, type WireRequest } from './wire.ts';

/** The text that is signed: every parameter of query and form, empty ones too, but not the signature. */
export function stringToSignV1(request: Pick<WireRequest, 'method' | 'query' | 'form'>): string {
  const pairs = [...request.query, ...request.form].filter(([name]) => name !== 'Signature');
  return `${request.method}&%2F&${encode(canonicalPairs(pairs))}`;
}

/** The signature of it, base64. */
export function signV1(stringToSign: string, secret: string): string {
  return createHmac('sha1', `${secret}&`).update(stringToSign).digest('base64');
}
