import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NamespaceSelector } from '../../../src/api/providerconfig.ts';
import { selectorOf } from '../../../src/dev/kube/selector.ts';
import { selects } from '../../../src/domain/selector.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement = NonNullable<NamespaceSelector['matchExpressions']>[number];

const PROD = { tier: 'prod', team: 'web' };

/** One requirement, as `kubectl get -l` takes it. */
function termOf({ key, operator, values = [] }: Requirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}

/** The text that means the same (`metav1.FormatLabelSelector`). */
function textOf({ matchLabels = {}, matchExpressions = [] }: NamespaceSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...labels, ...matchExpressions.map(termOf)].join(',');
}

describe('selects()', () => {
  test.each<[string, NamespaceSelector, Labels, boolean]>([
    ['{} selects everything', {}, PROD, true],
    ['{} selects a namespace without labels', {}, {}, true],
    ['empty lists ask nothing', { matchLabels: {}, matchExpressions: [] }, {}, true],
    ['a label that is there', { matchLabels: { tier: 'prod' } }, PROD, true],
    ['a label with another value', { matchLabels: { tier: 'dev' } }, PROD, false],
    ['a label that is missing', { matchLabels: { zone: 'a' } }, PROD, false],
    ['a missing label is not an empty one', { matchLabels: { zone: '' } }, PROD, false],
    ['an empty label is an empty one', { matchLabels: { zone: '' } }, { zone: '' }, true],
    ['all labels must be there', { matchLabels: { tier: 'prod', zone: 'a' } }, PROD, false],
    ['In', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['dev', 'prod'] }] }, PROD, true],
    [
      'In without the label',
      { matchExpressions: [{ key: 'zone', operator: 'In', values: [''] }] },
      PROD,
      false,
    ],
    [
      'In without values selects nothing',
      { matchExpressions: [{ key: 'tier', operator: 'In' }] },
      PROD,
      false,
    ],
    ['NotIn', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['prod'] }] }, PROD, false],
    [
      'NotIn selects what has no such label',
      { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
      PROD,
      true,
    ],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, PROD, true],
    ['Exists without the label', { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, PROD, false],
    ['DoesNotExist', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, PROD, true],
    ['DoesNotExist with it', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, PROD, false],
    [
      'labels and requirements must both hold',
      { matchLabels: { tier: 'prod' }, matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] },
      PROD,
      false,
    ],
    ['a key of every object is no label', { matchLabels: { constructor: 'x' } }, {}, false],
    ['nor does it exist', { matchExpressions: [{ key: 'toString', operator: 'Exists' }] }, {}, false],
  ])('%s', (_, selector, labels, expected) => {
    expect(selects(selector, labels)).toBe(expected);
  });

  const key = fc.constantFrom('tier', 'team', 'zone', 'kubernetes.io/metadata.name', 'constructor');
  const value = fc.constantFrom('a', 'b', 'c');
  const labels = fc.dictionary(key, value, { noNullPrototype: true });
  const requirement: fc.Arbitrary<Requirement> = fc.oneof(
    fc.record({
      key,
      operator: fc.constantFrom('In' as const, 'NotIn' as const),
      values: fc.array(value, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
  );
  const selector: fc.Arbitrary<NamespaceSelector> = fc.record(
    { matchLabels: labels, matchExpressions: fc.array(requirement, { maxLength: 3 }) },
    { requiredKeys: [] },
  );

  test('agrees with the label selector of a list, which is another implementation', () => {
    fc.assert(
      fc.property(selector, labels, (wanted, has) => {
        const other = selectorOf(new URLSearchParams({ labelSelector: textOf(wanted) }), undefined);
        if (other.kind !== 'ok') throw new Error(`The list refuses '${textOf(wanted)}'`);
        const metadata = { name: 'n', uid: '', resourceVersion: '1', creationTimestamp: '', labels: has };
        const object = { apiVersion: 'v1', kind: 'Namespace', metadata };
        expect(selects(wanted, has)).toBe(other.value?.(object) ?? true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('asking for more never selects more', () => {
    fc.assert(
      fc.property(selector, requirement, labels, (wanted, more, has) => {
        const narrower = { ...wanted, matchExpressions: [...(wanted.matchExpressions ?? []), more] };
        if (selects(narrower, has)) expect(selects(wanted, has)).toBe(true);
      }),
    );
  });
});
