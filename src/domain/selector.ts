import type { NamespaceSelector } from '../api/providerconfig.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement = NonNullable<NamespaceSelector['matchExpressions']>[number];

/** Whether a label selector selects these labels, as `metav1.LabelSelector` says it: all that it asks must hold, and one that asks nothing selects everything. */
export function selects(selector: NamespaceSelector, labels: Labels): boolean {
  const wanted = Object.entries(selector.matchLabels ?? {});
  return (
    wanted.every(([key, value]) => labelOf(labels, key) === value) &&
    (selector.matchExpressions ?? []).every((requirement) => holds(requirement, labels))
  );
}

function holds({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Own labels only, also for keys such as `constructor`. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
