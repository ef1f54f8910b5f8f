import { describe, expect, test } from 'vitest';
import { checkEndpoint, createEndpoints, isRegion } from '../../../src/adapters/alb/endpoints.ts';

const origin = (result: { kind: string; origin?: string }) => result.origin ?? result.kind;

describe('createEndpoints', () => {
  test.each([
    ['public', 'cn-hangzhou', 'https://alb.cn-hangzhou.aliyuncs.com'],
    ['vpc', 'cn-hangzhou', 'https://alb-vpc.cn-hangzhou.aliyuncs.com'],
    ['public', 'cn-hangzhou-finance', 'https://alb.cn-hangzhou.aliyuncs.com'],
    ['vpc', 'cn-hangzhou-finance', 'error'],
    ['public', 'cn-shanghai-finance-1', 'https://alb.cn-shanghai-finance-1.aliyuncs.com'],
  ] as const)('alb() on the %s network of %s is %s', (network, region, expected) => {
    expect(origin(createEndpoints({ network }).alb(region))).toBe(expected);
  });

  test.each([
    [{ network: 'public' }, 'https://sts.aliyuncs.com'],
    [{ network: 'public', region: 'cn-beijing' }, 'https://sts.cn-beijing.aliyuncs.com'],
    [{ network: 'vpc', region: 'cn-beijing' }, 'https://sts-vpc.cn-beijing.aliyuncs.com'],
    [{ network: 'vpc', region: 'cn-hangzhou-finance' }, 'https://sts-vpc.cn-hangzhou.aliyuncs.com'],
    [{ network: 'vpc' }, 'error'],
    [{ network: 'public', alb: 'http://127.0.0.1:9' }, 'http://127.0.0.1:9'],
    [{ network: 'public', alb: 'http://127.0.0.1:9', sts: 'http://[::1]:8' }, 'http://[::1]:8'],
    [{ network: 'public', alb: 'https://alb.example.com' }, 'https://sts.aliyuncs.com'],
    [{ network: 'public', alb: 'http://evil.example.com' }, 'error'],
  ] as const)('sts() of %j is %s', (options, expected) => {
    expect(origin(createEndpoints(options).sts())).toBe(expected);
  });

  test.each([
    'x.evil.test/#',
    'cn-hangzhou@evil',
    'cn-hangzhou\r\nHost: evil',
    'cn-hangzhou\n',
    'cn-hangzhou。evil',
    'cn-hangzhou.evil',
    'CN-hangzhou',
    'cn',
    '',
    `cn-${'a'.repeat(64)}`,
  ])('alb() S2 refuses the region %j', (region) => {
    expect(isRegion(region)).toBe(false);
    expect(createEndpoints({ network: 'public' }).alb(region).kind).toBe('error');
    expect(createEndpoints({ network: 'public', alb: 'http://127.0.0.1:9' }).alb(region).kind).toBe('error');
  });
});

describe('checkEndpoint', () => {
  test.each([
    'http://example.com',
    'http://127.0.0.1.evil.test',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'https://100.100.100.200',
    'https://169.254.169.254',
    'https://[fe80::1]',
    'https://user:pw@example.com',
    'https://example.com/path',
    'https://example.com/?q',
    'https://example.com/#f',
    'ftp://example.com',
    'file:///etc/passwd',
    'example.com',
  ])('checkEndpoint() S2 refuses %s', (text) => {
    const result = checkEndpoint(text);
    expect(result.kind).toBe('error');
    expect(JSON.stringify(result)).not.toContain('pw');
  });

  test.each([
    ['https://alb.example.com', 'https://alb.example.com'],
    ['https://alb.example.com:8443/', 'https://alb.example.com:8443'],
    ['http://localhost:1', 'http://localhost:1'],
    ['http://127.1:1', 'http://127.0.0.1:1'],
    ['http://[::1]:1', 'http://[::1]:1'],
  ])('checkEndpoint() takes %s', (text, expected) => {
    expect(origin(checkEndpoint(text))).toBe(expected);
  });
});
