import type { ServerResponse } from 'node:http';
import { type Failure, statusBody } from './failure.ts';
import type { JsonObject } from './object.ts';

/** What a request is answered with. */
export interface Reply {
  readonly code: number;
  readonly body: JsonObject;
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

/** Sends an answer; true when there is still somebody to send it to. */
export function send(response: ServerResponse, { code, body, warnings = [], retryAfter }: Reply): boolean {
  if (response.destroyed || response.socket === null || response.socket.destroyed) return false;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  for (const warning of warnings) response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`);
  const text = `${JSON.stringify(body)}\n`;
  response
    .writeHead(code, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-cache, private',
    })
    .end(text);
  return true;
}
