import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { badRequest, failed, type Outcome, ok } from './failure.ts';

/** Bytes of a body at most (`--max-request-body-bytes` of the real server). */
export const BODY_LIMIT = 3 * 1024 * 1024;

/** Reads a whole body. 413 when it is too large; rejects when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Outcome<Buffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), 'utf8');
    length += bytes.length;
    if (length <= BODY_LIMIT) chunks.push(bytes);
  }
  if (length <= BODY_LIMIT) return ok(Buffer.concat(chunks));
  const message = `Request entity too large: limit is ${BODY_LIMIT}`;
  return failed({ code: 413, reason: 'RequestEntityTooLarge', message });
}

/** JSON, or YAML where the content type says so. 400 when it cannot be read. */
export function parseBody(bytes: Buffer, contentType: string): Outcome<unknown> {
  const text = bytes.toString('utf8');
  if (text === '') return ok(undefined);
  try {
    return ok(contentType.endsWith('yaml') ? (parse(text) as unknown) : JSON.parse(text));
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return failed(badRequest(`the object provided is unrecognized: ${why}`));
  }
}
