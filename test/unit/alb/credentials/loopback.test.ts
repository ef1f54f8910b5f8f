/** The providers over real sockets, against the stand-in for STS and the metadata service. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { credentialsFor } from '../../../../src/adapters/alb/credentials/factory.ts';
import type { Credential, Credentials } from '../../../../src/adapters/alb/credentials.ts';
import { createEndpoints } from '../../../../src/adapters/alb/endpoints.ts';
import type { Exchange } from '../../../../src/adapters/alb/exchange.ts';
import { type ClosableExchange, createUndiciExchange } from '../../../../src/adapters/alb/undici.ts';
import type { AlbOptions } from '../../../../src/dev/alb/options.ts';
import { type RunningAlb, startAlb } from '../../../../src/dev/alb/server.ts';
import { HandClock, seeded } from '../../devalb/bench.ts';
import { Caller } from '../../devalb/caller.ts';
import { createRecordingLog } from '../../kube/recordinglog.ts';
import { errorOf, keysOf, MINUTE, TOKEN } from './stage.ts';

const ROLE = 'acs:ram::2000000000000002:role/albsp';
const RRSA = {
  kind: 'rrsa',
  role: { roleArn: ROLE, oidcProviderArn: 'acs:ram::2000000000000002:oidc-provider/ack-rrsa-c1' },
} as const;

let alb: RunningAlb | undefined;
let network: ClosableExchange;
let clock: HandClock;
let token: string;
let requests: string[];
let flying: number;
const log = createRecordingLog();

beforeEach(() => {
  clock = new HandClock();
  network = createUndiciExchange();
  token = TOKEN;
  requests = [];
  flying = 0;
  callers.clear();
});
afterEach(async () => {
  await network.close();
  await alb?.close();
  alb = undefined;
});

/** Real sockets; the Date of an answer is of the real clock, and the model's time is another one. */
const exchange: Exchange = async (request, signal) => {
  requests.push(`${request.method} ${new URL(request.url).pathname}`);
  flying += 1;
  const answer = await network.exchange(request, signal);
  flying -= 1;
  if (answer.kind !== 'answer') return answer;
  const { date: _, ...headers } = answer.headers;
  return { ...answer, headers };
};

/** Until a refresh that nobody waits for has ended: the clock of the test is faster than any socket. */
async function landed(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (flying > 0);
}

async function provider(
  kind: 'rrsa' | 'ecsRamRole',
  options: Partial<AlbOptions> = {},
): Promise<{ readonly credentials: Credentials; readonly alb: RunningAlb }> {
  alb = await startAlb({ accessKeys: [], options: { rates: {}, ...options }, clock, random: seeded(3) });
  const credentials = credentialsFor(kind === 'rrsa' ? RRSA : { kind }, {
    environment: {},
    clock,
    log,
    exchange,
    endpoints: createEndpoints({ network: 'public', alb: alb.url }),
    metadataEndpoint: alb.url,
    userAgent: 'albsp/test',
    sessionName: 'pod',
    signal: new AbortController().signal,
    readFile: async () => token,
    readSecret: async () => ({ kind: 'notFound', message: 'no' }),
  });
  return { credentials, alb };
}

/** Asks the stand-in whose keys these are. */
const callers = new Map<string, Caller>();
async function identity(url: string, keys: Credential): Promise<Record<string, unknown>> {
  const { accessKeyId: id, accessKeySecret: secret, securityToken } = keys;
  const key = { id, secret, ...(securityToken === undefined ? {} : { securityToken }) };
  const caller = callers.get(id) ?? new Caller(url, key, clock);
  callers.set(id, caller);
  const answer = await caller.call('GetCallerIdentity', {}, { version: '2015-04-01' });
  return (await answer.json()) as Record<string, unknown>;
}

describe.each(['rrsa', 'ecsRamRole'] as const)('%s over sockets', (kind) => {
  const role = kind === 'rrsa' ? 'albsp' : 'node-role';

  test('gives keys that the cloud takes for the role', async () => {
    const { credentials, alb: cloud } = await provider(kind);
    const keys = keysOf(await credentials.current());
    expect(await identity(cloud.url, keys)).toMatchObject({
      IdentityType: 'AssumedRoleUser',
      Arn: expect.stringContaining(`assumed-role/${role}/`),
    });
  });

  test('C5: keys in use are replaced before they run out: in ten hours no call meets an expired one', async () => {
    const { credentials, alb: cloud } = await provider(kind, { sessionLife: 20 * MINUTE });
    const seen = new Set<string>();
    for (let minute = 0; minute < 600; minute += 5) {
      const keys = keysOf(await credentials.current());
      seen.add(keys.accessKeyId);
      expect(await identity(cloud.url, keys)).toMatchObject({ IdentityType: 'AssumedRoleUser' });
      await landed();
      clock.advance(5 * MINUTE);
    }
    expect(seen.size).toBe(60);
  });

  test('C5: keys that the cloud no longer knows are replaced after the refusal', async () => {
    const { credentials, alb: cloud } = await provider(kind);
    const keys = keysOf(await credentials.current());
    clock.advance(2 * MINUTE);
    cloud.model.keys.remove(keys.accessKeyId);
    expect(await identity(cloud.url, keys)).toMatchObject({ Code: 'InvalidAccessKeyId.NotFound' });
    credentials.refused(keys);
    const others = keysOf(await credentials.current());
    expect(others.source).toBe(keys.source);
    expect(await identity(cloud.url, others)).toMatchObject({ IdentityType: 'AssumedRoleUser' });
  });

  test('50 concurrent callers make one fetch', async () => {
    const { credentials } = await provider(kind);
    const all = await Promise.all(Array.from({ length: 50 }, () => credentials.current()));
    expect(new Set(all.map((one) => keysOf(one).accessKeyId)).size).toBe(1);
    expect(requests).toHaveLength(kind === 'rrsa' ? 1 : 3);
  });

  const action = kind === 'rrsa' ? 'AssumeRoleWithOIDC' : 'MetadataCredentials';
  const unavailable = kind === 'rrsa' ? 'StsUnavailable' : 'MetadataUnavailable';
  test.each([
    ['a reset', { kind: 'reset', at: 'after' }],
    ['half an answer', { kind: 'truncated', form: 'length' }],
    ['a page of a proxy', { kind: 'html', at: 'before', status: 502 }],
  ] as const)('after %s it fails, says so, and recovers', async (_, fault) => {
    const { credentials, alb: cloud } = await provider(kind);
    cloud.faults.add({ action, fault, times: kind === 'rrsa' ? 1 : 2 });
    const failed = errorOf(await credentials.current());
    expect(failed.code).toBe(unavailable);
    cloud.faults.clear();
    clock.advance(1000);
    expect(keysOf(await credentials.current()).accessKeyId).toMatch(/^STS\./);
  });
});

describe('rrsa over sockets', () => {
  test.each([
    ['expired', 'AuthenticationFail.OIDCToken.Expired'],
    ['invalid', 'AuthenticationFail.OIDCToken.Invalid'],
    ['audience', 'AuthenticationFail.OIDCToken.AudienceNotMatch'],
  ])('O10: a token that is %s is said with the code of STS and what to check', async (word, code) => {
    token = `${TOKEN}${word}`;
    const { credentials } = await provider('rrsa');
    const error = errorOf(await credentials.current());
    expect(error.code).toBe('TokenExchangeFailed');
    expect(error.message).toContain(`${code}. Check: `);
    expect(JSON.stringify([error, log.lines])).not.toContain('canary');
  });

  test('an answer of 2 MiB is cut off, and the next one is taken', async () => {
    const { credentials, alb: cloud } = await provider('rrsa');
    const fault = { kind: 'oversized', bytes: 2 * 1024 * 1024 } as const;
    cloud.faults.add({ action: 'AssumeRoleWithOIDC', fault });
    expect(errorOf(await credentials.current())).toMatchObject({
      code: 'StsUnavailable',
      message: expect.stringContaining('too large'),
    });
    clock.advance(1000);
    expect(keysOf(await credentials.current()).accessKeyId).toMatch(/^STS\./);
  });
});

describe('ecsRamRole over sockets', () => {
  test('a node without a role is said', async () => {
    const { credentials } = await provider('ecsRamRole', { nodeRole: '' });
    expect(errorOf(await credentials.current()).code).toBe('InstanceRoleNotFound');
  });

  test('where version 1 would answer without a token, version 2 is spoken all the same', async () => {
    const { credentials, alb: cloud } = await provider('ecsRamRole', { metadataWithoutToken: true });
    cloud.faults.add({ action: 'MetadataToken', fault: { kind: 'html', at: 'before', status: 404 } });
    expect(errorOf(await credentials.current()).code).toBe('MetadataRefused');
    expect(requests).toEqual(['PUT /latest/api/token']);
  });
});

describe('plain HTTP', () => {
  test('S2: goes to the metadata service directly, past a proxy, and to no other host', async () => {
    alb = await startAlb({ accessKeys: [], clock, random: seeded(3) });
    // An address of this machine that is not one of loopback by name, as the metadata service is none.
    const metadata = alb.url.replace('127.0.0.1', '0.0.0.0');
    const proxy = { httpsProxy: 'http://127.0.0.1:1', noProxy: '' };
    const other = createUndiciExchange({ metadata, proxy });
    const put = (made: ClosableExchange, origin: string) =>
      made.exchange(
        {
          method: 'PUT',
          url: `${origin}/latest/api/token`,
          headers: { 'x-aliyun-ecs-metadata-token-ttl-seconds': '60' },
          deadline: 2000,
        },
        new AbortController().signal,
      );
    expect(await put(other, metadata)).toMatchObject({ kind: 'answer', status: 200 });
    const refused = { kind: 'failed', reason: 'PlaintextRefused' };
    expect(await put(other, 'http://0.0.0.0:1')).toEqual(refused);
    expect(await put(other, 'http://100.100.100.200')).toEqual(refused);
    expect(await put(network, metadata)).toEqual(refused);
    await other.close();
  });
});
