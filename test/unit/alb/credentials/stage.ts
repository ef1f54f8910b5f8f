import type { Credential, CredentialResult } from '../../../../src/adapters/alb/credentials.ts';
import type { Exchange, HttpAnswer, HttpRequest } from '../../../../src/adapters/alb/exchange.ts';
import { createRecordingLog, type RecordingLog } from '../../kube/recordinglog.ts';
import { type VirtualClock, virtualClock } from '../clock.ts';
import { answer } from '../desk.ts';

/** What must never be seen in a message or a log line. */
export const CANARY = 'canary';
/** A token of a ServiceAccount in the form of a JWT, every part of it a canary. */
export const TOKEN = `${CANARY}Head0123456789.${CANARY}Claims0123456789.${CANARY}Signature0123456789`;

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** What a provider is made with, in virtual time; `respond` answers each request. */
export interface Stage {
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
  readonly seen: HttpRequest[];
  readonly exchange: Exchange;
  respond: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;
}

export function createStage(): Stage {
  const seen: HttpRequest[] = [];
  const stage: Stage = {
    clock: virtualClock(),
    log: createRecordingLog(),
    seen,
    async exchange(request) {
      seen.push(request);
      return stage.respond(request);
    },
    respond: () => ({ kind: 'failed', reason: 'NetworkError' }),
  };
  return stage;
}

/** Session keys on the wire; `number` makes them different from others. */
export function wireKeys(number: number, expiration: number): Record<string, string> {
  return {
    AccessKeyId: `STS.${CANARY}Id${number}`,
    AccessKeySecret: `${CANARY}Secret${number}`,
    SecurityToken: `${CANARY}Token${number}`,
    Expiration: `${new Date(expiration).toISOString().slice(0, 19)}Z`,
  };
}

/** The answer of AssumeRoleWithOIDC. */
export function assumed(
  number: number,
  expiration: number,
  headers: Record<string, string> = {},
): HttpAnswer {
  return answer(200, { RequestId: 'r-1', Credentials: wireKeys(number, expiration) }, headers);
}

/** The number of the keys in a result; the code of the error if it is one. */
export function numberOf(result: CredentialResult): number | string {
  return result.kind === 'error' ? result.code : Number(/\d+$/.exec(result.credential.accessKeyId)?.[0]);
}

/** The credential; throws when there is none. */
export function keysOf(result: CredentialResult): Credential {
  if (result.kind === 'error') throw new Error(`No keys: ${result.code} ${result.message}`);
  return result.credential;
}

/** The text of an error; throws when there is none. */
export function errorOf(result: CredentialResult): { readonly code: string; readonly message: string } {
  if (result.kind === 'ok') throw new Error('There are keys');
  return result;
}
