import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { crdOf } from '../../../scripts/generate/crd.ts';
import { KINDS } from '../../../scripts/generate/kinds.ts';
import type { Node } from '../../../scripts/generate/schema.ts';
import type { Rule } from '../../../src/api/field.ts';
import { SUITES, suitesOf, TLS_VERSIONS } from '../../../src/domain/tls.ts';

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly shortNames?: readonly string[]; readonly categories: readonly string[] };
    readonly scope: string;
    readonly versions: readonly [
      {
        readonly subresources?: unknown;
        readonly additionalPrinterColumns: readonly { readonly name: string; readonly priority?: number }[];
        readonly schema: { readonly openAPIV3Schema: Node };
      },
    ];
  };
}

const CRDS = KINDS.map((kind) => parse(crdOf(kind)) as Crd);

/** Every node of a schema with its path; `spec.ciphers[]` is an item, `spec.tags{}` a value. */
function nodes(node: Node, path: string): readonly (readonly [string, Node])[] {
  return [
    [path, node] as const,
    ...Object.entries(node.properties ?? {}).flatMap(([key, one]) => nodes(one, `${path}.${key}`)),
    ...(node.items === undefined ? [] : nodes(node.items, `${path}[]`)),
    ...(node.additionalProperties === undefined ? [] : nodes(node.additionalProperties, `${path}{}`)),
  ];
}

const ROOTS = CRDS.flatMap((crd) => {
  const { properties = {} } = crd.spec.versions[0].schema.openAPIV3Schema;
  return Object.entries(properties)
    .filter(([key]) => key === 'spec' || key === 'status')
    .flatMap(([key, one]) => nodes(one, `${crd.metadata.name}:${key}`));
});

function policy(): Node {
  const root = CRDS[0]?.spec.versions[0].schema.openAPIV3Schema;
  if (root === undefined) throw new Error('There is no CRD');
  return root;
}

function field(path: string): Node {
  const found = ROOTS.find(([one]) => one === `securitypolicies.alb.alicloud.dev:${path}`);
  if (found === undefined) throw new Error(`There is no field '${path}'`);
  return found[1];
}

/** A schema without its descriptions. */
function bare(node: Node | undefined): unknown {
  return JSON.parse(
    JSON.stringify(node ?? null, (key, value) => (key === 'description' ? undefined : value)),
  );
}

describe('the CRDs', () => {
  test('every field of spec and status has a description with an example', () => {
    const bare = ROOTS.filter(([, node]) => !/\S.* Example: `[^`]+`\.$/s.test(node.description ?? ''));
    expect(ROOTS.length).toBeGreaterThan(100);
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  test('every text, list and map has an upper bound, which the cost budget of CEL needs', () => {
    const open = ROOTS.filter(
      ([, node]) =>
        (node.type === 'string' && node.maxLength === undefined && node.enum === undefined) ||
        (node.type === 'array' && node.maxItems === undefined) ||
        (node.additionalProperties !== undefined && node.maxProperties === undefined),
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });

  test('every list is atomic, but for the conditions', () => {
    const others = ROOTS.filter(
      ([, node]) => node.type === 'array' && node['x-kubernetes-list-type'] !== 'atomic',
    );
    expect(others.map(([path]) => path)).toEqual(CRDS.map((crd) => `${crd.metadata.name}:status.conditions`));
    for (const [path, node] of others) {
      expect(node, path).toMatchObject({
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      });
    }
  });

  test('the enums are the cipher table', () => {
    expect(field('spec.ciphers[]').enum).toEqual(SUITES.map((suite) => suite.name));
    expect(field('spec.tlsVersions[]').enum).toEqual(TLS_VERSIONS);
  });

  test('the rules name every suite in exactly one of three sums', () => {
    const rules = field('spec')['x-kubernetes-validations'] as readonly Rule[];
    const sums = rules.flatMap((rule) => (rule.messageExpression === undefined ? [] : [rule]));
    expect(sums).toHaveLength(3);
    for (const suite of SUITES) {
      const naming = sums.filter((rule) =>
        rule.messageExpression?.includes(`'${suite.name}' in self.ciphers`),
      );
      expect(naming, suite.name).toHaveLength(1);
      expect(suitesOf(suite.group)).toContain(suite.name);
    }
    expect(sums.every((rule) => rule.fieldPath === '.ciphers')).toBe(true);
  });

  test('defaults are those that the operator assumes, and deletionPolicy has none', () => {
    expect(field('spec.managementPolicy').default).toBe('Managed');
    expect(field('spec.driftPolicy').default).toBe('Correct');
    expect(field('spec.deletionPolicy')).not.toHaveProperty('default');
    expect(field('status').default).toEqual({ observedGeneration: -1 });
  });

  test('the freezing rules stand at the root, where they see fields come and go', () => {
    const rules = policy()['x-kubernetes-validations'] as readonly Rule[];
    const frozen = rules.filter((rule) => rule.rule.includes('oldSelf.status.target'));
    expect(frozen.map((rule) => rule.fieldPath)).toEqual([
      '.spec.region',
      '.spec.providerConfigRef',
      '.spec.adopt',
      '.spec.managementPolicy',
    ]);
  });

  test('kubectl finds SecurityPolicy by albsp, alb and alicloud, and shows its columns', () => {
    const { names, scope, versions } = CRDS[0]?.spec ?? {};
    expect([names?.shortNames, names?.categories, scope]).toEqual([
      ['albsp'],
      ['alb', 'alicloud'],
      'Namespaced',
    ]);
    const columns = versions?.[0].additionalPrinterColumns ?? [];
    expect(columns.filter((one) => one.priority !== 1).map((one) => one.name)).toEqual([
      'Ready',
      'Reason',
      'ID',
      'TLS',
      'Age',
    ]);
    expect(columns.filter((one) => one.priority === 1).map((one) => one.name)).toEqual([
      'Up-to-date',
      'Region',
      'Message',
    ]);
    expect(versions?.[0].subresources).toEqual({ status: {} });
  });

  test.each(['providerconfigs', 'clusterproviderconfigs'])('%s have a status of their own', (plural) => {
    const crd = CRDS.find((one) => one.metadata.name === `${plural}.alb.alicloud.dev`);
    const version = crd?.spec.versions[0];
    const status = version?.schema.openAPIV3Schema.properties?.status;
    expect(version?.subresources).toEqual({ status: {} });
    expect(status?.default).toEqual({ observedGeneration: -1 });
    expect(status).not.toHaveProperty('required');
    expect(Object.keys(status?.properties ?? {})).toEqual([
      'observedGeneration',
      'accountId',
      'arn',
      'conditions',
    ]);
    expect(status?.properties?.observedGeneration?.minimum).toBe(-1);
    const shape = bare(status?.properties?.conditions?.items);
    expect(shape).toEqual(bare(field('status.conditions[]')));
  });

  test.each([
    ['providerconfigs', ['Ready', 'Account', 'Region', 'Age']],
    ['clusterproviderconfigs', ['Ready', 'Account', 'Region', 'Network', 'Adoption', 'Age']],
  ])('kubectl shows the columns of %s, and the reason with -o wide', (plural, shown) => {
    const crd = CRDS.find((one) => one.metadata.name === `${plural}.alb.alicloud.dev`);
    const columns = crd?.spec.versions[0].additionalPrinterColumns ?? [];
    expect(columns.filter((one) => one.priority !== 1).map((one) => one.name)).toEqual(shown);
    expect(columns.filter((one) => one.priority === 1).map((one) => one.name)).toEqual(['Reason']);
  });

  test('patterns are plain enough to mean the same in Go and in JavaScript', () => {
    for (const [path, node] of ROOTS) {
      if (node.pattern === undefined) continue;
      expect(node.pattern, path).not.toMatch(/\\[pudwsbx]|\(\?/);
      expect(node.pattern, path).toMatch(/^\^.*\$$/s);
    }
  });
});
