import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OWNER_TAGS } from '../../../src/api/group.ts';
import {
  createParameters,
  desiredOf,
  desiredOfParameters,
  differences,
  isMarked,
  isOwn,
  managedHash,
  observedOf,
  ownerTags,
  tagOf,
} from '../../../src/domain/policy.ts';
import { CLUSTER, object, own, SPEC, stranger, twinOfOtherCluster, UID } from './situation.ts';

const DESIRED = desiredOf(object(), CLUSTER);

describe('ownerTags()', () => {
  test('carries the UID, the cluster and the name of the object', () => {
    expect(ownerTags(object(), CLUSTER)).toEqual({
      [OWNER_TAGS.uid]: UID,
      [OWNER_TAGS.cluster]: CLUSTER,
      [OWNER_TAGS.object]: 'team-a/web',
    });
  });

  test('cuts a name past 128 characters to its head and a hash, and keeps two such names apart', () => {
    const tagged = (name: string) => ownerTags(object({}, { name }), CLUSTER)[OWNER_TAGS.object] ?? '';
    const [first, second] = [tagged(`${'a'.repeat(200)}1`), tagged(`${'a'.repeat(200)}2`)];
    expect(first).toHaveLength(128);
    expect(first.startsWith('team-a/aaa')).toBe(true);
    expect(first).not.toBe(second);
    expect(tagged('b'.repeat(121))).toBe(`team-a/${'b'.repeat(121)}`);
  });
});

describe('isOwn()', () => {
  test('needs the UID and the cluster, both', () => {
    expect(isOwn(own(), UID, CLUSTER)).toBe(true);
    expect(isOwn(own(), 'other', CLUSTER)).toBe(false);
    expect(isOwn(twinOfOtherCluster(), UID, CLUSTER)).toBe(false);
    expect(isOwn(stranger(), UID, CLUSTER)).toBe(false);
    expect(isOwn(own({ tags: {} }), UID, CLUSTER)).toBe(false);
  });

  test('tells a marked policy of anybody from one without a mark', () => {
    expect([own(), twinOfOtherCluster(), stranger()].map(isMarked)).toEqual([true, true, false]);
  });
});

describe('createParameters()', () => {
  test('is word for word the same whatever the order of the spec, and has an inverse', () => {
    const spec = {
      tlsVersions: ['TLSv1.2' as const, 'TLSv1.3' as const],
      ciphers: ['B', 'A'],
      tags: { b: '1', a: '2' },
    };
    const turned = {
      tlsVersions: ['TLSv1.3' as const, 'TLSv1.2' as const],
      ciphers: ['A', 'B'],
      tags: { a: '2', b: '1' },
    };
    const made = createParameters(desiredOf(object({}, {}, spec), CLUSTER));
    expect(JSON.stringify(made)).toBe(
      JSON.stringify(createParameters(desiredOf(object({}, {}, turned), CLUSTER))),
    );
    expect(desiredOfParameters(made)).toEqual(desiredOf(object({}, {}, spec), CLUSTER));
  });

  test('keeps a tag by the name of __proto__', () => {
    const tags: Record<string, string> = JSON.parse('{"__proto__":"x"}');
    const made = createParameters({ ...DESIRED, tags });
    expect(made.tags).toEqual([{ key: '__proto__', value: 'x' }]);
    expect(tagOf(own({ tags: {} }), '__proto__')).toBeUndefined();
    expect(tagOf(own({ tags: {} }), 'constructor')).toBeUndefined();
  });
});

describe('managedHash()', () => {
  test.each([
    ['name', { securityPolicyName: 'other' }],
    ['versions', { tlsVersions: ['TLSv1.1' as const] }],
    ['ciphers', { ciphers: ['AES128-SHA'] }],
    ['group', { resourceGroupId: 'rg-2' }],
    ['tags', { tags: { team: 'web' } }],
  ])('tells another %s', (_field, change) => {
    const changed = desiredOf(object({}, {}, { ...SPEC, ...change }), CLUSTER);
    expect(managedHash(changed)).not.toBe(managedHash(DESIRED));
    expect(managedHash(changed)).toMatch(/^[0-9a-f]{32}$/);
  });

  test('does not tell an order, nor what is not sent to the cloud', () => {
    const same = { ...SPEC, ciphers: [...(SPEC.ciphers ?? [])].reverse(), driftPolicy: 'Report' as const };
    expect(managedHash(desiredOf(object({}, {}, same), CLUSTER))).toBe(managedHash(DESIRED));
  });

  test('never tells two texts of tags for one (no separator can be forged)', () => {
    const text = fc.string({ minLength: 1, maxLength: 5 });
    const tags = fc.dictionary(text, text, { maxKeys: 3 });
    fc.assert(
      fc.property(tags, tags, (a, b) => {
        const equal = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(managedHash({ ...DESIRED, tags: a }) === managedHash({ ...DESIRED, tags: b })).toBe(equal);
      }),
    );
  });
});

describe('differences()', () => {
  test('finds none in what was asked for, in whatever order it is shown', () => {
    expect(differences(DESIRED, own({ ciphers: [...DESIRED.ciphers].reverse() }), [])).toEqual([]);
  });

  test('names each field with both sides', () => {
    const shown = own({ name: 'x', tlsVersions: ['TLSv1.3'], ciphers: ['C'], resourceGroupId: 'rg-1' });
    expect(differences({ ...DESIRED, resourceGroupId: 'rg-2' }, shown, [])).toEqual([
      { field: 'securityPolicyName', desired: DESIRED.name, observed: 'x' },
      { field: 'tlsVersions', desired: 'TLSv1.2', observed: 'TLSv1.3' },
      { field: 'ciphers', desired: DESIRED.ciphers.join(), observed: 'C' },
      { field: 'resourceGroupId', desired: 'rg-2', observed: 'rg-1' },
    ]);
  });

  test('does not manage a resource group that the spec does not name', () => {
    expect(differences(DESIRED, own({ resourceGroupId: 'rg-9' }), [])).toEqual([]);
  });

  test('counts a tag of ours that left the spec, and no tag of others (I16)', () => {
    const shown = own({ tags: { ...DESIRED.tags, team: 'web', cost: '7' } });
    expect(differences(DESIRED, shown, [])).toEqual([]);
    expect(differences(DESIRED, shown, ['team'])).toEqual([
      { field: 'tags.team', desired: '', observed: 'web' },
    ]);
  });
});

describe('observedOf()', () => {
  test('gives equal text for equal content', () => {
    const one = own({ ciphers: ['B', 'A'], tags: { b: '1', a: '2' } });
    const two = own({ ciphers: ['A', 'B'], tags: { a: '2', b: '1' } });
    expect(JSON.stringify(observedOf(one))).toBe(JSON.stringify(observedOf(two)));
    expect(observedOf(one)).not.toHaveProperty('createTime');
  });
});
