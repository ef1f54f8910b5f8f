import { property, violation } from './shape.ts';
import { step, type Violation } from './violation.ts';

/** What holds inside `allowedNamespaces` of a ClusterProviderConfig: values go with In and NotIn, and only with them. */
export function checkSelector(spec: unknown): readonly Violation[] {
  const all = property(property(spec, 'allowedNamespaces'), 'matchExpressions');
  if (!Array.isArray(all)) return [];
  return all.flatMap((one: unknown, index) => {
    const operator = property(one, 'operator');
    const values = property(one, 'values');
    const given = Array.isArray(values) && values.length > 0;
    const needed = operator === 'In' || operator === 'NotIn';
    if (given === needed) return [];
    const pointer = step(step('/spec/allowedNamespaces/matchExpressions', index), 'values');
    const message = needed
      ? `${operator} needs at least one value`
      : 'Exists and DoesNotExist take no values';
    return [violation(pointer, values, 'selector-values', message)];
  });
}
