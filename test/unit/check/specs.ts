/**
 * Specs for properties: valid ones, and ones that are one mutation away from valid.
 * Every value is JSON, so that a case can be sent to an API server as it is.
 * @module
 */
import fc from 'fast-check';
import type { SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import { SUITES, TLS_VERSIONS, type TlsVersion } from '../../../src/domain/tls.ts';

/** A name of an object and a spec, which may be anything. */
export interface SpecCase {
  readonly name: string;
  readonly spec: Record<string, unknown>;
}

/** A case that every judge must accept. */
export function validCase(): fc.Arbitrary<SpecCase> {
  return fc
    .record({ name: validName(), suites: validSuites(), more: moreFields() })
    .map(({ name, suites, more }) => ({ name, spec: { ...suites, ...more } }));
}

/** The spec of a valid case, typed. */
export function validSpec(): fc.Arbitrary<SecurityPolicySpec> {
  return validCase().map(({ spec }) => spec as SecurityPolicySpec);
}

/** A valid case with one mutation, which may leave it valid. */
export function mutatedCase(): fc.Arbitrary<SpecCase> {
  return fc.tuple(validCase(), mutation()).map(([one, mutate]) => mutate(one));
}

/** Valid and mutated cases, half and half. */
export function specCase(): fc.Arbitrary<SpecCase> {
  return fc.oneof(validCase(), mutatedCase());
}

function validName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/),
    fc.constantFrom('1', '9lives', 'ab', 'a.b-c', 'a'.repeat(128), `0${'a'.repeat(124)}`),
  );
}

function validSuites(): fc.Arbitrary<Record<string, unknown>> {
  return fc.subarray([...TLS_VERSIONS], { minLength: 1 }).chain((tlsVersions) => {
    const usable = namesFor(tlsVersions);
    const modern = namesFor(['TLSv1.3']);
    return fc
      .tuple(fc.shuffledSubarray([...usable], { minLength: 1 }), fc.constantFrom(...modern))
      .map(([ciphers, one]) => {
        const lacking = tlsVersions.includes('TLSv1.3') && !ciphers.some((name) => modern.includes(name));
        return { tlsVersions, ciphers: lacking ? [...ciphers, one] : ciphers };
      });
  });
}

function moreFields(): fc.Arbitrary<Record<string, unknown>> {
  const tagKey = fc.stringMatching(/^[b-z][a-z0-9/.-]{0,12}$/);
  return fc.record(
    {
      securityPolicyName: fc.constantFrom('ab', '策略-1', 'A.b_c-9', '一', 'Z9'.repeat(64)).map(twice),
      unlistedCiphers: fc.constantFrom([], ['ECC-SM2-WITH-SM4-SM3'], ['NEW_1', 'NEW_2']),
      resourceGroupId: fc.constantFrom('rg-1', 'rg-acfmxazb4ph6aiy'),
      tags: fc.dictionary(tagKey, fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }), {
        maxKeys: 17,
      }),
      region: fc.constantFrom('cn-hangzhou', 'ap-southeast-1', 'us-east-1', 'cn-wulanchabu-2-x9'),
      providerConfigRef: fc.constantFrom(
        { kind: 'ProviderConfig', name: 'team' },
        { kind: 'ClusterProviderConfig', name: 'a.b-c' },
      ),
      managementPolicy: fc.constantFrom('Managed', 'DryRun'),
      deletionPolicy: fc.constantFrom('Delete', 'Retain'),
      driftPolicy: fc.constantFrom('Correct', 'Report'),
      adopt: fc.constantFrom(
        { securityPolicyId: 'spy-1' },
        { securityPolicyName: 'legacy', previousOwnerUID: '5c7b1e0a-2f35' },
      ),
    },
    { requiredKeys: [] },
  );
}

/** A name of one character is too short; twice it is not. */
function twice(name: string): string {
  return name.length === 1 ? `${name}${name}` : name;
}

function namesFor(versions: readonly TlsVersion[]): readonly string[] {
  return SUITES.filter((suite) => suite.versions.some((one) => versions.includes(one))).map(
    (one) => one.name,
  );
}

type Mutate = (one: SpecCase) => SpecCase;

const FIELDS = [
  'securityPolicyName',
  'tlsVersions',
  'ciphers',
  'unlistedCiphers',
  'resourceGroupId',
  'tags',
  'region',
  'providerConfigRef',
  'managementPolicy',
  'deletionPolicy',
  'driftPolicy',
  'adopt',
];

/** Values that are wrong somewhere; none brings a field that no schema knows. */
const JUNK: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  1e300,
  '',
  'x',
  'Observe',
  [],
  {},
  [null],
  [''],
  [[]],
  'a\n',
];

/** Edges of what each field may hold; about half of them are just outside. */
const EDGES: Readonly<Record<string, readonly unknown[]>> = {
  securityPolicyName: [
    'a',
    'ab\n',
    '1ab',
    '-ab',
    '.ab',
    'a b',
    'a/b',
    '\u9fffa',
    '\ua000a',
    '\u3fffa',
    '\u4e00\u4e00',
    'é1',
    'a😀',
    'a'.repeat(128),
    'a'.repeat(129),
    '一'.repeat(128),
    '一'.repeat(129),
  ],
  unlistedCiphers: [
    ['x'],
    ['X'],
    ['X!'],
    ['AES128-SHA'],
    ['X1', 'X1'],
    ['X'.repeat(64)],
    ['X'.repeat(65)],
    Array.from({ length: 8 }, (_, index) => `N${index}`),
    Array.from({ length: 9 }, (_, index) => `N${index}`),
  ],
  resourceGroupId: ['r'.repeat(64), 'r'.repeat(65), '资源', '😀'.repeat(64), '\ud800'],
  tags: [
    { aliyun: 'x' },
    { Aliyun: 'x' },
    { 'acs:x': 'x' },
    { a: 'acs:' },
    { a: 'xacs:' },
    { a: 'see http://x' },
    { 'x-https://x': 'x' },
    { '': 'x' },
    { a: '' },
    { a: null },
    { a: 1 },
    { a: true },
    { 'alb.alicloud.dev/uid': 'x' },
    { 'alb.alicloud.dev': 'x' },
    { ['k'.repeat(128)]: 'x' },
    { ['k'.repeat(129)]: 'x' },
    { ['😀'.repeat(128)]: '😀'.repeat(128) },
    { a: 'x'.repeat(129) },
    { a: '😀'.repeat(129) },
    Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'x'])),
    Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`k${index}`, 'x'])),
  ],
  region: [
    'cn',
    'cn-',
    'CN-hangzhou',
    'cn-hang_zhou',
    'c-hangzhou',
    'cn--x',
    `cn-${'a'.repeat(61)}`,
    `cn-${'a'.repeat(62)}`,
  ],
  providerConfigRef: [
    { kind: 'ProviderConfig' },
    { name: 'x' },
    { kind: 'Secret', name: 'x' },
    { kind: 'ProviderConfig', name: 'X' },
    { kind: 'ProviderConfig', name: 'a..b' },
    { kind: 'ProviderConfig', name: 'a'.repeat(254) },
    { kind: null, name: 'x' },
  ],
  managementPolicy: ['Observe', 'observe', 'Manual'],
  deletionPolicy: ['Orphan', 'delete'],
  driftPolicy: ['Ignore', 'report'],
  adopt: [
    {},
    { securityPolicyId: 'a', securityPolicyName: 'ab' },
    { previousOwnerUID: 'x' },
    { securityPolicyId: '' },
    { securityPolicyId: null },
    { securityPolicyId: null, securityPolicyName: 'ab' },
    { securityPolicyName: 'a' },
    { securityPolicyId: 'x', previousOwnerUID: 'a b' },
    { securityPolicyId: 'i'.repeat(129) },
  ],
};

function mutation(): fc.Arbitrary<Mutate> {
  return fc.oneof(
    fc.tuple(fc.constantFrom(...FIELDS), fc.constantFrom(...JUNK)).map(([field, value]) => set(field, value)),
    fc.constantFrom(...FIELDS).map(drop),
    fc
      .constantFrom(...Object.keys(EDGES))
      .chain((field) => fc.constantFrom(...(EDGES[field] ?? [])).map((value) => set(field, value))),
    fc.subarray([...TLS_VERSIONS]).map((versions) => set('tlsVersions', versions)),
    fc
      .constantFrom(...SUITES.flatMap((one) => [one.name, one.iana]), 'NEW')
      .map((one) => append('ciphers', one)),
    fc.constantFrom('tlsVersions', 'ciphers').map(repeatFirst),
    fc
      .constantFrom('a', 'z', `0${'a'.repeat(125)}`, 'a'.repeat(129), 'a.'.repeat(100).concat('b'))
      .map(rename),
    fc.boolean().map(
      (withAdopt): Mutate =>
        (one) =>
          observe(one, withAdopt),
    ),
  );
}

function set(field: string, value: unknown): Mutate {
  return ({ name, spec }) => ({ name, spec: { ...spec, [field]: value } });
}

function drop(field: string): Mutate {
  return ({ name, spec }) => {
    const { [field]: _, ...rest } = spec;
    return { name, spec: rest };
  };
}

function append(field: string, value: string): Mutate {
  return ({ name, spec }) => {
    const list = spec[field];
    return { name, spec: { ...spec, [field]: [...(Array.isArray(list) ? list : []), value] } };
  };
}

function repeatFirst(field: string): Mutate {
  return ({ name, spec }) => {
    const list = spec[field];
    return { name, spec: { ...spec, [field]: Array.isArray(list) ? [...list, list[0]] : list } };
  };
}

function rename(name: string): Mutate {
  return ({ spec }) => ({ name, spec });
}

function observe({ name, spec }: SpecCase, withAdopt: boolean): SpecCase {
  const { tlsVersions: _, ciphers: __, adopt: ___, ...rest } = spec;
  const adopt = withAdopt ? { adopt: { securityPolicyName: 'legacy' } } : {};
  return { name, spec: { ...rest, ...adopt, managementPolicy: 'Observe' } };
}
