import { describe, expect, test } from 'vitest';
import type { SecurityPolicySpec, SecurityPolicyStatus } from '../../../src/api/securitypolicy.ts';
import { checkFrozen, checkSpec } from '../../../src/domain/check.ts';
import { SUITES, TLS_VERSIONS } from '../../../src/domain/tls.ts';

const GOOD = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };

function verdict(spec: unknown, name = 'web', status?: SecurityPolicyStatus): readonly string[] {
  return checkSpec(name, spec as SecurityPolicySpec, status).map((one) => `${one.pointer} ${one.rule}`);
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `N${index}`);
const tagged = (count: number) => Object.fromEntries(numbered(count).map((key) => [key, 'x']));

describe('checkSpec', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['a good spec', {}, []],
    ['no spec', undefined, ['/spec/tlsVersions required', '/spec/ciphers required']],
    ['no versions', { tlsVersions: undefined }, ['/spec/tlsVersions required']],
    ['no ciphers (A1)', { ciphers: null }, ['/spec/ciphers required']],
    ['empty ciphers (A1)', { ciphers: [] }, ['/spec/ciphers minItems']],
    ['an unknown version (A1)', { tlsVersions: ['TLSv1.2', 'TLSv1.4'] }, ['/spec/tlsVersions/1 enum']],
    ['a version twice (A1)', { tlsVersions: ['TLSv1.2', 'TLSv1.2'] }, ['/spec/tlsVersions/1 unique']],
    ['a cipher twice', { ciphers: [...GOOD.ciphers, ...GOOD.ciphers] }, ['/spec/ciphers/1 unique']],
    [
      'an IANA name',
      { ciphers: [...GOOD.ciphers, 'TLS_RSA_WITH_AES_128_CBC_SHA'] },
      ['/spec/ciphers/1 iana-name'],
    ],
    [
      'a suite of TLS 1.3 alone',
      { ciphers: [...GOOD.ciphers, 'TLS_AES_128_GCM_SHA256'] },
      ['/spec/ciphers/1 suite-version'],
    ],
    ['TLS 1.3 without a suite', { tlsVersions: ['TLSv1.2', 'TLSv1.3'] }, ['/spec/ciphers tls13-suite']],
    [
      'a text in place of a list',
      { tlsVersions: 'TLSv1.2' },
      ['/spec/tlsVersions type', '/spec/ciphers/0 suite-version'],
    ],
    ['an unlisted suite', { unlistedCiphers: ['ECC-SM2-WITH-SM4-SM3'] }, []],
    ['an unlisted suite that is listed by now', { unlistedCiphers: ['AES128-SHA'] }, []],
    [
      'an unlisted suite in both lists',
      { unlistedCiphers: GOOD.ciphers },
      ['/spec/unlistedCiphers/0 unlisted-twice'],
    ],
    [
      'an unlisted suite of small letters',
      { unlistedCiphers: ['aes-1'] },
      ['/spec/unlistedCiphers/0 pattern'],
    ],
    ['9 unlisted suites', { unlistedCiphers: numbered(9) }, ['/spec/unlistedCiphers maxItems']],
    ['17 tags', { tags: tagged(17) }, []],
    ['18 tags', { tags: tagged(18) }, ['/spec/tags maxProperties']],
    [
      'a tag of ours',
      { tags: { 'alb.alicloud.dev/x': 'x' } },
      ['/spec/tags/alb.alicloud.dev~1x tag-reserved'],
    ],
    [
      'a tag of the cloud',
      { tags: { aliyunx: 'acs:x' } },
      ['/spec/tags/aliyunx tag-start', '/spec/tags/aliyunx tag-start'],
    ],
    ['a tag with an address', { tags: { a: 'to https://x' } }, ['/spec/tags/a tag-url']],
    ['a tag with an empty key', { tags: { '': 'x' } }, ['/spec/tags/ tag-key-length']],
    ['a tag with an empty value', { tags: { a: '' } }, ['/spec/tags/a minLength']],
    ['a tag that is a number', { tags: { a: 1 } }, ['/spec/tags/a type']],
    ['a null tag, which is pruned', { tags: { a: null } }, []],
    ['a name of one letter', { securityPolicyName: 'a' }, ['/spec/securityPolicyName minLength']],
    ['a name of Han', { securityPolicyName: '策略' }, []],
    ['a name with a digit first', { securityPolicyName: '1a' }, ['/spec/securityPolicyName pattern']],
    [
      'a name of 129 characters',
      { securityPolicyName: 'a'.repeat(129) },
      ['/spec/securityPolicyName maxLength'],
    ],
    ['a region of capitals', { region: 'CN-x' }, ['/spec/region pattern']],
    [
      'a config without a name',
      { providerConfigRef: { kind: 'ProviderConfig' } },
      ['/spec/providerConfigRef/name required'],
    ],
    ['an unknown policy', { deletionPolicy: 'Orphan' }, ['/spec/deletionPolicy enum']],
    ['an empty adopt', { adopt: {} }, ['/spec/adopt adopt-one']],
    [
      'an adopt of both',
      { adopt: { securityPolicyId: 'x', securityPolicyName: 'xx' } },
      ['/spec/adopt adopt-one'],
    ],
    ['an unknown field, which is pruned', { tlsVersion: 1 }, []],
  ])('checkSpec() judges %s', (_, change, expected) => {
    expect(verdict(change === undefined ? {} : { ...GOOD, ...(change as object) })).toEqual(expected);
  });

  test('checkSpec() counts both lists together when there are more than 32', () => {
    const all = SUITES.map((suite) => suite.name);
    const spec = { tlsVersions: [...TLS_VERSIONS], ciphers: all, unlistedCiphers: numbered(7) };
    expect(verdict(spec)).toEqual(['/spec/unlistedCiphers ciphers-total']);
    expect(verdict({ ...spec, unlistedCiphers: numbered(6) })).toEqual([]);
  });

  test.each(SUITES.flatMap((suite) => TLS_VERSIONS.map((version) => [suite, version] as const)))(
    'checkSpec() goes by the table for $0.name with %s',
    (suite, version) => {
      const filler = version === 'TLSv1.3' ? 'TLS_AES_256_GCM_SHA384' : 'AES128-SHA';
      const ciphers = [...new Set([filler, suite.name])];
      const usable = suite.versions.includes(version);
      expect(verdict({ tlsVersions: [version], ciphers })).toEqual(
        usable ? [] : ['/spec/ciphers/1 suite-version'],
      );
    },
  );

  test('checkSpec() lets Observe do without lists when it can find its policy', () => {
    expect(verdict({ managementPolicy: 'Observe' })).toEqual(['/spec/adopt observe-adopt']);
    expect(verdict({ managementPolicy: 'Observe', adopt: { securityPolicyId: 'x' } })).toEqual([]);
    expect(verdict({ managementPolicy: 'Observe' }, 'web', { securityPolicyId: 'x' })).toEqual([]);
  });

  test.each([
    ['a', ['/spec/securityPolicyName name-default']],
    ['ab', []],
    ['1', []],
    ['a'.repeat(128), []],
    ['a'.repeat(129), ['/spec/securityPolicyName name-default']],
    [`1${'a'.repeat(124)}`, []],
    [`1${'a'.repeat(125)}`, ['/spec/securityPolicyName name-default']],
  ])('checkSpec() judges the default name of %j', (name, expected) => {
    expect(verdict(GOOD, name)).toEqual(expected);
    expect(verdict({ ...GOOD, securityPolicyName: 'given' }, name)).toEqual([]);
  });

  test('checkSpec() names all violations at once, with a fix', () => {
    const found = checkSpec('a', {
      tlsVersions: ['TLSv1.3'],
      ciphers: ['AES128-SHA', 'TLS_AES_128_GCM_SHA265'],
    });
    expect(found.map((one) => one.rule)).toEqual(['enum', 'name-default', 'suite-version', 'tls13-suite']);
    expect(found.map((one) => one.fix)).toEqual([
      'Write TLS_AES_128_GCM_SHA256',
      expect.stringMatching(/^Set securityPolicyName/),
      'Remove it, or add TLSv1.2 to tlsVersions',
      expect.stringMatching(/^Add one of TLS_AES/),
    ]);
  });
});

describe('checkFrozen', () => {
  const status = { target: { accountId: '1', region: 'cn-hangzhou', endpoint: 'https://x' } };
  test('checkFrozen() refuses another region than the target', () => {
    expect(checkFrozen({ region: 'cn-beijing' }, status).map((one) => one.rule)).toEqual(['frozen']);
  });
  test('checkFrozen() accepts the same region, none, and no target', () => {
    expect(checkFrozen({ region: 'cn-hangzhou' }, status)).toEqual([]);
    expect(checkFrozen({}, status)).toEqual([]);
    expect(checkFrozen({ region: 'cn-beijing' }, {})).toEqual([]);
  });
});
