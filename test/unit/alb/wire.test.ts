import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createQuery,
  flatTags,
  readAccount,
  readBody,
  readCreated,
  readDone,
  readPage,
  readRefusal,
  readRelations,
  updateQuery,
} from '../../../src/adapters/alb/wire.ts';
import { wirePolicy } from './desk.ts';

const page = (...policies: unknown[]) => ({ RequestId: 'r', SecurityPolicies: policies });

describe('createQuery', () => {
  const parameters = {
    name: 'n',
    tlsVersions: ['TLSv1.2'],
    ciphers: ['A', 'B'],
    tags: [{ key: '__proto__', value: 'v' }],
  };

  test('createQuery() counts arrays from one', () => {
    expect(createQuery({ ...parameters, resourceGroupId: 'rg' }, 't')).toEqual({
      SecurityPolicyName: 'n',
      'TLSVersions.1': 'TLSv1.2',
      'Ciphers.1': 'A',
      'Ciphers.2': 'B',
      ResourceGroupId: 'rg',
      'Tag.1.Key': '__proto__',
      'Tag.1.Value': 'v',
      ClientToken: 't',
    });
  });

  test('createQuery() asks for a precheck without a token when there is none', () => {
    expect(createQuery(parameters, undefined)).toMatchObject({ DryRun: 'true' });
    expect(createQuery(parameters, undefined)).not.toHaveProperty('ClientToken');
    expect(createQuery(parameters, 't')).not.toHaveProperty('DryRun');
  });

  test('updateQuery() names only what changes', () => {
    expect(updateQuery('i', { name: 'n' })).toEqual({ SecurityPolicyId: 'i', SecurityPolicyName: 'n' });
    expect(updateQuery('i', { suites: { tlsVersions: ['V'], ciphers: ['C'] } })).toEqual({
      SecurityPolicyId: 'i',
      'TLSVersions.1': 'V',
      'Ciphers.1': 'C',
    });
  });

  test('flatTags() keeps key and value together', () => {
    const tags = [
      { key: 'a', value: '1' },
      { key: 'b', value: '' },
    ];
    expect(flatTags(tags)).toEqual({
      'Tag.1.Key': 'a',
      'Tag.1.Value': '1',
      'Tag.2.Key': 'b',
      'Tag.2.Value': '',
    });
  });
});

describe('readPage', () => {
  test('readPage() reads every field and ignores unknown ones', () => {
    const read = readPage({ ...page(wirePolicy('p', { Novel: { a: 1 } })), NextToken: 'n', TotalCount: 2 });
    expect(read).toEqual({
      kind: 'ok',
      value: {
        policies: [
          {
            id: 'p',
            name: 'name-p',
            tlsVersions: ['TLSv1.2'],
            ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'],
            status: 'Available',
            resourceGroupId: 'rg-1',
            tags: { k: 'v' },
            createTime: '2023-02-15T07:37:33Z',
            serviceManaged: false,
          },
        ],
        nextToken: 'n',
        total: 2,
      },
    });
  });

  test.each([
    ['no list', { RequestId: 'r' }],
    ['a null list', { SecurityPolicies: null }],
    ['a list that is an object', { SecurityPolicies: { SecurityPolicy: [] } }],
    ['a null entry', page(null)],
    ['a missing id', page(wirePolicy('p', { SecurityPolicyId: undefined }))],
    ['an empty id', page(wirePolicy(''))],
    ['an id that is a number', page(wirePolicy('p', { SecurityPolicyId: 5 }))],
    ['null ciphers', page(wirePolicy('p', { Ciphers: null }))],
    ['a null cipher', page(wirePolicy('p', { Ciphers: [null] }))],
    ['null versions', page(wirePolicy('p', { TLSVersions: null }))],
    ['no status', page(wirePolicy('p', { SecurityPolicyStatus: undefined }))],
    ['null tags', page(wirePolicy('p', { Tags: null }))],
    ['a tag without key', page(wirePolicy('p', { Tags: [{ Value: 'v' }] }))],
    ['a tag value that is a number', page(wirePolicy('p', { Tags: [{ Key: 'k', Value: 1 }] }))],
    ['a total that is a text', { ...page(), TotalCount: '0' }],
    ['a token that is a number', { ...page(), NextToken: 5 }],
  ])('readPage() C13 refuses %s', (_what, body) => {
    expect(readPage(JSON.parse(JSON.stringify(body))).kind).toBe('bad');
  });

  test('readPage() takes a left-out list for an empty one only beside a total of 0', () => {
    expect(readPage({ TotalCount: 0 })).toMatchObject({ kind: 'ok', value: { policies: [] } });
    expect(readPage({ TotalCount: 1 }).kind).toBe('bad');
  });

  test('readPage() S17 keeps tag keys harmless when they are names of the language', () => {
    const text = JSON.stringify(
      page(
        wirePolicy('p', {
          Tags: [
            { Key: '__proto__', Value: 'a' },
            { Key: 'constructor', Value: 'b' },
          ],
        }),
      ),
    );
    const read = readPage(readBody(text) ?? {});
    const tags = read.kind === 'ok' ? read.value.policies[0]?.tags : undefined;
    expect(Object.entries(tags ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(tags?.toString).toBeUndefined();
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test('readCreated() S17 does not read inherited fields', () => {
    expect(readCreated({ SecurityPolicyId: 'p' }).kind).toBe('ok');
    expect(readCreated(Object.create({ SecurityPolicyId: 'p' })).kind).toBe('bad');
  });

  test('every reader S5 answers a value when any JSON comes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const body = readBody(text) ?? {};
        for (const read of [readPage, readCreated, readDone, readAccount]) {
          expect(['ok', 'bad']).toContain(read(body).kind);
        }
        expect(['ok', 'bad']).toContain(readRelations(body, 'x').kind);
        readRefusal(body);
      }),
    );
  });
});

describe('readRelations', () => {
  const listener = {
    LoadBalancerId: 'alb-1',
    ListenerId: 'lsn-1',
    ListenerPort: 443,
    ListenerProtocol: 'HTTPS',
  };
  const relation = (id: string, more = {}) => ({
    SecurityPolicyId: id,
    RelatedListeners: [{ ...listener, ...more }],
  });

  test.each(['SecrityPolicyRelations', 'SecurityPolicyRelations'])('readRelations() reads %s', (name) => {
    expect(readRelations({ [name]: [relation('p'), relation('q')] }, 'p')).toEqual({
      kind: 'ok',
      value: [{ loadBalancerId: 'alb-1', listenerId: 'lsn-1', port: 443, protocol: 'HTTPS' }],
    });
  });

  test('readRelations() C13 refuses a port that is a text', () => {
    expect(
      readRelations({ SecrityPolicyRelations: [relation('p', { ListenerPort: '443' })] }, 'p').kind,
    ).toBe('bad');
  });

  test('readRelations() C13 refuses null arrays', () => {
    expect(readRelations({ SecrityPolicyRelations: null }, 'p').kind).toBe('bad');
    const body = { SecrityPolicyRelations: [{ SecurityPolicyId: 'p', RelatedListeners: null }] };
    expect(readRelations(body, 'p').kind).toBe('bad');
  });
});

describe('readRefusal', () => {
  test('readRefusal() adds what was denied when the cloud says it', () => {
    const detail = {
      AuthAction: 'alb:CreateSecurityPolicy',
      NoPermissionType: 'ImplicitDeny',
      Encoded: 'x y',
    };
    expect(readRefusal({ Code: 'NoPermission', Message: 'no', AccessDeniedDetail: detail })).toEqual({
      code: 'NoPermission',
      message: 'no (alb:CreateSecurityPolicy, ImplicitDeny)',
    });
  });

  test('readRefusal() finds none when there is no code', () => {
    expect(readRefusal({ Message: 'no' })).toBeUndefined();
    expect(readRefusal({ Code: 5 })).toBeUndefined();
  });
});
