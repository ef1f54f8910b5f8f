import { describe, expect, test } from 'vitest';
import type { Credential } from '../../../src/adapters/alb/credentials.ts';
import { createEndpoints } from '../../../src/adapters/alb/endpoints.ts';
import type { HttpAnswer } from '../../../src/adapters/alb/exchange.ts';
import type { CloudResult } from '../../../src/ports/cloud.ts';
import { answer, desk, KEYS, refusal, wirePage } from './desk.ts';

const parameters = { name: 'n', tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'], tags: [] };
const created = answer(200, { RequestId: 'r-1', SecurityPolicyId: 'spy-1' });
const kindOf = (result: CloudResult<unknown>): string => (result.kind === 'ok' ? 'ok' : result.error.kind);
const codeOf = (result: CloudResult<unknown>): string => (result.kind === 'ok' ? 'ok' : result.error.code);

describe('a call', () => {
  test('create() sends one signed POST with everything in the query', async () => {
    const { cloud, seen } = desk(() => created);
    const result = await cloud.region('cn-hangzhou').create(parameters, 'token-1');
    expect(result).toEqual({ kind: 'ok', value: { id: 'spy-1' } });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.url).toMatch(
      /^https:\/\/alb\.cn-hangzhou\.aliyuncs\.com\/\?Ciphers\.1=AES128-SHA&ClientToken=token-1&/,
    );
    expect(seen[0]?.headers).toMatchObject({
      host: 'alb.cn-hangzhou.aliyuncs.com',
      'x-acs-action': 'CreateSecurityPolicy',
      'x-acs-version': '2020-06-16',
      'x-acs-date': '2024-05-20T08:00:00Z',
      'x-acs-security-token': KEYS.ALIBABA_CLOUD_SECURITY_TOKEN,
      'user-agent': 'albsp/test',
    });
    expect(seen[0]?.headers.authorization).toMatch(/^ACS3-HMAC-SHA256 Credential=canaryAccessKeyId01,/);
  });

  test.each([
    [
      'C13 a code in a 200',
      refusal(200, 'QuotaExceeded.SecurityPoliciesNum'),
      'exhausted',
      'QuotaExceeded.SecurityPoliciesNum',
    ],
    ['C13 a missing id', answer(200, { RequestId: 'r' }), 'indeterminate', 'BadAnswer'],
    ['C13 an id that is a number', answer(200, { SecurityPolicyId: 5 }), 'indeterminate', 'BadAnswer'],
    ['C13 XML', answer(200, '<?xml version="1.0"?><a/>'), 'indeterminate', 'Http200'],
    ['C2 HTML of a 502', answer(502, '<html>bad gateway</html>'), 'indeterminate', 'Http502'],
    ['C2 a JSON 500', refusal(500, 'InternalError'), 'indeterminate', 'InternalError'],
    ['C2 a JSON 503', refusal(503, 'ServiceUnavailable'), 'indeterminate', 'ServiceUnavailable'],
    ['C3 half a body', answer(200, '{"SecurityPolicyId":"sp'), 'indeterminate', 'Http200'],
    ['S3 a redirect', answer(302, '', { location: 'https://evil.test' }), 'indeterminate', 'Redirect'],
    ['S4 a body without end', { kind: 'tooLarge' }, 'indeterminate', 'AnswerTooLarge'],
    ['C3 a reset', { kind: 'failed', reason: 'ConnectionReset' }, 'indeterminate', 'ConnectionReset'],
    ['C3 silence', { kind: 'failed', reason: 'Timeout' }, 'indeterminate', 'Timeout'],
    ['C14 DryRunOperation', refusal(400, 'DryRunOperation'), 'refused', 'DryRunOperation'],
    ['an HTML 403 of a proxy', answer(403, '<html>'), 'indeterminate', 'Http403'],
    ['an unlimited 429', answer(429, ''), 'throttled', 'Http429'],
  ] as const)(
    'create() answers an error and sends nothing more after %s',
    async (_what, reply, kind, code) => {
      const { cloud, seen, calls } = desk(() => reply as HttpAnswer);
      const result = await cloud.region('cn-hangzhou').create(parameters, 't');
      expect([kindOf(result), codeOf(result)]).toEqual([kind, code]);
      expect(seen).toHaveLength(1);
      expect(calls).toMatchObject([{ action: 'CreateSecurityPolicy', kind }]);
    },
  );

  test.each([
    ['NameNotResolved', 'The name of the endpoint was not resolved (alb-vpc.cn-hangzhou.aliyuncs.com)'],
    [
      'CertificateRefused',
      'The certificate of the endpoint was not accepted (alb-vpc.cn-hangzhou.aliyuncs.com)',
    ],
  ] as const)('create() names the host that was called after %s (C16)', async (reason, message) => {
    const endpoints = createEndpoints({ network: 'vpc' });
    const { cloud } = desk(() => ({ kind: 'failed', reason }), { endpoints });
    const result = await cloud.region('cn-hangzhou').create(parameters, 't');
    expect(result).toMatchObject({ kind: 'error', error: { message } });
  });

  test('create() answers indeterminate when the exchange breaks its contract and rejects', async () => {
    const { cloud } = desk(() => Promise.reject(new Error('boom')));
    expect(codeOf(await cloud.region('cn-hangzhou').create(parameters, 't'))).toBe('NetworkError');
  });

  test('delete() and the like believe a 200 only when it carries a request id', async () => {
    const { cloud } = desk(() => answer(200, {}));
    const region = cloud.region('cn-hangzhou');
    expect(codeOf(await region.delete('p'))).toBe('BadAnswer');
    expect(codeOf(await region.update('p', { name: 'n' }))).toBe('BadAnswer');
    expect(codeOf(await region.move('p', 'rg'))).toBe('BadAnswer');
  });

  test('a write O14 is withheld when this instance may not write, a read is not', async () => {
    const { cloud, seen } = desk(() => wirePage([]), { mayWrite: () => false });
    const region = cloud.region('cn-hangzhou');
    const tags = [{ key: 'k', value: 'v' }];
    for (const result of [
      await region.create(parameters, 't'),
      await region.precheck({ kind: 'create', parameters }),
      await region.update('p', { name: 'n' }),
      await region.delete('p'),
      await region.tag('p', tags),
      await region.untag('p', tags),
      await region.move('p', 'rg'),
    ]) {
      expect([kindOf(result), codeOf(result)]).toEqual(['busy', 'NotLeader']);
    }
    expect(seen).toHaveLength(0);
    expect(kindOf(await region.list(0))).toBe('ok');
  });

  test('a write O14 is withheld when the lease is lost while it waits for its turn', async () => {
    let leader = true;
    const rates = { DeleteSecurityPolicy: { limit: 2, window: 1000, burst: 1 } };
    const { cloud, clock, seen } = desk(() => answer(200, { RequestId: 'r' }), {
      mayWrite: () => leader,
      rates,
    });
    const region = cloud.region('cn-hangzhou');
    await region.delete('a');
    const second = region.delete('b');
    await clock.advance(500);
    leader = false;
    await clock.advance(1000);
    expect(codeOf(await second)).toBe('NotLeader');
    expect(seen).toHaveLength(1);
  });

  test('the guard of a write goes with the request to the socket, and a read has none', async () => {
    const guards: unknown[] = [];
    const { cloud } = desk((_seen, raw) => {
      guards.push(typeof raw.guard);
      return { kind: 'withheld' };
    });
    const region = cloud.region('cn-hangzhou');
    expect(codeOf(await region.delete('p'))).toBe('NotLeader');
    await region.list(0);
    expect(guards).toEqual(['function', 'undefined']);
  });

  test('Throttling C1 stops the bucket for as long as the header says', async () => {
    const replies = [refusal(400, 'Throttling.User', 'slow', { 'x-acs-retry-after': '2000' })];
    const { cloud, clock, seen } = desk(() => replies.shift() ?? answer(200, { RequestId: 'r' }));
    const region = cloud.region('cn-hangzhou');
    const first = await region.delete('p');
    expect(first).toMatchObject({ kind: 'error', error: { kind: 'throttled', retryAfter: 2000 } });
    const second = region.delete('p');
    await clock.advance(1999);
    expect(seen).toHaveLength(1);
    await clock.advance(1);
    expect(kindOf(await second)).toBe('ok');
    expect(seen).toHaveLength(2);
  });

  test('Throttling C1 answers at once when the wait is longer than a worker may sleep', async () => {
    const { cloud, seen } = desk(() => refusal(400, 'Throttling', 'slow', { 'retry-after': '60' }));
    const region = cloud.region('cn-hangzhou');
    await region.delete('p');
    expect(await region.delete('p')).toMatchObject({
      kind: 'error',
      error: { kind: 'throttled', code: 'RateLimit', retryAfter: 60_000 },
    });
    expect(seen).toHaveLength(1);
  });

  test('a call C17 signs again by the Date of the cloud when its clock is off', async () => {
    const theirs = Date.parse('2024-05-20T09:00:00Z');
    const { cloud, clock, seen } = desk(({ headers }) =>
      Math.abs(Date.parse(headers['x-acs-date'] ?? '') - theirs) > 900_000
        ? refusal(400, 'InvalidTimeStamp.Expired', 'late', { date: new Date(theirs).toUTCString() })
        : created,
    );
    const region = cloud.region('cn-hangzhou');
    expect(kindOf(await region.create(parameters, 't'))).toBe('ok');
    expect(seen).toHaveLength(2);
    expect(seen[0]?.headers['x-acs-signature-nonce']).not.toBe(seen[1]?.headers['x-acs-signature-nonce']);
    expect(seen[1]?.url).toBe(seen[0]?.url);
    expect(kindOf(await region.create(parameters, 't'))).toBe('ok');
    expect(seen).toHaveLength(3);
    clock.setWall(clock.now() - 3_600_000);
    expect(kindOf(await region.create(parameters, 't'))).toBe('ok');
    expect(seen).toHaveLength(5);
  });

  test('a call C17 says so when the clocks differ and there is no Date to go by', async () => {
    const { cloud, seen } = desk(() => refusal(400, 'InvalidTimeStamp.Expired'));
    expect(await cloud.region('cn-hangzhou').create(parameters, 't')).toMatchObject({
      error: { kind: 'credentials', code: 'InvalidTimeStamp.Expired' },
    });
    expect(seen).toHaveLength(1);
  });

  test('a read is sent again once when its nonce was used, a write C4 never is', async () => {
    const { cloud, seen } = desk(() => refusal(400, 'SignatureNonceUsed'));
    const region = cloud.region('cn-hangzhou');
    expect(kindOf(await region.relations('p'))).toBe('indeterminate');
    expect(seen).toHaveLength(2);
    expect(kindOf(await region.create(parameters, 't'))).toBe('indeterminate');
    expect(seen).toHaveLength(3);
  });

  test('refused keys C5 are reported to their provider', async () => {
    const credential: Credential = { accessKeyId: 'i', accessKeySecret: 's', source: 'x' };
    const refused: Credential[] = [];
    const credentials = {
      current: async () => ({ kind: 'ok' as const, credential }),
      refused: (one: Credential) => refused.push(one),
    };
    const { cloud } = desk(() => refusal(403, 'InvalidSecurityToken.Expired'), { credentials });
    expect(kindOf(await cloud.region('cn-hangzhou').delete('p'))).toBe('credentials');
    expect(refused).toEqual([credential]);
  });

  test('nothing O10 of the keys stands in errors, logs or metrics when the cloud echoes them all', async () => {
    const canaries = Object.values(KEYS);
    const echo = `sent ${canaries.join(' and ')} at https://alb?Signature=x; server StringToSign is [x]`;
    for (const reply of [
      refusal(400, 'SignatureDoesNotMatch', echo),
      refusal(400, KEYS.ALIBABA_CLOUD_ACCESS_KEY_ID, echo),
      answer(502, echo),
      answer(200, { SecurityPolicyId: canaries }),
      refusal(400, 'Invalid.X', echo, { 'x-acs-retry-after': canaries[0] }),
    ]) {
      const { cloud, lines, calls } = desk(() => reply);
      const results = [
        await cloud.region('cn-hangzhou').create(parameters, 't'),
        await cloud.region('cn-hangzhou').list(0),
        await cloud.account(),
      ];
      const everything = JSON.stringify([results, lines, calls]);
      for (const canary of canaries) expect(everything).not.toContain(canary);
    }
  });
});
