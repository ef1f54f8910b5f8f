/**
 * Signature V3 (ACS3-HMAC-SHA256) from the documentation, on purpose not sharing code with the operator's signer.
 * @module
 */
import { createHash, createHmac } from 'node:crypto';
import { canonicalPairs, type WireRequest } from './wire.ts';

/** The parts of an `Authorization: ACS3-HMAC-SHA256 …` header. */
export interface V3Authorization {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const FORM = /^ACS3-HMAC-SHA256 +Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/;

/** Reads the header; undefined when it has another form. */
export function parseV3(header: string): V3Authorization | undefined {
  const [, accessKeyId, names, signature] = FORM.exec(header) ?? [];
  if (accessKeyId === undefined || names === undefined || signature === undefined) return undefined;
  return { accessKeyId, signedHeaders: names.split(';'), signature };
}

/** Hex SHA-256. */
export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The text whose hash is signed. */
export function canonicalRequestV3(request: WireRequest, signedHeaders: readonly string[]): string {
  const names = signedHeaders.toSorted();
  const lines = names.map((name) => `${name}:${(request.headers[name] ?? '').trim()}\n`);
  return [
    request.method,
    request.path,
    canonicalPairs(request.query),
    lines.join(''),
    names.join(';'),
    request.headers['x-acs-content-sha256'] ?? sha256(request.body),
  ].join('\n');
}

/** The signature of a canonical request. */
export function signV3(canonicalRequest: string, secret: string): string {
  const stringToSign = `ACS3-HMAC-SHA256\n${sha256(canonicalRequest)}`;
  return createHmac('sha256', secret).update(stringToSign).digest('hex');
}

/** The headers that must be signed: host, content-type and everything of `x-acs-`. */
export function mustBeSigned(request: WireRequest): readonly string[] {
  const hasBody = request.body.length > 0;
  return Object.keys(request.headers).filter(
    (name) => name === 'host' || name.startsWith('x-acs-') || (name === 'content-type' && hasBody),
  );
}
