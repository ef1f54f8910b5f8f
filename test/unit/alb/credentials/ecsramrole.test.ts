import { describe, expect, test } from 'vitest';
import {
  checkMetadataEndpoint,
  type EcsRamRoleOptions,
  ecsRamRoleCredentials,
  METADATA_ENDPOINT,
} from '../../../../src/adapters/alb/credentials/ecsramrole.ts';
import type { Credentials } from '../../../../src/adapters/alb/credentials.ts';
import type { HttpAnswer, HttpRequest } from '../../../../src/adapters/alb/exchange.ts';
import { answer } from '../desk.ts';
import {
  CANARY,
  createStage,
  errorOf,
  HOUR,
  keysOf,
  MINUTE,
  numberOf,
  type Stage,
  wireKeys,
} from './stage.ts';

const METADATA_TOKEN = `${CANARY}MetadataToken==`;

function provider(stage: Stage, more: Partial<EcsRamRoleOptions> = {}): Credentials {
  const { exchange, clock, log } = stage;
  const signal = new AbortController().signal;
  return ecsRamRoleCredentials({ exchange, clock, log, userAgent: 'albsp/test', signal, ...more });
}

/** A metadata service; `number` is that of the keys it gives. */
function service(stage: Stage, number: () => number, life = 6 * HOUR): (request: HttpRequest) => HttpAnswer {
  return ({ method, url }) => {
    const { pathname } = new URL(url);
    if (method === 'PUT') return answer(200, METADATA_TOKEN);
    if (pathname.endsWith('/security-credentials/')) return answer(200, 'node-role\n');
    return answer(200, { ...wireKeys(number(), stage.clock.now() + life), Code: 'Success' });
  };
}

describe('ecsRamRoleCredentials', () => {
  test('asks for a token first, and with it for the name and the keys of the role', async () => {
    const stage = createStage();
    stage.respond = service(stage, () => 1);
    const result = await provider(stage).current();
    expect(result).toMatchObject({
      kind: 'ok',
      credential: { accessKeyId: `STS.${CANARY}Id1`, source: 'ecs-ram-role node-role' },
    });
    const base = `${METADATA_ENDPOINT}/latest`;
    const token = { 'x-aliyun-ecs-metadata-token': METADATA_TOKEN, 'user-agent': 'albsp/test' };
    expect(stage.seen.map(({ method, url, headers }) => [method, url, headers])).toEqual([
      [
        'PUT',
        `${base}/api/token`,
        { 'x-aliyun-ecs-metadata-token-ttl-seconds': '60', 'user-agent': 'albsp/test' },
      ],
      ['GET', `${base}/meta-data/ram/security-credentials/`, token],
      ['GET', `${base}/meta-data/ram/security-credentials/node-role`, token],
    ]);
  });

  test('a role that is named is not discovered, and an endpoint that is given is asked', async () => {
    const stage = createStage();
    stage.respond = service(stage, () => 1);
    await provider(stage, { roleName: 'mine', endpoint: 'http://127.0.0.1:1' }).current();
    expect(stage.seen.map(({ url }) => url)).toEqual([
      'http://127.0.0.1:1/latest/api/token',
      'http://127.0.0.1:1/latest/meta-data/ram/security-credentials/mine',
    ]);
  });

  test('50 concurrent callers share one conversation', async () => {
    const stage = createStage();
    stage.respond = service(stage, () => 1);
    const credentials = provider(stage);
    await Promise.all(Array.from({ length: 50 }, () => credentials.current()));
    expect(stage.seen).toHaveLength(3);
  });

  test('keys are fetched again when 15 minutes are left', async () => {
    const stage = createStage();
    stage.respond = service(stage, () => stage.seen.length);
    const credentials = provider(stage);
    await credentials.current();
    await stage.clock.advance(6 * HOUR - 15 * MINUTE - 1);
    await credentials.current();
    expect(stage.seen).toHaveLength(3);
    await stage.clock.advance(1);
    await credentials.current();
    await stage.clock.advance(0);
    expect(stage.seen).toHaveLength(6);
  });

  test('the service that gives the same keys again until it has new ones is not asked all the time', async () => {
    const stage = createStage();
    const end = stage.clock.now() + 20 * MINUTE;
    stage.respond = (request) => service(stage, () => 1, end - stage.clock.now())(request);
    const credentials = provider(stage);
    for (let second = 0; second < 1200; second += 1) {
      await credentials.current();
      await stage.clock.advance(1000);
    }
    expect(stage.seen.length / 3).toBeLessThan(20);
  });

  test('C5: the same keys after a refusal are CredentialsInvalid, and the service is asked with back-off', async () => {
    const stage = createStage();
    stage.respond = service(stage, () => 1);
    const credentials = provider(stage);
    const keys = keysOf(await credentials.current());
    await stage.clock.advance(10 * MINUTE);
    credentials.refused(keys);
    for (let second = 0; second < 59; second += 1) {
      expect(numberOf(await credentials.current())).toBe('CredentialsInvalid');
      await stage.clock.advance(1000);
    }
    expect(stage.seen.length / 3).toBeLessThan(9);
  });

  type Responder = (request: HttpRequest) => HttpAnswer;
  const tokenThen =
    (then: HttpAnswer): Responder =>
    ({ method }) =>
      method === 'PUT' ? answer(200, METADATA_TOKEN) : then;
  const echo = `${CANARY} ${METADATA_TOKEN}`;
  const bad: readonly (readonly [string, Responder, string, RegExp])[] = [
    ['nobody', () => ({ kind: 'failed', reason: 'Timeout' }), 'MetadataUnavailable', /Timeout/],
    ['only version 1', () => answer(404, echo), 'MetadataRefused', /HTTP 404.*version 2/],
    ['a refusal of tokens', () => answer(403, echo), 'MetadataRefused', /HTTP 403/],
    ['a redirect', () => answer(302, echo), 'MetadataRefused', /HTTP 302/],
    ['an error', () => answer(503, echo), 'MetadataUnavailable', /HTTP 503/],
    ['a token of two lines', () => answer(200, `${CANARY}\r\nx: y`), 'MetadataUnavailable', /no header/],
    ['an endless token', () => answer(200, CANARY.repeat(200)), 'MetadataUnavailable', /no header/],
    ['too much', () => ({ kind: 'tooLarge' }), 'MetadataUnavailable', /too large/],
    ['no role', tokenThen(answer(404, echo)), 'InstanceRoleNotFound', /no RAM role/],
    ['an empty role', tokenThen(answer(200, ' ')), 'InstanceRoleNotFound', /no RAM role/],
    ['a role that is a path', tokenThen(answer(200, `../${CANARY}`)), 'InstanceRoleNotFound', /not a name/],
    ['an expired token', tokenThen(answer(403, echo)), 'MetadataRefused', /HTTP 403/],
    ['a late error', tokenThen(answer(500, echo)), 'MetadataUnavailable', /HTTP 500/],
  ];
  test.each(bad)(
    'O10, S8: %s at the endpoint becomes a clear error without a secret',
    async (_, respond, code, text) => {
      const stage = createStage();
      stage.respond = respond;
      const error = errorOf(await provider(stage).current());
      expect(error.code).toBe(code);
      expect(error.message).toMatch(text);
      expect(JSON.stringify([error, stage.log.lines])).not.toContain(CANARY);
    },
  );

  test.each([
    ['text', CANARY, /not JSON/],
    ['a code', { Code: 'Failed', Message: CANARY }, /says Failed/],
    ['a code that is a secret', { Code: METADATA_TOKEN }, /says UnreadableCode/],
    ['no code', wireKeys(1, 0), /says UnreadableCode/],
    ['no keys', { Code: 'Success' }, /SecurityToken is missing/],
    ['a broken key', { ...wireKeys(1, 0), Code: 'Success', AccessKeyId: `${CANARY} 1` }, /AccessKeyId holds/],
    ['no end', { ...wireKeys(1, 0), Code: 'Success', Expiration: '' }, /Expiration is not a time/],
  ])('O10, S8: %s in place of keys is said without a secret', async (_, body, text) => {
    const stage = createStage();
    stage.respond = tokenThen(answer(200, body));
    const error = errorOf(await provider(stage, { roleName: 'mine' }).current());
    expect(error.code).toBe('MetadataUnavailable');
    expect(error.message).toMatch(text);
    expect(error.message).toContain('"mine"');
    expect(JSON.stringify([error, stage.log.lines])).not.toContain(CANARY);
  });

  test('without a token nothing else is ever asked: version 1 is not spoken', async () => {
    const stage = createStage();
    stage.respond = () => answer(404, '');
    const credentials = provider(stage);
    for (let second = 0; second < 100; second += 1) {
      await credentials.current();
      await stage.clock.advance(1000);
    }
    expect(new Set(stage.seen.map(({ method }) => method))).toEqual(new Set(['PUT']));
  });
});

describe('checkMetadataEndpoint()', () => {
  test.each([
    'http://100.100.100.200',
    'http://100.100.100.200/',
    'http://169.254.169.254:80',
    'http://127.0.0.1:8080',
    'http://localhost:1',
    'http://[::1]:1',
  ])('takes %s', (text) => {
    expect(checkMetadataEndpoint(text)).toEqual({ kind: 'ok', origin: new URL(text).origin });
  });

  test.each([
    ['x', /not a URL/],
    ['https://100.100.100.200', /must be http/],
    ['http://example.com', /its host must be/],
    ['http://100.100.100.200.example.com', /its host must be/],
    ['http://user:canary@127.0.0.1', /user or password/],
    ['http://127.0.0.1/path', /scheme and a host only/],
    ['http://127.0.0.1/?a=b', /scheme and a host only/],
  ])('S2: refuses %s', (text, rule) => {
    const result = checkMetadataEndpoint(text);
    expect(result.kind === 'error' && result.message).toMatch(rule);
    expect(JSON.stringify(result)).not.toContain('canary');
  });
});
