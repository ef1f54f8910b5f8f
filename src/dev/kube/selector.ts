import { badRequest, failed, type Outcome, ok } from './failure.ts';
import type { KubeObject } from './object.ts';

/** Tells whether an object is selected. */
export type Selector = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

/** Reads `labelSelector` (equality and set based) and `fieldSelector` (name and namespace, and `type` and more of built-ins). */
export function selectorOf(
  parameters: URLSearchParams,
  name: string | undefined,
): Outcome<Selector | undefined> {
  const parts: Selector[] = [];
  for (const term of terms(parameters.get('labelSelector') ?? '')) {
    const requirement = labelRequirement(term);
    if (requirement === undefined) {
      return failed(
        badRequest(`unable to parse requirement: found '${term}', which is not a label requirement`),
      );
    }
    parts.push((object) => requirement(object.metadata.labels ?? {}));
  }
  for (const term of terms(parameters.get('fieldSelector') ?? '')) {
    const match = /^([A-Za-z.]+)(==|!=|=)(.*)$/.exec(term);
    if (match === null) return failed(badRequest(`invalid selector: '${term}'; can't understand '${term}'`));
    const [, path = '', operator, wanted = ''] = match;
    if (!FIELDS.test(path)) return failed(badRequest(`field label not supported: ${path}`));
    parts.push((object) => (fieldText(object, path) === wanted) === (operator !== '!='));
  }
  if (name !== undefined) parts.push((object) => object.metadata.name === name);
  return ok(parts.length === 0 ? undefined : (object) => parts.every((part) => part(object)));
}

// What some served kind can be selected by: custom resources by name and namespace only.
const FIELDS =
  /^(metadata\.(name|namespace)|type|reason|reportingComponent|source|involvedObject\.\w+|regarding\.\w+|status\.phase)$/;

function fieldText(object: KubeObject, path: string): string {
  let at: unknown = object;
  for (const key of path.split('.')) {
    at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  }
  return typeof at === 'string' ? at : '';
}

/** Splits at commas outside parentheses. */
function terms(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function labelRequirement(term: string): ((labels: Labels) => boolean) | undefined {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    const holds = (labels: Labels): boolean => Object.hasOwn(labels, key) && values.has(labels[key] ?? '');
    return operator === 'in' ? holds : (labels) => !holds(labels);
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(term);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    const holds = (labels: Labels): boolean => Object.hasOwn(labels, key) && labels[key] === value;
    return operator === '!=' ? (labels) => !holds(labels) : holds;
  }
  const existence = /^(!?)\s*([^\s=!()]+)$/.exec(term);
  if (existence === null) return undefined;
  const [, not = '', key = ''] = existence;
  return (labels) => Object.hasOwn(labels, key) === (not === '');
}
