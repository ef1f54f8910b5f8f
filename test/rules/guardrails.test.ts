/** The files of deploy/guardrails: fresh, ready for a chart, and within what Kubernetes 1.30 has. */
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { guardrails, staleGuardrails } from '../../scripts/guardrails.ts';
import { findSuite, SUITES } from '../../src/domain/tls.ts';

/** Functions and macros of CEL that an API server of 1.30 has (k8s.io/apiserver v0.30, pkg/cel/environment/base.go). */
const FUNCTIONS = [
  'all',
  'exists',
  'filter',
  'has',
  'hasValue',
  'join',
  'map',
  'orValue',
  'size',
  'split',
  'trim',
];
/** Fields of admissionregistration.k8s.io/v1 in 1.30, as far as they are used. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ValidatingAdmissionPolicy: [
    'failurePolicy',
    'matchConditions',
    'matchConstraints',
    'paramKind',
    'validations',
    'variables',
  ],
  ValidatingAdmissionPolicyBinding: ['matchResources', 'paramRef', 'policyName', 'validationActions'],
};

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

const files = [...guardrails()].map(([name, text]) => ({
  name,
  text,
  manifests: parseAllDocuments(text).map((document): Manifest => document.toJS()),
}));

/** Every text below a key of this name. */
function expressionsOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' && /^(?:messageE|e)xpression$/.test(key) ? [inner] : expressionsOf(inner),
  );
}

/** The code of an expression, without its texts. */
function codeOf(expression: string): string {
  return expression.replaceAll(/'(?:[^'\\]|\\.)*'/g, "''");
}

test('deploy/guardrails is what scripts/guardrails.ts writes', async () => {
  expect(await staleGuardrails()).toEqual([]);
});

test('each guardrail is a policy, then its parameters if it has any, then its bindings, all named after the file', () => {
  const shapes = files.map(({ name, manifests }) => [name, ...manifests.map(({ kind }) => kind)].join(' '));
  const [policy, binding] = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
  expect(shapes).toEqual([
    `deletion.yaml ${policy} ${binding}`,
    `forbidden-suites.yaml ${policy} ConfigMap ${binding} ${binding}`,
    `minimum-tls.yaml ${policy} ${binding}`,
    `required-tags.yaml ${policy} ConfigMap ${binding} ${binding}`,
  ]);
  for (const { name, manifests } of files)
    for (const { metadata } of manifests)
      expect(metadata.name).toMatch(new RegExp(`^albsp-${name.replace('.yaml', '')}(?:-update)?$`));
});

test('no guardrail uses a field or a function that Kubernetes 1.30 does not have', () => {
  const called = new Set<string>();
  for (const { manifests } of files) {
    for (const { kind, spec = {} } of manifests) {
      expect(Object.keys(spec).filter((key) => !FIELDS[kind]?.includes(key))).toEqual([]);
      for (const one of expressionsOf(spec))
        for (const [, name = ''] of codeOf(one).matchAll(/(\w+)\(/g)) called.add(name);
    }
  }
  expect([...called].sort()).toEqual(FUNCTIONS.filter((name) => called.has(name)));
  expect(called.size).toBeGreaterThan(8);
});

test('forbidden-suites knows every suite of the table, each with its classes', () => {
  const text = files.find(({ name }) => name === 'forbidden-suites.yaml')?.text ?? '';
  for (const { name, weaknesses } of SUITES) {
    const quoted = weaknesses.map((one) => `'${one}'`).join(', ');
    expect(text).toContain(
      weaknesses.length === 0 ? `          '${name}'` : `          '${name}': [${quoted}]`,
    );
  }
  const rows = [...text.matchAll(/^ {10}'([^']+)'/gm)].map(([, name = '']) => name);
  expect(rows.filter((name) => findSuite(name) === undefined)).toEqual([]);
  expect(rows).toHaveLength(SUITES.length);
});

test('no text of a guardrail is a template to Helm', () => {
  for (const { text } of files) expect(text).not.toMatch(/\{\{|\}\}/);
});
