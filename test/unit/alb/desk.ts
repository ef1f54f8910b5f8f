import { type AlbCloud, type CloudOptions, createCloud } from '../../../src/adapters/alb/cloud.ts';
import { environmentCredentials } from '../../../src/adapters/alb/credentials.ts';
import { createEndpoints } from '../../../src/adapters/alb/endpoints.ts';
import type { HttpAnswer, HttpRequest } from '../../../src/adapters/alb/exchange.ts';
import type { Fields, Log } from '../../../src/ports/log.ts';
import { type VirtualClock, virtualClock } from './clock.ts';

/** Keys of the tests, each a canary: none may ever be seen in an error or a log line. */
export const KEYS = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'canaryAccessKeyId01',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'canaryAccessKeySecret02',
  ALIBABA_CLOUD_SECURITY_TOKEN: 'canarySecurityToken03/+=',
};

/** A request as a test looks at it. */
export interface Seen {
  readonly action: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
  readonly at: number;
}

/** A cloud whose exchange is a function, in virtual time. */
export interface Desk {
  readonly cloud: AlbCloud;
  readonly clock: VirtualClock;
  readonly seen: Seen[];
  readonly lines: { readonly level: string; readonly message: string; readonly fields: Fields }[];
  readonly calls: { readonly action: string; readonly kind: string; readonly ms: number }[];
}

/** A whole answer with a JSON body, or with the text as it is. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: 'answer', status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** A refusal of the API. */
export function refusal(status: number, code: string, message = 'no', headers = {}): HttpAnswer {
  return answer(status, { RequestId: 'r-1', Code: code, Message: message }, headers);
}

function recordingLog(lines: Desk['lines'], base: Fields = {}): Log {
  const at = (level: string) => (message: string, fields?: Fields) => {
    lines.push({ level, message, fields: { ...base, ...fields } });
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => recordingLog(lines, { ...base, ...fields }),
  };
}

/** Wires a cloud to `respond`. */
export function desk(
  respond: (request: Seen, raw: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
  options: Partial<CloudOptions> = {},
): Desk {
  const clock = virtualClock();
  const seen: Seen[] = [];
  const lines: Desk['lines'] = [];
  const calls: Desk['calls'] = [];
  let nonce = 0;
  const cloud = createCloud({
    credentials: environmentCredentials(KEYS),
    endpoints: createEndpoints({ network: 'public' }),
    async exchange(raw) {
      const url = new URL(raw.url);
      const action = raw.headers['x-acs-action'] ?? '';
      const request = {
        action,
        query: Object.fromEntries(url.searchParams),
        headers: raw.headers,
        url: raw.url,
        at: clock.monotonic(),
      };
      seen.push(request);
      return respond(request, raw);
    },
    clock,
    log: recordingLog(lines),
    nonce() {
      nonce += 1;
      return `nonce-${nonce}`;
    },
    userAgent: 'albsp/test',
    onCall: (record) => calls.push(record),
    ...options,
  });
  return { cloud, clock, seen, lines, calls };
}

/** A policy as ListSecurityPolicies shows it. */
export function wirePolicy(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    SecurityPolicyId: id,
    SecurityPolicyName: `name-${id}`,
    TLSVersions: ['TLSv1.2'],
    Ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'],
    SecurityPolicyStatus: 'Available',
    ResourceGroupId: 'rg-1',
    CreateTime: '2023-02-15T07:37:33Z',
    Tags: [{ Key: 'k', Value: 'v' }],
    ...more,
  };
}

/** A page of ListSecurityPolicies. */
export function wirePage(ids: readonly string[], nextToken?: string, total?: number): HttpAnswer {
  return answer(200, {
    RequestId: 'r-1',
    MaxResults: 100,
    TotalCount: total ?? ids.length,
    NextToken: nextToken ?? '',
    SecurityPolicies: ids.map((id) => wirePolicy(id)),
  });
}
