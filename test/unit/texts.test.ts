import { describe, expect, test } from 'vitest';
import { shareTexts } from '../../src/adapters/texts.ts';

/** Parsed anew, as every answer is. */
function parsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('shareTexts()', () => {
  test('changes no value', () => {
    const value = {
      spec: { ciphers: ['AES', 'CHACHA'], empty: [], mixed: ['AES', 1, null, { a: ['b'] }], on: true },
      long: 'x'.repeat(200),
    };
    expect(shareTexts(parsed(value))).toEqual(value);
    expect(shareTexts(parsed(value))).toEqual(value);
  });

  test('keeps a key that an object would take for its prototype', () => {
    const value: unknown = JSON.parse('{"__proto__": {"a": "b"}, "c": "d"}');
    expect(JSON.stringify(shareTexts(value))).toBe('{"__proto__":{"a":"b"},"c":"d"}');
  });

  test('gives equal lists of texts out once, frozen, and lists that differ apart', () => {
    const first = shareTexts(['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256']);
    expect(shareTexts(['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'])).toBe(first);
    expect(shareTexts(['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'])).not.toEqual(first);
    expect(shareTexts(['a,b'])).not.toEqual(shareTexts(['a', 'b']));
    expect(Object.isFrozen(first)).toBe(true);
  });

  test('goes on after it has seen more different texts than it remembers', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => [`text ${index}`]);
    expect(shareTexts(parsed(many))).toEqual(many);
  });
});
