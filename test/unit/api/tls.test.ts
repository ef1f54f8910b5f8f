import { describe, expect, test } from 'vitest';
import { findSuite, SUITES, suitesOf } from '../../../src/domain/tls.ts';

describe('SUITES', () => {
  test('SUITES holds 7 suites of TLS 1.0 and 1.1, 21 of TLS 1.2 and 5 of TLS 1.3, none twice', () => {
    const count = (version: 'TLSv1.0' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      SUITES.filter((suite) => suite.versions.includes(version)).length;
    expect([count('TLSv1.0'), count('TLSv1.1'), count('TLSv1.2'), count('TLSv1.3')]).toEqual([7, 7, 21, 5]);
    expect(new Set(SUITES.map((suite) => suite.name)).size).toBe(26);
    expect(new Set(SUITES.map((suite) => suite.iana)).size).toBe(26);
  });

  test('SUITES holds every suite that the page of CreateSecurityPolicy lists', () => {
    const page = [
      'AES128-SHA',
      'AES256-SHA',
      'DES-CBC3-SHA',
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-RSA-AES128-SHA256',
      'ECDHE-RSA-AES256-SHA384',
      'AES128-GCM-SHA256',
      'AES256-GCM-SHA384',
      'AES128-SHA256',
      'AES256-SHA256',
      ...suitesOf('tls13'),
    ];
    for (const name of page) expect(findSuite(name), name).toBeDefined();
  });

  test.each([
    ['DES-CBC3-SHA', /3DES.*CBC.*static RSA/],
    ['AES128-SHA', /CBC.*static RSA/],
    ['AES128-GCM-SHA256', /^static RSA/],
    ['ECDHE-RSA-AES256-SHA384', /^CBC/],
  ])('findSuite(%j) says what is weak', (name, why) => {
    expect(findSuite(name)?.weak).toMatch(why);
  });

  test.each(['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-CHACHA20-POLY1305', 'TLS_AES_128_GCM_SHA256'])(
    'findSuite(%j) calls nothing weak',
    (name) => {
      expect(findSuite(name)?.weak).toBeUndefined();
    },
  );

  test('findSuite() does not know what is no suite', () => {
    expect(findSuite('__proto__')).toBeUndefined();
    expect(findSuite('aes128-sha')).toBeUndefined();
  });
});
