import { describe, expect, test } from 'vitest';
import { QuotaGate, QuotaGates } from '../../../src/reconcile/quota.ts';

/** A gate that was closed at 0 with 50 policies. */
function closed(): QuotaGate {
  const gate = new QuotaGate();
  gate.refused(50, 0);
  return gate;
}

describe('QuotaGate (rule 9, I9)', () => {
  test('admits everybody while nothing was refused', () => {
    const gate = new QuotaGate();
    expect([1, 2, 3].map((n) => gate.admits(`a/${n}`, 50, 0))).toEqual([true, true, true]);
  });

  test('admits nobody in a full region before the first probe is due', () => {
    expect(closed().admits('a/1', 50, 4_999)).toBe(false);
    expect(closed().admits('a/1', 51, 4_999)).toBe(false);
  });

  test('admits one probe when it is due, and the same key again, and nobody else', () => {
    const gate = closed();
    expect(gate.admits('a/1', 50, 5_000)).toBe(true);
    expect(gate.admits('a/1', 50, 5_001)).toBe(true);
    expect(gate.admits('a/2', 50, 5_001)).toBe(false);
  });

  test('admits one of ten when the list counts fewer', () => {
    const gate = closed();
    const admitted = Array.from({ length: 10 }, (_, n) => gate.admits(`a/${n}`, 49, 1));
    expect(admitted.filter(Boolean)).toHaveLength(1);
  });

  test('doubles the wait between probes from 5 s to 5 min', () => {
    const gate = new QuotaGate();
    const waits: number[] = [];
    let now = 0;
    for (let probe = 0; probe < 9; probe += 1) {
      gate.refused(50, now);
      let wait = 0;
      while (!gate.admits('a/1', 50, now + wait)) wait += 1_000;
      waits.push(wait / 1_000);
      now += wait;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test('takes the refusals of creates that were sent at once for one, so that the first probe is soon', () => {
    const gate = new QuotaGate();
    for (let refusals = 0; refusals < 6; refusals += 1) gate.refused(50, refusals);
    expect(gate.admits('a/1', 50, 4_999)).toBe(false);
    expect(gate.admits('a/1', 50, 5_000)).toBe(true);
    gate.refused(50, 5_000);
    expect(gate.admits('a/1', 50, 14_999)).toBe(false);
    expect(gate.admits('a/1', 50, 15_000)).toBe(true);
  });

  test('believes the larger count of the refusal, whatever a late list says', () => {
    const gate = new QuotaGate();
    gate.refused(3, 0);
    expect(gate.admits('a/1', 3, 1)).toBe(false);
    expect(gate.admits('a/1', 2, 1)).toBe(true);
  });

  test('stands open for all after three creates in a row, one at a time', () => {
    const gate = closed();
    for (const key of ['a/1', 'a/2', 'a/3']) {
      expect(gate.admits(key, 40, 10_000)).toBe(true);
      expect(gate.admits('a/9', 40, 10_000)).toBe(false);
      gate.succeeded(key);
    }
    expect(['a/4', 'a/5'].map((key) => gate.admits(key, 43, 10_000))).toEqual([true, true]);
  });

  test('counts the calm anew after a refusal', () => {
    const gate = closed();
    for (const key of ['a/1', 'a/2']) {
      gate.admits(key, 40, 10_000);
      gate.succeeded(key);
    }
    gate.refused(42, 10_000);
    gate.admits('a/3', 41, 10_000);
    gate.succeeded('a/3');
    expect(gate.admits('a/4', 41, 10_000)).toBe(true);
    expect(gate.admits('a/5', 41, 10_000)).toBe(false);
  });

  test('passes on when its holder leaves, and when it says nothing for two minutes', () => {
    const gate = closed();
    gate.admits('a/1', 49, 0);
    gate.left('a/2');
    expect(gate.admits('a/2', 49, 1)).toBe(false);
    gate.left('a/1');
    expect(gate.admits('a/2', 49, 1)).toBe(true);
    expect(gate.admits('a/3', 49, 120_000)).toBe(false);
    expect(gate.admits('a/3', 49, 120_001)).toBe(true);
  });
});

describe('QuotaGates', () => {
  test('has one gate for each account and region', () => {
    const gates = new QuotaGates();
    gates.of('1', 'cn-a').refused(50, 0);
    expect(gates.of('1', 'cn-a').admits('a/1', 50, 0)).toBe(false);
    expect(gates.of('1', 'cn-b').admits('a/1', 50, 0)).toBe(true);
    expect(gates.of('2', 'cn-a').admits('a/1', 50, 0)).toBe(true);
  });
});
