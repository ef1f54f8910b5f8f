import { describe, expect, test } from 'vitest';
import { sumOf } from '../../../scripts/bench/exposition.ts';
import { atMost, exactly, median, table } from '../../../scripts/bench/figure.ts';

describe('figures', () => {
  test('atMost() keeps its limit at the limit and misses it above', () => {
    expect(atMost('a', 8, 8, 'ms')).toEqual({
      what: 'a',
      measured: '8 ms',
      limit: 'at most 8 ms',
      verdict: 'ok',
    });
    expect(atMost('a', 8.01, 8, 'ms').verdict).toBe('MISSED');
  });

  test('atMost() shows what is missed by a hair as more than the limit', () => {
    expect(atMost('a', 1.2004, 1.2, 'times').measured).toBe('1.2004 times');
  });

  test('atMost() misses what was not measured', () => {
    expect(atMost('a', Number.NaN, 8, 'ms').verdict).toBe('MISSED');
  });

  test('exactly() misses fewer as well as more', () => {
    expect([2, 3, 4].map((value) => exactly('a', value, 3).verdict)).toEqual(['MISSED', 'ok', 'MISSED']);
  });

  test('median() is the middle, or the mean of the two in the middle', () => {
    expect([median([9, 1, 2]), median([4, 1, 2, 9]), median([])]).toEqual([2, 3, Number.NaN]);
  });

  test('table() is Markdown with columns of one width', () => {
    expect(table([exactly('writes', 3, 3)]).split('\n')).toEqual([
      '| what   | measured | limit | verdict |',
      '|--------|----------|-------|---------|',
      '| writes | 3        | 3     | ok      |',
    ]);
  });
});

describe('sumOf()', () => {
  const text = [
    '# HELP calls_total Calls.',
    'calls_total{verb="update",resource="a"} 2',
    'calls_total{verb="update",resource="b"} 3',
    'calls_total_other{verb="update"} 100',
    'lag 0.25',
  ].join('\n');

  test('adds the samples whose labels fit, and of no metric that only begins alike', () => {
    expect(sumOf(text, 'calls_total')).toBe(5);
    expect(sumOf(text, 'calls_total', { resource: 'b', verb: 'update' })).toBe(3);
    expect(sumOf(text, 'calls_total', { verb: 'get' })).toBe(0);
  });

  test('reads a metric without labels', () => {
    expect(sumOf(text, 'lag')).toBe(0.25);
  });
});
