import { describe, expect, test } from 'vitest';
import { Gate } from '../../../src/dev/alb/gate.ts';
import { KeyRing } from '../../../src/dev/alb/keyring.ts';
import { signV1, stringToSignV1 } from '../../../src/dev/alb/signature-v1.ts';
import { canonicalRequestV3, parseV3 } from '../../../src/dev/alb/signature-v3.ts';
import { decodePairs, type Pair, type WireRequest } from '../../../src/dev/alb/wire.ts';
import { HandClock } from './bench.ts';
import { V1_VECTORS, V3_VECTORS, type V3Vector } from './vectors.ts';

function wire(vector: V3Vector): WireRequest {
  return {
    method: vector.method,
    path: '/',
    query: Object.entries(vector.params),
    form: decodePairs(vector.body) ?? [],
    headers: { ...vector.headers, 'user-agent': 'unsigned', authorization: vector.authorization },
    body: Buffer.from(vector.body),
  };
}

function gateFor(vector: V3Vector): {
  readonly gate: Gate;
  readonly clock: HandClock;
  readonly keys: KeyRing;
} {
  const clock = new HandClock(Date.parse(vector.headers['x-acs-date'] ?? ''));
  const keys = new KeyRing();
  const securityToken = vector.headers['x-acs-security-token'];
  keys.add({
    id: vector.accessKeyId,
    secret: vector.accessKeySecret,
    account: '1',
    ...(securityToken === undefined ? {} : { securityToken }),
  });
  return { gate: new Gate(keys, clock), clock, keys };
}

function codeOf(gate: Gate, request: WireRequest): string {
  const admission = gate.admit(request);
  return admission.kind === 'admitted' ? 'admitted' : admission.refusal.code;
}

describe('signature V3', () => {
  test.each(V3_VECTORS)('canonicalRequestV3() gives the published text of $name', (vector) => {
    const signed = parseV3(vector.authorization)?.signedHeaders ?? [];
    expect(canonicalRequestV3(wire(vector), signed)).toBe(vector.canonicalRequest);
  });

  test.each(V3_VECTORS)('admit() admits $name once, and its nonce no second time', (vector) => {
    const { gate } = gateFor(vector);
    expect(codeOf(gate, wire(vector))).toBe('admitted');
    expect(codeOf(gate, wire(vector))).toBe('SignatureNonceUsed');
  });

  test.each(V3_VECTORS)(
    'admit() refuses $name when a parameter, a header or the body was changed',
    (vector) => {
      const { gate } = gateFor(vector);
      const good = wire(vector);
      const extra: Pair = ['Extra', '1'];
      expect(codeOf(gate, { ...good, query: [...good.query, extra] })).toBe('SignatureDoesNotMatch');
      expect(codeOf(gate, { ...good, headers: { ...good.headers, 'x-acs-action': 'Other' } })).toBe(
        'SignatureDoesNotMatch',
      );
      expect(codeOf(gate, { ...good, body: Buffer.from('x=y') })).toMatch(
        /InvalidContentSha256|IncompleteSignature/,
      );
    },
  );

  test.each([
    ['InvalidTimeStamp.Expired', 15 * 60_000 + 1000],
    ['InvalidTimeStamp.Expired', -15 * 60_000 - 1000],
    ['admitted', 15 * 60_000],
    ['admitted', -15 * 60_000],
  ])('C17: admit() says %s when the clocks differ by %d ms', (code, skew) => {
    const [vector] = V3_VECTORS;
    if (vector === undefined) throw new Error('No vectors');
    const { gate, clock } = gateFor(vector);
    clock.advance(skew);
    expect(codeOf(gate, wire(vector))).toBe(code);
  });

  test('C5: admit() names what is wrong with the key', () => {
    const vector = V3_VECTORS.find(({ name }) => name === 'M2');
    if (vector === undefined) throw new Error('No vector M2');
    const { gate, clock, keys } = gateFor(vector);
    const key = { id: vector.accessKeyId, secret: vector.accessKeySecret, account: '1' };
    const codes = [
      { ...key, active: false },
      key,
      { ...key, securityToken: 'another' },
      { ...key, securityToken: vector.headers['x-acs-security-token'] ?? '', expiresAt: clock.now() },
      { ...key, securityToken: vector.headers['x-acs-security-token'] ?? '', secret: 'wrong' },
    ].map((changed) => {
      keys.add(changed);
      return codeOf(gate, wire(vector));
    });
    keys.remove(key.id);
    expect([...codes, codeOf(gate, wire(vector))]).toEqual([
      'InvalidAccessKeyId.Inactive',
      'InvalidSecurityToken.MismatchWithAccessKey',
      'InvalidSecurityToken.Malformed',
      'InvalidSecurityToken.Expired',
      'SignatureDoesNotMatch',
      'InvalidAccessKeyId.NotFound',
    ]);
  });

  test('S8: admit() repeats the session token in a mismatch, as the real gateway does', () => {
    const vector = V3_VECTORS.find(({ name }) => name === 'M2');
    if (vector === undefined) throw new Error('No vector M2');
    const { gate } = gateFor(vector);
    const good = wire(vector);
    const admission = gate.admit({ ...good, query: [...good.query, ['Extra', '1']] });
    expect(admission.kind === 'refused' && admission.refusal.message).toContain('x-acs-security-token:test');
  });
});

describe('signature V1', () => {
  test.each(V1_VECTORS)('signV1() reproduces $name', (vector) => {
    const text = stringToSignV1({ method: vector.method, query: Object.entries(vector.params), form: [] });
    expect(text).toBe(vector.stringToSign);
    expect(signV1(text, vector.accessKeySecret)).toBe(vector.signature);
  });

  test.each(V1_VECTORS)('admit() admits $name', (vector) => {
    const clock = new HandClock(Date.parse(vector.params.Timestamp ?? ''));
    const keys = new KeyRing();
    const securityToken = vector.params.SecurityToken;
    keys.add({
      id: vector.params.AccessKeyId ?? '',
      secret: vector.accessKeySecret,
      account: '1',
      ...(securityToken === undefined ? {} : { securityToken }),
    });
    const query: readonly Pair[] = [...Object.entries(vector.params), ['Signature', vector.signature]];
    const request = { method: vector.method, path: '/', query, form: [], headers: {}, body: Buffer.alloc(0) };
    const gate = new Gate(keys, clock);
    expect(codeOf(gate, request)).toBe('admitted');
    expect(codeOf(gate, { ...request, query: [...query, ['Extra', '']] })).toBe('SignatureDoesNotMatch');
  });
});

describe('decodePairs', () => {
  test.each([
    ['Tag.2.Key=odd+key', [['Tag.2.Key', 'odd key']]],
    [
      'a=%2B&b',
      [
        ['a', '+'],
        ['b', ''],
      ],
    ],
    ["a=!'()*=", [['a', "!'()*="]]],
    ['', []],
    ['a=%E4%B8', undefined],
  ])('decodePairs() reads %j', (text, pairs) => {
    expect(decodePairs(text)).toEqual(pairs);
  });
});
