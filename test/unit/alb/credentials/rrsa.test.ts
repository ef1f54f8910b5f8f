import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type RrsaOptions,
  rrsaCredentials,
  rrsaFromEnvironment,
  sessionNameOf,
} from '../../../../src/adapters/alb/credentials/rrsa.ts';
import type { Credentials } from '../../../../src/adapters/alb/credentials.ts';
import { createEndpoints } from '../../../../src/adapters/alb/endpoints.ts';
import type { HttpAnswer } from '../../../../src/adapters/alb/exchange.ts';
import { answer, refusal } from '../desk.ts';
import {
  assumed,
  CANARY,
  createStage,
  errorOf,
  HOUR,
  keysOf,
  MINUTE,
  numberOf,
  type Stage,
  TOKEN,
  wireKeys,
} from './stage.ts';

const ROLE = 'acs:ram::1000000000000001:role/albsp';
const PROVIDER = 'acs:ram::1000000000000001:oidc-provider/ack-rrsa-c1';

function provider(stage: Stage, more: Partial<RrsaOptions> = {}): Credentials {
  return rrsaCredentials({
    roleArn: ROLE,
    oidcProviderArn: PROVIDER,
    tokenFile: '/token',
    sessionName: 'albsp-0',
    endpoints: createEndpoints({ network: 'public', region: 'cn-hangzhou' }),
    exchange: stage.exchange,
    clock: stage.clock,
    log: stage.log,
    userAgent: 'albsp/test',
    signal: new AbortController().signal,
    readFile: async () => `${TOKEN}\n`,
    ...more,
  });
}

describe('rrsaCredentials', () => {
  test('sends one unsigned AssumeRoleWithOIDC to STS of the region, with the token in the body only', async () => {
    const stage = createStage();
    stage.respond = () => assumed(1, stage.clock.now() + HOUR);
    const result = await provider(stage).current();
    expect(result).toEqual({
      kind: 'ok',
      credential: {
        accessKeyId: `STS.${CANARY}Id1`,
        accessKeySecret: `${CANARY}Secret1`,
        securityToken: `${CANARY}Token1`,
        source: `rrsa ${ROLE}`,
      },
    });
    const [request] = stage.seen;
    const url = new URL(request?.url ?? '');
    expect([request?.method, url.origin, Object.fromEntries(url.searchParams)]).toEqual([
      'POST',
      'https://sts.cn-hangzhou.aliyuncs.com',
      {
        Action: 'AssumeRoleWithOIDC',
        Version: '2015-04-01',
        Format: 'JSON',
        Timestamp: '2024-05-20T08:00:00Z',
      },
    ]);
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      OIDCProviderArn: PROVIDER,
      OIDCToken: TOKEN,
      RoleArn: ROLE,
      RoleSessionName: 'albsp-0',
      DurationSeconds: '3600',
    });
    expect(request?.headers).toEqual({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'albsp/test',
    });
    expect(request?.deadline).toBeLessThan(10_000);
  });

  test('the token file is read again for each exchange', async () => {
    const stage = createStage();
    let reads = 0;
    stage.respond = () => assumed(reads, stage.clock.now() + HOUR);
    const readFile = async () => {
      reads += 1;
      return `token-${reads}`;
    };
    const credentials = provider(stage, { readFile });
    const tokens = async () => {
      await credentials.current();
      await stage.clock.advance(0);
      return stage.seen.map(({ body }) => new URLSearchParams(body).get('OIDCToken'));
    };
    expect(await tokens()).toEqual(['token-1']);
    await stage.clock.advance(46 * MINUTE);
    expect(await tokens()).toEqual(['token-1', 'token-2']);
    expect(await credentials.current()).toMatchObject({ credential: { source: `rrsa ${ROLE}` } });
  });

  test('a node whose clock is off by a day keeps keys for as long as they live by the clock of the cloud', async () => {
    for (const off of [-24 * HOUR, 24 * HOUR]) {
      const stage = createStage();
      const theirs = () => stage.clock.now() - off;
      stage.respond = () =>
        assumed(stage.seen.length, theirs() + HOUR, { date: new Date(theirs()).toUTCString() });
      stage.clock.setWall(stage.clock.now() + off);
      const credentials = provider(stage);
      await credentials.current();
      await stage.clock.advance(45 * MINUTE - 1);
      await credentials.current();
      expect(stage.seen).toHaveLength(1);
      await stage.clock.advance(1);
      await credentials.current();
      await stage.clock.advance(0);
      expect(stage.seen).toHaveLength(2);
    }
  });

  test('without a Date in the answer, a clock that is behind prolongs no life beyond what was asked for', async () => {
    const stage = createStage();
    stage.respond = () => assumed(stage.seen.length, stage.clock.now() + 24 * HOUR);
    const credentials = provider(stage, { durationSeconds: 900 });
    await credentials.current();
    await stage.clock.advance(7.5 * MINUTE);
    await credentials.current();
    await stage.clock.advance(0);
    expect(stage.seen).toHaveLength(2);
  });

  test('a clock that STS refuses is corrected by its own, once', async () => {
    const stage = createStage();
    const theirs = Date.parse('2030-01-01T00:00:00Z');
    const headers = { date: new Date(theirs).toUTCString() };
    const stamps = () => stage.seen.map(({ url }) => new URL(url).searchParams.get('Timestamp'));
    stage.respond = () => refusal(400, 'InvalidTimeStamp.Expired', 'expired', headers);
    expect(errorOf(await provider(stage).current()).message).toMatch(/clock of the node/);
    expect(stamps()).toEqual(['2024-05-20T08:00:00Z', '2030-01-01T00:00:00Z']);
    stage.respond = () =>
      stage.seen.length % 2 === 1
        ? refusal(400, 'InvalidTimeStamp.Expired', 'expired', headers)
        : assumed(1, theirs + HOUR, headers);
    expect(numberOf(await provider(stage).current())).toBe(1);
  });

  const echo = `token ${TOKEN} and ${encodeURIComponent(TOKEN)} and ${TOKEN.split('.')[1]} and access-key-secret: ${CANARY}`;
  const bad: readonly (readonly [string, HttpAnswer, string, RegExp])[] = [
    [
      'no permission',
      refusal(401, 'AuthenticationFail.NoPermission', echo),
      'TokenExchangeFailed',
      /trust policy.*oidc:sub/,
    ],
    [
      'a wrong audience',
      refusal(401, 'AuthenticationFail.OIDCToken.AudienceNotMatch', echo),
      'TokenExchangeFailed',
      /audience.*sts\.aliyuncs\.com/,
    ],
    [
      'an expired token',
      refusal(401, 'AuthenticationFail.OIDCToken.Expired', echo),
      'TokenExchangeFailed',
      /still renewed/,
    ],
    [
      'a wrong signature',
      refusal(401, 'AuthenticationFail.OIDCToken.InvalidSignature', echo),
      'TokenExchangeFailed',
      /issuer/,
    ],
    ['no role', refusal(404, 'EntityNotExist.Role', echo), 'TokenExchangeFailed', /ARNs of the role/],
    [
      'a too long session',
      refusal(400, 'InvalidParameter.DurationSeconds', echo),
      'TokenExchangeFailed',
      /maximum session duration/,
    ],
    ['a code with the token in it', refusal(400, TOKEN, echo), 'TokenExchangeFailed', /UnreadableCode/],
    ['throttling', refusal(400, 'Throttling.User', echo), 'StsUnavailable', /Throttling\.User/],
    ['an error of STS', refusal(500, 'InternalError', echo), 'StsUnavailable', /InternalError/],
    ['a page of a proxy', answer(502, `<html>${echo}</html>`), 'StsUnavailable', /HTTP 502/],
    ['a redirect', answer(302, echo, { location: `http://x/${TOKEN}` }), 'StsUnavailable', /HTTP 302/],
    ['no answer', { kind: 'failed', reason: 'Timeout' }, 'StsUnavailable', /Timeout/],
    ['too large an answer', { kind: 'tooLarge' }, 'StsUnavailable', /too large/],
    ['an empty object', answer(200, {}), 'TokenExchangeFailed', /Credentials is missing/],
    [
      'no session token',
      answer(200, { Credentials: { ...wireKeys(1, 0), SecurityToken: '' } }),
      'TokenExchangeFailed',
      /SecurityToken is missing/,
    ],
    [
      'keys that no header can carry',
      answer(200, { Credentials: { ...wireKeys(1, 0), AccessKeySecret: `${CANARY} x` } }),
      'TokenExchangeFailed',
      /AccessKeySecret holds a space/,
    ],
    [
      'no expiration',
      answer(200, { Credentials: { ...wireKeys(1, 0), Expiration: CANARY } }),
      'TokenExchangeFailed',
      /Expiration is not a time/,
    ],
  ];
  test.each(bad)(
    'O10, S8: %s becomes an error that names the role, and no secret',
    async (_, sent, code, text) => {
      const stage = createStage();
      stage.respond = () => sent;
      const error = errorOf(await provider(stage).current());
      expect(error.code).toBe(code);
      expect(error.message).toMatch(text);
      expect(error.message).toContain(ROLE);
      expect(error.message.length).toBeLessThanOrEqual(512);
      expect(JSON.stringify([error, stage.log.lines])).not.toContain(CANARY);
    },
  );

  test('O10, S8: a token that STS repeats in any text is masked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.string(), async (before, after, code) => {
        const stage = createStage();
        stage.respond = () => refusal(401, `${code}x`, `${before}${TOKEN}${after}`);
        const result = await provider(stage).current();
        expect(JSON.stringify([result, stage.log.lines])).not.toContain(CANARY);
      }),
    );
  });

  test('the wait that STS asks for is kept', async () => {
    const stage = createStage();
    stage.respond = () => refusal(400, 'Throttling', 'slow', { 'x-acs-retry-after': '20000' });
    const credentials = provider(stage);
    await credentials.current();
    await stage.clock.advance(19_999);
    await credentials.current();
    expect(stage.seen).toHaveLength(1);
  });

  test.each([
    ['', 'TokenMalformed', /0 characters/],
    ['x'.repeat(20_001), 'TokenMalformed', /20001 characters/],
    [`${CANARY} in two words`, 'TokenMalformed', /a space/],
  ])('a token file with %j is refused before anything is sent', async (text, code, rule) => {
    const stage = createStage();
    const error = errorOf(await provider(stage, { readFile: async () => text }).current());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(rule);
    expect(error.message).toContain('/token');
    expect(stage.seen).toEqual([]);
    expect(JSON.stringify([error, stage.log.lines])).not.toContain(CANARY);
  });

  test('a token file that cannot be read is named with the code of the system, not with its text', async () => {
    const stage = createStage();
    const readFile = async () => Promise.reject(Object.assign(new Error(CANARY), { code: 'ENOENT' }));
    const error = errorOf(await provider(stage, { readFile }).current());
    expect(error).toMatchObject({ code: 'TokenUnreadable' });
    expect(error.message).toMatch(/\/token cannot be read \(ENOENT\)/);
    expect(JSON.stringify([error, stage.log.lines])).not.toContain(CANARY);
  });

  test('a token file that hangs lets current() settle within 10 s', async () => {
    const stage = createStage();
    let settled: unknown;
    const credentials = provider(stage, { readFile: () => new Promise(() => {}) });
    void credentials.current().then((result) => {
      settled = result;
    });
    await stage.clock.advance(9999);
    expect(settled).toMatchObject({ kind: 'error', code: 'CredentialsUnavailable' });
  });

  test('an endpoint that cannot be used is said, and nothing is sent', async () => {
    const stage = createStage();
    const endpoints = createEndpoints({ network: 'vpc' });
    expect(errorOf(await provider(stage, { endpoints }).current()).code).toBe('InvalidEndpoint');
    expect(stage.seen).toEqual([]);
  });

  test('C5: an expired session is replaced when the cloud refuses it', async () => {
    const stage = createStage();
    stage.respond = () => assumed(stage.seen.length, stage.clock.now() + HOUR);
    const credentials = provider(stage);
    const keys = keysOf(await credentials.current());
    await stage.clock.advance(2 * MINUTE);
    credentials.refused(keys);
    expect(numberOf(await credentials.current())).toBe(2);
  });
});

describe('rrsaFromEnvironment()', () => {
  const all = {
    ALIBABA_CLOUD_ROLE_ARN: ROLE,
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: PROVIDER,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/var/token',
  };

  test('reads what the webhook sets', () => {
    expect(rrsaFromEnvironment(all)).toEqual({
      kind: 'ok',
      role: { roleArn: ROLE, oidcProviderArn: PROVIDER, tokenFile: '/var/token' },
    });
  });

  test.each(Object.keys(all))('says that %s is missing', (name) => {
    const found = rrsaFromEnvironment({ ...all, [name]: ' ' });
    expect(found).toMatchObject({ kind: 'missing', variables: [name] });
    expect(found.kind === 'missing' && found.message).toContain(`${name} is missing`);
  });

  test('names all that are missing', () => {
    expect(rrsaFromEnvironment({})).toMatchObject({ variables: Object.keys(all) });
  });
});

describe('sessionNameOf()', () => {
  test('makes any text a name that STS takes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 }), (units) => {
        const text = String.fromCharCode(...units);
        expect(sessionNameOf(text)).toMatch(/^[A-Za-z0-9.@_-]{2,64}$/);
      }),
    );
  });

  test('leaves the name of a pod as it is', () => {
    expect(sessionNameOf('albsp-7c9f-x2x4z')).toBe('albsp-7c9f-x2x4z');
  });
});
