import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkEndpoint, createEndpoints, isRegion } from '../../../src/adapters/alb/endpoints.ts';
import type { CreateParameters } from '../../../src/ports/cloud.ts';
import { answer, desk } from './desk.ts';

const WHO = { RequestId: 'r-1', AccountId: '1000000000000001', Arn: 'acs:ram::1000000000000001:user/x' };

/** Pieces of hosts, paths and headers, and what looks like one of them. */
const piece = fc.constantFrom(
  ...[
    'cn-hangzhou',
    'cn-beijing',
    'evil.test',
    'evil',
    '127.0.0.1',
    '[::1]',
    '100.100.100.200',
    '2130706433',
    'aliyuncs.com',
  ],
  ...[
    '@',
    '#',
    '?',
    '/',
    '//',
    '\\',
    ':',
    ':443',
    '.',
    '。',
    '．',
    '｡',
    '%2e',
    '%00',
    '\r\n',
    '\n',
    '\0',
    ' ',
    '\t',
    'Host: evil',
    '..',
  ],
);
const text = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary' }),
);
const RUNS = { numRuns: 1_000 };

/** A cloud that answers every call, so that what it was asked can be looked at. */
function open(network: 'public' | 'vpc') {
  const endpoints = createEndpoints({ network, region: 'cn-hangzhou' });
  return desk(
    ({ action }) =>
      action === 'GetCallerIdentity'
        ? answer(200, WHO)
        : answer(200, {
            RequestId: 'r-1',
            SecurityPolicies: [],
            MaxResults: 100,
            TotalCount: 0,
            SecurityPolicyId: 'spy-1',
          }),
    { endpoints },
  );
}

const DRAFT: CreateParameters = { name: 'web', tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'], tags: [] };

describe('the text of a tenant', () => {
  test('as a region reaches a host only if it has the form of a region; else no socket is opened (S2)', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('public' as const, 'vpc' as const), async (name, network) => {
        const { cloud, seen } = open(network);
        const account = await cloud.account();
        if (account.kind === 'error') throw new Error(account.error.message);
        const region = account.value.region(name);
        const before = seen.length;
        const listed = await region.list(0);
        const created = await region.create(DRAFT, 'token');
        const later = seen.slice(before);
        if (!isRegion(name)) {
          expect(later).toEqual([]);
          for (const result of [listed, created])
            expect(result).toMatchObject({
              kind: 'error',
              error: { kind: 'refused', code: 'InvalidRegion' },
            });
          return;
        }
        for (const { url } of later)
          expect(new URL(url).host).toBe(`alb${network === 'vpc' ? '-vpc' : ''}.${name}.aliyuncs.com`);
      }),
      RUNS,
    );
  });

  test('as a name, tag or group is a parameter, never a part of a host, path or header (S2)', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, async (name, value, group) => {
        const { cloud, seen } = open('public');
        const draft = { ...DRAFT, name, resourceGroupId: group, tags: [{ key: 'k', value }] };
        await cloud.region('cn-hangzhou').create(draft, 'token');
        const [sent] = seen;
        if (sent === undefined) throw new Error('Nothing was sent');
        const url = new URL(sent.url);
        expect([url.origin, url.pathname, url.hash]).toEqual([
          'https://alb.cn-hangzhou.aliyuncs.com',
          '/',
          '',
        ]);
        expect(sent.query.SecurityPolicyName).toBe(name.toWellFormed());
        for (const header of Object.values(sent.headers)) expect(header).toMatch(/^[\x20-\x7e]*$/);
        expect(sent.headers.host).toBe('alb.cn-hangzhou.aliyuncs.com');
      }),
      RUNS,
    );
  });
});

describe('checkEndpoint()', () => {
  test('gives https to a host that is no metadata service, http to loopback, or nothing (S2)', () => {
    const scheme = fc.constantFrom('https://', 'http://', 'HTTPS://', 'ftp://', 'file://', '//', '');
    fc.assert(
      fc.property(scheme, text, (start, rest) => {
        const checked = checkEndpoint(start + rest);
        if (checked.kind === 'error') return;
        const url = new URL(checked.origin);
        expect(url.hostname).not.toBe('100.100.100.200');
        if (url.protocol === 'https:') return;
        expect(url.protocol).toBe('http:');
        expect(url.hostname).toMatch(/^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/);
      }),
      { numRuns: 5_000 },
    );
  });
});
