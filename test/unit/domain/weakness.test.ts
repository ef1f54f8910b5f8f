import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SUITES, TLS_VERSIONS, WEAKNESSES } from '../../../src/domain/tls.ts';
import { isWeak, weaknessOf } from '../../../src/domain/weakness.ts';

const STRONG = SUITES.filter(({ weak }) => weak === undefined).map(({ name }) => name);

describe('weaknessOf()', () => {
  test('finds nothing in a spec of strong suites and current versions', () => {
    const found = weaknessOf({ tlsVersions: ['TLSv1.2', 'TLSv1.3'], ciphers: STRONG });
    expect(found).toEqual({ versions: [], suites: [], unknown: [] });
  });

  test('names each weak version, oldest first', () => {
    const found = weaknessOf({ tlsVersions: [...TLS_VERSIONS].reverse(), ciphers: STRONG });
    expect(found.versions).toEqual([
      { version: 'TLSv1.0', why: 'deprecated by RFC 8996' },
      { version: 'TLSv1.1', why: 'deprecated by RFC 8996' },
    ]);
  });

  test('names each weak suite with all its classes, where it stands and why', () => {
    const found = weaknessOf({
      tlsVersions: ['TLSv1.2', 'TLSv1.3'],
      ciphers: ['DES-CBC3-SHA', 'AES128-GCM-SHA256', ...STRONG, 'TLS_AES_128_CCM_8_SHA256'],
      unlistedCiphers: ['ECDHE-RSA-AES128-SHA'],
    });
    expect(found.suites).toEqual([
      {
        name: 'DES-CBC3-SHA',
        field: 'ciphers',
        weaknesses: ['3DES', 'CBC', 'static-RSA'],
        why: '3DES: 64-bit blocks (Sweet32); CBC: padding oracles (Lucky 13); static RSA: no forward secrecy',
      },
      {
        name: 'AES128-GCM-SHA256',
        field: 'ciphers',
        weaknesses: ['static-RSA'],
        why: 'static RSA: no forward secrecy',
      },
      {
        name: 'TLS_AES_128_CCM_8_SHA256',
        field: 'ciphers',
        weaknesses: ['CCM_8'],
        why: 'CCM_8: a short authentication tag of 64 bits',
      },
      {
        name: 'ECDHE-RSA-AES128-SHA',
        field: 'unlistedCiphers',
        weaknesses: ['CBC'],
        why: 'CBC: padding oracles (Lucky 13)',
      },
    ]);
  });

  test('does not judge a suite that the table does not know, and names it', () => {
    const found = weaknessOf({ tlsVersions: ['TLSv1.3'], unlistedCiphers: ['TLS_SM4_GCM_SM3'] });
    expect(found).toEqual({ versions: [], suites: [], unknown: ['TLS_SM4_GCM_SM3'] });
  });

  test('agrees with the table about every suite', () => {
    for (const { name, weak, weaknesses } of SUITES) {
      const { suites } = weaknessOf({ ciphers: [name] });
      expect(suites.map(({ why }) => why)).toEqual(weak === undefined ? [] : [weak]);
      expect(weak ?? '').toBe(weaknesses.map((one) => WEAKNESSES.get(one)).join('; '));
    }
  });

  test('never throws, whatever it is given', () => {
    const spec = fc.record({
      tlsVersions: fc.anything(),
      ciphers: fc.anything(),
      unlistedCiphers: fc.array(fc.anything()),
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), spec), (any) => {
        expect(weaknessOf(any)).toMatchObject({ versions: [], suites: [] });
        expect(isWeak(any)).toBe(false);
      }),
    );
  });
});

test('isWeak() says whether weaknessOf() names a version or a suite', () => {
  const names = fc.subarray([...SUITES.map(({ name }) => name), 'TLS_SM4_GCM_SM3'], { maxLength: 3 });
  const spec = fc.record(
    { tlsVersions: fc.subarray([...TLS_VERSIONS]), ciphers: names, unlistedCiphers: names },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(spec, (one) => {
      const { versions, suites } = weaknessOf(one);
      expect(isWeak(one)).toBe(versions.length + suites.length > 0);
    }),
  );
});
