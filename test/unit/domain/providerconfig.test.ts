import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfigViews } from '../../../src/domain/providerconfig.ts';
import { refersTo, resolveConfig } from '../../../src/domain/providerconfig.ts';
import { selects } from '../../../src/domain/selector.ts';
import { clusterWide, policyOf, tenant, viewsOf } from '../identities/configs.ts';

const NAMESPACES = { 'team-a': { tier: 'prod' }, 'team-b': { tier: 'dev' } };
const SHARED = { kind: 'ClusterProviderConfig', name: 'shared' } as const;
const OWN = { kind: 'ProviderConfig', name: 'own' } as const;

/** The kind and what matters of the answer. */
function answer(policy: ReturnType<typeof policyOf>, views: ConfigViews): string {
  const found = resolveConfig(policy, views);
  switch (found.kind) {
    case 'own':
      return 'own';
    case 'config':
      return `${found.config.kind} ${found.config.object.metadata.uid}`;
    case 'refused':
      return `${found.reason}: ${found.message}`;
  }
}

describe('resolveConfig()', () => {
  test('an object without a reference has the identity of the operator', () => {
    expect(answer(policyOf('team-a'), viewsOf({}))).toBe('own');
  });

  test('a ProviderConfig is that of the object namespace, and never one of another namespace (S1)', () => {
    const views = viewsOf({ tenants: [tenant('team-a', 'own')], namespaces: NAMESPACES });
    expect(answer(policyOf('team-a', OWN), views)).toBe('ProviderConfig team-a/own');
    expect(answer(policyOf('team-b', OWN), views)).toBe(
      'ProviderConfigNotFound: ProviderConfig "own" does not exist in namespace "team-b"',
    );
  });

  test('a name with a slash reaches no other namespace (S1)', () => {
    const views = viewsOf({ tenants: [tenant('team-a', 'own')] });
    for (const name of ['../team-a/own', 'team-a/own', '/own'])
      expect(answer(policyOf('team-b', { kind: 'ProviderConfig', name }), views)).toMatch(
        /^ProviderConfigNotFound/,
      );
  });

  test.each([
    ['unset selects no namespace', undefined, false],
    ['{} selects all', {}, true],
    ['matchLabels', { matchLabels: { tier: 'prod' } }, true],
    ['other matchLabels', { matchLabels: { tier: 'dev' } }, false],
  ])('allowedNamespaces: %s (S1)', (_, allowedNamespaces, allowed) => {
    const { allowedNamespaces: __, ...spec } = clusterWide('shared').spec;
    const config = {
      ...clusterWide('shared'),
      spec: { ...spec, ...(allowedNamespaces && { allowedNamespaces }) },
    };
    const views = viewsOf({ clusterWide: [config], namespaces: NAMESPACES });
    expect(answer(policyOf('team-a', SHARED), views)).toBe(
      allowed
        ? 'ClusterProviderConfig /shared'
        : 'NamespaceNotAllowed: allowedNamespaces of ClusterProviderConfig "shared" does not select namespace "team-a"',
    );
  });

  test('a namespace that nobody has seen is not allowed, not even by {} (S1)', () => {
    const views = viewsOf({ clusterWide: [clusterWide('shared')], namespaces: {} });
    expect(answer(policyOf('team-a', SHARED), views)).toMatch(/^NamespaceNotAllowed/);
  });

  test('a config that is missing is named', () => {
    expect(answer(policyOf('team-a', SHARED), viewsOf({ namespaces: NAMESPACES }))).toBe(
      'ProviderConfigNotFound: ClusterProviderConfig "shared" does not exist',
    );
  });

  test('an operator of single namespaces says that it cannot read cluster-wide configs', () => {
    const views = viewsOf({ clusterWide: 'unwatched' });
    expect(answer(policyOf('team-a', SHARED), views)).toMatch(
      /^ProviderConfigNotFound: ClusterProviderConfig "shared" cannot be read: this operator watches single namespaces only/,
    );
  });

  test('no config stands in for another, of the other kind or of the operator (S1)', () => {
    const name = fc.constantFrom('one', 'two');
    const namespace = fc.constantFrom('team-a', 'team-b', 'team-c');
    const kind = fc.constantFrom('ProviderConfig' as const, 'ClusterProviderConfig' as const);
    const allowed = fc.constantFrom(undefined, {}, { matchLabels: { tier: 'prod' } });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(namespace, name), { selector: (pair) => pair.join('/') }),
        fc.uniqueArray(fc.tuple(name, allowed), { selector: ([one]) => one }),
        fc.record({ namespace, kind, name }),
        (tenants, wide, wanted) => {
          const views = viewsOf({
            tenants: tenants.map(([where, one]) => tenant(where, one)),
            clusterWide: wide.map(([one, allowedNamespaces]) =>
              clusterWide(one, {
                ...(allowedNamespaces ? { allowedNamespaces } : { allowedNamespaces: undefined }),
              }),
            ),
            namespaces: NAMESPACES,
          });
          const found = resolveConfig(policyOf(wanted.namespace, wanted), views);
          expect(found.kind).not.toBe('own');
          if (found.kind !== 'config') return;
          const { config } = found;
          expect([config.kind, config.object.metadata.name]).toEqual([wanted.kind, wanted.name]);
          if (config.kind === 'ProviderConfig') {
            expect(config.object.metadata.namespace).toBe(wanted.namespace);
            return;
          }
          const selector = config.object.spec.allowedNamespaces;
          const labels = views.labelsOf(wanted.namespace);
          expect(selector !== undefined && labels !== undefined && selects(selector, labels)).toBe(true);
        },
      ),
    );
  });
});

describe('refersTo()', () => {
  const config = { kind: 'ProviderConfig', object: tenant('team-a', 'own') } as const;
  const shared = { kind: 'ClusterProviderConfig', object: clusterWide('shared') } as const;

  test.each([
    ['its own namespace', policyOf('team-a', OWN), config, true],
    ['another namespace', policyOf('team-b', OWN), config, false],
    ['no reference', policyOf('team-a'), config, false],
    ['another name', policyOf('team-a', { kind: 'ProviderConfig', name: 'x' }), config, false],
    ['the other kind', policyOf('team-a', { kind: 'ClusterProviderConfig', name: 'own' }), config, false],
    ['any namespace of a cluster-wide one', policyOf('team-b', SHARED), shared, true],
    [
      'a ProviderConfig of that name',
      policyOf('team-b', { kind: 'ProviderConfig', name: 'shared' }),
      shared,
      false,
    ],
  ])('%s (E9)', (_, policy, of, expected) => {
    expect(refersTo(policy, of)).toBe(expected);
  });

  test('whoever resolves to a config refers to it, so that its change reaches them (E9)', () => {
    const views = viewsOf({
      tenants: [config.object],
      clusterWide: [shared.object],
      namespaces: NAMESPACES,
    });
    for (const namespace of ['team-a', 'team-b'])
      for (const ref of [OWN, SHARED]) {
        const policy = policyOf(namespace, ref);
        const found = resolveConfig(policy, views);
        if (found.kind === 'config') expect(refersTo(policy, found.config)).toBe(true);
      }
  });
});
