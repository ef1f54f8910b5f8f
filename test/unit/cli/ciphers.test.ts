import { describe, expect, test } from 'vitest';
import { ciphers } from '../../../src/cli/ciphers.ts';
import { SUITES } from '../../../src/domain/tls.ts';
import { captured } from './captured.ts';

describe('ciphers', () => {
  test('ciphers() shows every suite on a line of an aligned table', async () => {
    const output = captured();
    expect(await ciphers([], output)).toBe(0);
    const lines = output.out().trimEnd().split('\n');
    expect(lines).toHaveLength(1 + SUITES.length);
    const column = lines[0]?.indexOf('IANA') ?? -1;
    for (const [index, suite] of SUITES.entries()) {
      expect(lines[index + 1]?.slice(column)).toMatch(new RegExp(`^${suite.iana}( |$)`));
    }
    expect(lines.find((line) => line.startsWith('DES-CBC3-SHA'))).toMatch(/ x {4}x {4}x {4}- .*Sweet32/);
  });

  test('ciphers() writes JSON when asked', async () => {
    const output = captured();
    expect(await ciphers(['-o', 'json'], output)).toBe(0);
    const all = JSON.parse(output.out());
    expect(all).toHaveLength(SUITES.length);
    expect(all[0]).toEqual({
      name: 'ECDHE-ECDSA-AES128-SHA',
      iana: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
      tlsVersions: ['TLSv1.0', 'TLSv1.1', 'TLSv1.2'],
      weak: true,
      why: 'CBC: padding oracles (Lucky 13)',
    });
  });

  test.each([[['-o', 'xml']], [['--nope']], [['extra']]])('ciphers(%j) is wrong usage', async (args) => {
    const output = captured();
    expect(await ciphers(args, output)).toBe(2);
    expect(output.err()).toMatch(/^albsp ciphers: .*\n\nUsage: /);
    expect(output.out()).toBe('');
  });

  test('ciphers() explains itself', async () => {
    const output = captured();
    expect(await ciphers(['--help'], output)).toBe(0);
    expect(output.out()).toMatch(/^Usage: albsp ciphers/);
  });
});
