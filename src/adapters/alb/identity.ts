/**
 * Whose keys these are: sts:GetCallerIdentity, which needs no permission.
 * @module
 */
import type { CloudResult } from '../../ports/cloud.ts';
import type { Call } from './call.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { Endpoints } from './endpoints.ts';
import { credentialError, ownError } from './errors.ts';
import { readAccount } from './wire.ts';

/** Version of the STS API. */
const STS_VERSION = '2015-04-01';

/** An account, and the `Credential.source` that it was asked with. */
export interface Known {
  readonly accountId: string;
  readonly arn: string;
  readonly source: string;
}

/** The account behind a provider's keys. */
export interface Identity {
  account(): Promise<CloudResult<Known>>;
  /** The account id if it has been learned. */
  known(): string | undefined;
  /** A call by the keys of this source was refused: nobody knows any more whose they are, nor whether they work. */
  doubt(source: string): void;
}

/**
 * Asks once for each configuration of keys (`Credential.source`), and again after they were refused; callers share a
 * call, failures are not kept.
 */
export function createIdentity(call: Call, credentials: Credentials, endpoints: Endpoints): Identity {
  const running = new Map<string, Promise<CloudResult<Known>>>();
  let latest: Known | undefined;
  let doubted = false;

  async function ask(credential: Credential): Promise<CloudResult<Known>> {
    const endpoint = endpoints.sts();
    if (endpoint.kind === 'error') {
      return { kind: 'error', error: ownError('refused', 'InvalidEndpoint', endpoint.message) };
    }
    const { origin } = endpoint;
    const base = { action: 'GetCallerIdentity', version: STS_VERSION, region: 'sts', mutating: false };
    const result = await call({ ...base, origin, parameters: {}, credential }, readAccount);
    if (result.kind === 'error') return result;
    latest = { ...result.value, source: credential.source };
    doubted = false;
    return { kind: 'ok', value: latest };
  }

  return {
    async account() {
      const current = await credentials.current();
      if (current.kind === 'error') {
        return { kind: 'error', error: credentialError(current.code, current.message) };
      }
      const { credential } = current;
      if (latest?.source === credential.source && !doubted) return { kind: 'ok', value: latest };
      const shared = running.get(credential.source);
      if (shared !== undefined) return shared;
      const asked = ask(credential).finally(() => running.delete(credential.source));
      running.set(credential.source, asked);
      return asked;
    },
    known: () => latest?.accountId,
    doubt: (source) => {
      if (latest?.source === source) doubted = true;
    },
  };
}
