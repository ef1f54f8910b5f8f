import { canonicalRequestV3, sha256, signV3 } from '../../../src/dev/alb/signature-v3.ts';
import { canonicalPairs } from '../../../src/dev/alb/wire.ts';
import type { Clock } from '../../../src/ports/clock.ts';

/** A key to sign with. */
export interface CallerKey {
  readonly id: string;
  readonly secret: string;
  readonly securityToken?: string;
}

/** What goes with a call beside its parameters. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly version?: string;
  readonly userAgent?: string;
}

/** Signs and sends requests as fetch sends them, so that a test sees each answer raw. */
export class Caller {
  readonly #url: string;
  readonly #key: CallerKey;
  readonly #clock: Clock;
  #nonce = 0;

  constructor(url: string, key: CallerKey, clock: Clock) {
    this.#url = url;
    this.#key = key;
    this.#clock = clock;
  }

  /** Sends one signed request. Rejects as fetch does. */
  call(
    action: string,
    parameters: Readonly<Record<string, string>> = {},
    options: CallOptions = {},
  ): Promise<Response> {
    this.#nonce += 1;
    const signed = {
      host: new URL(this.#url).host,
      'x-acs-action': action,
      'x-acs-content-sha256': sha256(''),
      'x-acs-date': `${new Date(this.#clock.now()).toISOString().slice(0, 19)}Z`,
      ...(this.#key.securityToken === undefined ? {} : { 'x-acs-security-token': this.#key.securityToken }),
      'x-acs-signature-nonce': `${this.#key.id}-${this.#nonce}`,
      'x-acs-version': options.version ?? '2020-06-16',
    };
    const names = Object.keys(signed);
    const query = Object.entries(parameters);
    const wire = { method: 'POST', path: '/', query, form: [], headers: signed, body: Buffer.alloc(0) };
    const signature = signV3(canonicalRequestV3(wire, names), this.#key.secret);
    const authorization = `ACS3-HMAC-SHA256 Credential=${this.#key.id},SignedHeaders=${names.join(';')},Signature=${signature}`;
    const { host: _, ...headers } = signed;
    return fetch(`${this.#url}/?${canonicalPairs(query)}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...headers, authorization, 'user-agent': options.userAgent ?? 'caller' },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }
}
