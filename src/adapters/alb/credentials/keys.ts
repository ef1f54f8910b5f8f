/**
 * Keys that are compared, and session keys as STS and the metadata service write them.
 * @module
 */
import type { Millis } from '../../../ports/clock.ts';
import { type Credential, credentialOf } from '../credentials.ts';
import type { Answer } from '../errors.ts';
import type { Json, Read } from '../wire.ts';
import type { Session } from './session.ts';

/** Whether two credentials sign alike; `source` is not compared. */
export function sameKeys(left: Credential, right: Credential): boolean {
  return (
    left.accessKeyId === right.accessKeyId &&
    left.accessKeySecret === right.accessKeySecret &&
    left.securityToken === right.securityToken
  );
}

const NAMES = { id: 'AccessKeyId', secret: 'AccessKeySecret', token: 'SecurityToken' } as const;

function textOf(body: Json, name: string): string {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return typeof value === 'string' ? value : '';
}

/** An object inside an answer; undefined when it is none. */
export function objectIn(body: Json, name: string): Json | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return isJson(value) ? value : undefined;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads `AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration`. The life is what the server's own clock
 * says when the answer tells it (`date`), else ours (`now`, wall time), so a node whose clock is off loses nothing.
 * *Errors*: name the field and the rule, never a value.
 */
export function readSession(
  body: Json,
  source: string,
  { headers, now }: { readonly headers: Answer['headers']; readonly now: Millis },
): Read<Session> {
  const fields = {
    id: textOf(body, NAMES.id),
    secret: textOf(body, NAMES.secret),
    token: textOf(body, NAMES.token),
  };
  if (fields.token.trim() === '') return { kind: 'bad', reason: `${NAMES.token} is missing or empty` };
  const read = credentialOf(source, fields, NAMES);
  if (read.kind === 'error') return { kind: 'bad', reason: read.message };
  const end = Date.parse(textOf(body, 'Expiration'));
  if (!Number.isFinite(end)) return { kind: 'bad', reason: 'Expiration is not a time' };
  const theirs = Date.parse(headers.date ?? '');
  return {
    kind: 'ok',
    value: { credential: read.credential, life: end - (Number.isFinite(theirs) ? theirs : now) },
  };
}
