import { describe, expect, test } from 'vitest';
import { outcomeOf, planted } from './planted/copy.ts';
import { MUTATIONS } from './planted/mutations.ts';

/** Schedules that a planted bug may survive; the slowest of those that need schedules is found by the first few. */
const SEEDS = 100;

describe.concurrent('the oracles turn red', () => {
  test.each(MUTATIONS.map((mutation) => [mutation.name, mutation.oracle, mutation.by, mutation] as const))(
    'when %s: %s by %s',
    async (_name, oracle, by, mutation) => {
      const found = await outcomeOf(mutation, { by, oracle, seeds: SEEDS });
      expect(found.filter((line) => line.startsWith(`${oracle} `))).not.toEqual([]);
    },
  );
});

describe('planted()', () => {
  test('stays green when nothing is planted, so that the copy itself is no bug', async () => {
    expect(await outcomeOf(undefined, { by: 'I17', oracle: 'O1', seeds: 0 })).toEqual([]);
  });

  test.each([
    ['0 times', 'let b'],
    ['2 times', 'let a'],
  ])('fails and names the text when it is found %s', (times, from) => {
    const plant = () =>
      planted(
        new Map([
          ['a.ts', 'let a'],
          ['c.ts', 'let a'],
        ]),
        { name: 'bug', from, to: '' },
      );
    expect(plant).toThrow(`Mutation "bug" must find its text exactly once, and finds it ${times}: ${from}`);
  });

  test('covers rules 1 to 9', () => {
    const rules = MUTATIONS.map(({ rule }) => rule.slice(0, 1));
    expect(['1', '2', '3', '4', '5', '6', '7', '8', '9'].filter((rule) => !rules.includes(rule))).toEqual([]);
  });
});
