import type { ServerResponse } from 'node:http';
import { type Failure, statusBody } from './failure.ts';
import type { JsonObject } from './object.ts';

/** What a request is answered with. */
export interface Reply {
  readonly code: number;
  readonly body: JsonObject;
  /** Sent instead of the body. */
  readonly text?: string;
  /** Shown by clients such as kubectl. */
  readonly warnings?: readonly string[];
  /** Seconds. */
  readonly retryAfter?: number;
}

/** A failure as an answer. */
export function refusal(failure: Failure): Reply {
  const { code, retryAfter } = failure;
  return { code, body: statusBody(failure), ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** What the real server says of a path that it does not know: no `Status`, just text. */
export const PAGE_NOT_FOUND: Reply = { code: 404, body: {}, text: '404 page not found\n' };

/** Sends an answer; true when there is still somebody to send it to. */
export function send(response: ServerResponse, reply: Reply): boolean {
  const { code, body, warnings = [], retryAfter } = reply;
  if (response.destroyed || response.socket === null || response.socket.destroyed) return false;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  for (const warning of warnings) response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`);
  const text = reply.text ?? `${JSON.stringify(body)}\n`;
  response
    .writeHead(code, {
      'content-type': reply.text === undefined ? 'application/json' : 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-cache, private',
    })
    .end(text);
  return true;
}
