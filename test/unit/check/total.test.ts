import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { API_VERSION } from '../../../src/api/group.ts';
import type { SecurityPolicySpec, SecurityPolicyStatus } from '../../../src/api/securitypolicy.ts';
import { checkManifest } from '../../../src/domain/check/manifest.ts';
import { checkFrozen, checkSpec, policyName } from '../../../src/domain/check.ts';
import { mutatedCase, specCase, validCase } from './specs.ts';

const FIELDS = ['tlsVersions', 'ciphers', 'unlistedCiphers', 'tags', 'adopt', 'securityPolicyName', 'region'];

/** Anything at all, and objects whose known fields are anything. */
const junk = () =>
  fc.oneof(
    fc.anything({ withNullPrototype: true, withSparseArray: true, withBigInt: true }),
    fc.dictionary(
      fc.constantFrom(...FIELDS),
      fc.anything({ withBigInt: true, withDate: true, withMap: true }),
    ),
  );

describe('checkSpec', () => {
  test('checkSpec() accepts what is built to the rules', () => {
    fc.assert(
      fc.property(validCase(), ({ name, spec }) => {
        expect(checkSpec(name, spec as SecurityPolicySpec)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('checkSpec() is total when the spec is anything (S5)', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.anything()), junk(), junk(), (name, spec, status) => {
        const found = checkSpec(name as string, spec as SecurityPolicySpec, status as SecurityPolicyStatus);
        for (const one of found) {
          expect(one.pointer).toMatch(/^\/spec/);
          expect(one.value.length).toBeLessThanOrEqual(80);
          expect(one.message).toMatch(/^[A-Z].*[^.]$/su);
        }
        checkFrozen(spec as SecurityPolicySpec, status as SecurityPolicyStatus);
        checkManifest(spec);
        checkManifest({ apiVersion: API_VERSION, kind: 'ClusterProviderConfig', metadata: status, spec });
      }),
      { numRuns: 2000 },
    );
  });

  test('checkSpec() says the same twice and points each violation at one rule', () => {
    fc.assert(
      fc.property(specCase(), ({ name, spec }) => {
        const found = checkSpec(name, spec as SecurityPolicySpec);
        expect(checkSpec(name, structuredClone(spec) as SecurityPolicySpec)).toEqual(found);
        const keys = found.map((one) => `${one.pointer} ${one.rule} ${one.message}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  test('mutatedCase() is refused often enough to be a test, and not always', () => {
    const verdicts = fc
      .sample(mutatedCase(), { numRuns: 500, seed: 1 })
      .map(({ name, spec }) => checkSpec(name, spec as SecurityPolicySpec).length > 0);
    const refused = verdicts.filter(Boolean).length;
    expect(refused).toBeGreaterThan(150);
    expect(refused).toBeLessThan(490);
  });

  test('checkSpec() is quick on values that are made to be slow', () => {
    const hostile = `A${'-a'.repeat(500_000)}!`;
    const spec = {
      securityPolicyName: hostile,
      region: `cn${'-a'.repeat(500_000)}_`,
      tlsVersions: Array.from({ length: 200_000 }, () => hostile),
      ciphers: Array.from({ length: 200_000 }, (_, index) => `X${index}`),
      unlistedCiphers: [hostile],
      tags: Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, hostile])),
      providerConfigRef: { kind: 'ProviderConfig' as const, name: `a${'.a'.repeat(126)}_` },
    };
    const start = performance.now();
    const found = checkSpec('x', spec);
    expect(performance.now() - start).toBeLessThan(10_000); // A quadratic check takes hours.
    expect(found.length).toBeLessThan(300);
  });
});

describe('policyName', () => {
  test.each([
    ['web', {}, 'web'],
    ['9lives', {}, 'sp-9lives'],
    ['web', { securityPolicyName: 'other' }, 'other'],
    ['9', { securityPolicyName: '策略' }, '策略'],
  ])('policyName(%j, %j) is %j', (name, spec, expected) => {
    expect(policyName(name, spec)).toBe(expected);
  });

  test('policyName() is a name that the API takes when checkSpec finds nothing', () => {
    fc.assert(
      fc.property(specCase(), ({ name, spec }) => {
        const typed = spec as SecurityPolicySpec;
        fc.pre(checkSpec(name, typed).length === 0);
        expect(policyName(name, typed)).toMatch(/^[A-Za-z一-鿿][A-Za-z0-9一-鿿._-]{1,127}$/u);
      }),
    );
  });
});
