import { describe, expect, test } from 'vitest';
import type { Credential } from '../../../src/adapters/alb/credentials.ts';
import { answer, desk, refusal, wirePage } from './desk.ts';

const account = answer(200, { AccountId: '100', Arn: 'acs:ram::100:user/x', RequestId: 'r' });

describe('createCloud', () => {
  test('region() is the same object for the same region', () => {
    const { cloud } = desk(() => wirePage([]));
    expect(cloud.region('cn-hangzhou')).toBe(cloud.region('cn-hangzhou'));
    expect(cloud.region('cn-beijing').endpoint).toBe('https://alb.cn-beijing.aliyuncs.com');
  });

  test('every verb S2 is refused without a request when the region is none', async () => {
    const { cloud, seen } = desk(() => wirePage([]));
    const region = cloud.region('x.evil.test/#');
    expect(await region.list(0)).toMatchObject({ error: { kind: 'refused', code: 'InvalidRegion' } });
    expect(await region.delete('p')).toMatchObject({ error: { kind: 'refused' } });
    expect(seen).toHaveLength(0);
  });

  test('tag() and untag() name resource, key and value, and never only the key', async () => {
    const { cloud, seen } = desk(() => answer(200, { RequestId: 'r' }));
    const region = cloud.region('cn-hangzhou');
    const tags = [{ key: 'a b', value: '中' }];
    const query = {
      ResourceType: 'securitypolicy',
      'ResourceId.1': 'p',
      'Tag.1.Key': 'a b',
      'Tag.1.Value': '中',
    };
    expect(await region.tag('p', tags)).toEqual({ kind: 'ok', value: undefined });
    await region.untag('p', tags);
    expect(seen.map(({ action, query: sent }) => [action, sent])).toEqual([
      ['TagResources', query],
      ['UnTagResources', query],
    ]);
  });

  test('tag() sends nothing when there is nothing to tag, or more than a call takes', async () => {
    const { cloud, seen } = desk(() => answer(200, { RequestId: 'r' }));
    const region = cloud.region('cn-hangzhou');
    expect((await region.tag('p', [])).kind).toBe('ok');
    const many = Array.from({ length: 21 }, (_, index) => ({ key: `k${index}`, value: 'v' }));
    expect(await region.tag('p', many)).toMatchObject({ error: { kind: 'refused', code: 'TooManyTags' } });
    expect(seen).toHaveLength(0);
  });

  test('move(), update(), delete() and relations() send what the API page says', async () => {
    const { cloud, seen } = desk(() => answer(200, { RequestId: 'r', SecrityPolicyRelations: [] }));
    const region = cloud.region('cn-hangzhou');
    await region.move('p', 'rg-2');
    await region.update('p', { name: 'n' });
    await region.delete('p');
    expect(await region.relations('p')).toEqual({ kind: 'ok', value: [] });
    expect(seen.map(({ action, query }) => [action, query])).toEqual([
      ['MoveResourceGroup', { ResourceType: 'securitypolicy', ResourceId: 'p', NewResourceGroupId: 'rg-2' }],
      ['UpdateSecurityPolicyAttribute', { SecurityPolicyId: 'p', SecurityPolicyName: 'n' }],
      ['DeleteSecurityPolicy', { SecurityPolicyId: 'p' }],
      ['ListSecurityPolicyRelations', { 'SecurityPolicyIds.1': 'p' }],
    ]);
  });

  test('precheck() is ok only when the cloud answers DryRunOperation', async () => {
    const parameters = { name: 'n', tlsVersions: ['V'], ciphers: ['C'], tags: [] };
    const of = async (reply: ReturnType<typeof answer>) => {
      const { cloud, seen } = desk(() => reply);
      const result = await cloud.region('cn-hangzhou').precheck({ kind: 'create', parameters });
      expect(seen[0]?.query).toMatchObject({ DryRun: 'true' });
      return result.kind === 'ok' ? 'ok' : result.error.kind;
    };
    expect(await of(refusal(400, 'DryRunOperation'))).toBe('ok');
    expect(await of(refusal(400, 'IllegalParam.ciphers'))).toBe('refused');
    expect(await of(answer(200, { RequestId: 'r', SecurityPolicyId: 'p' }))).toBe('indeterminate');
  });
});

test('precheck() of an update names the policy, carries DryRun and no token (I14)', async () => {
  const { cloud, seen } = desk(() => refusal(400, 'DryRunOperation'));
  const draft = { kind: 'update', id: 'p', parameters: { name: 'n' } } as const;
  expect((await cloud.region('cn-hangzhou').precheck(draft)).kind).toBe('ok');
  expect(seen.map(({ action, query }) => [action, query])).toEqual([
    ['UpdateSecurityPolicyAttribute', { SecurityPolicyId: 'p', SecurityPolicyName: 'n', DryRun: 'true' }],
  ]);
});

describe('account', () => {
  test('account() asks STS once and remembers', async () => {
    const { cloud, seen } = desk(() => account);
    const both = await Promise.all([cloud.account(), cloud.account()]);
    const [first, second] = both;
    expect(first).toMatchObject({ kind: 'ok', value: { accountId: '100', arn: 'acs:ram::100:user/x' } });
    expect(second).toMatchObject({ kind: 'ok', value: { accountId: '100' } });
    await cloud.account();
    expect(seen).toHaveLength(1);
    expect(seen[0]?.url).toBe('https://sts.aliyuncs.com/');
    expect(seen[0]?.headers).toMatchObject({
      'x-acs-action': 'GetCallerIdentity',
      'x-acs-version': '2015-04-01',
    });
  });

  test('account() asks again after a failure', async () => {
    const replies = [refusal(500, 'InternalError')];
    const { cloud } = desk(() => replies.shift() ?? account);
    expect((await cloud.account()).kind).toBe('error');
    expect((await cloud.account()).kind).toBe('ok');
  });

  test('account() asks again when a call by its keys was refused, and then remembers (E9)', async () => {
    const credential: Credential = { accessKeyId: 'a', accessKeySecret: 's', source: 'one' };
    const refused: string[] = [];
    const credentials = {
      current: async () => ({ kind: 'ok' as const, credential }),
      refused: ({ source }: Credential) => void refused.push(source),
    };
    const answers = [refusal(404, 'InvalidAccessKeyId.NotFound')];
    const { cloud, seen } = desk(
      ({ action }) => (action === 'GetCallerIdentity' ? account : (answers.shift() ?? wirePage([]))),
      { credentials },
    );
    const asked = () => seen.filter(({ action }) => action === 'GetCallerIdentity').length;
    const known = await cloud.account();
    if (known.kind === 'error') throw new Error(known.error.message);
    expect(await known.value.region('cn-hangzhou').list(0)).toMatchObject({ error: { kind: 'credentials' } });
    expect([refused, asked()]).toEqual([['one'], 1]);
    await cloud.account();
    await cloud.account();
    expect(asked()).toBe(2);
  });

  test('account() inherits for refreshed session keys, and asks for those of another source', async () => {
    let credential: Credential = {
      accessKeyId: 'a',
      accessKeySecret: 's',
      securityToken: '1',
      source: 'one',
    };
    const credentials = { current: async () => ({ kind: 'ok' as const, credential }), refused: () => {} };
    const { cloud, seen } = desk(() => account, { credentials });
    await cloud.account();
    credential = { ...credential, accessKeyId: 'b', securityToken: '2' };
    await cloud.account();
    expect(seen).toHaveLength(1);
    credential = { ...credential, source: 'two' };
    await cloud.account();
    expect(seen).toHaveLength(2);
  });

  test('region() of an account keeps its snapshot for refreshed keys, and sends nothing by keys of another source (I1)', async () => {
    let credential: Credential = { accessKeyId: 'a', accessKeySecret: 's', source: 'one' };
    const credentials = { current: async () => ({ kind: 'ok' as const, credential }), refused: () => {} };
    const { cloud, seen } = desk(({ action }) => (action === 'GetCallerIdentity' ? account : wirePage([])), {
      credentials,
    });
    const before = await cloud.account();
    if (before.kind === 'error') throw new Error(before.error.message);
    const region = before.value.region('cn-hangzhou');
    credential = { ...credential, accessKeyId: 'b' };
    const refreshed = await cloud.account();
    expect(refreshed.kind === 'ok' && refreshed.value.region('cn-hangzhou')).toBe(region);
    expect((await region.list(0)).kind).toBe('ok');
    credential = { ...credential, source: 'two' };
    const sent = seen.length;
    expect(await region.delete('p')).toMatchObject({ error: { kind: 'busy', code: 'IdentityChanged' } });
    expect(await region.list(1_000_000)).toMatchObject({ kind: 'error' });
    expect(seen).toHaveLength(sent);
    const after = await cloud.account();
    expect(after.kind === 'ok' && after.value.region('cn-hangzhou')).not.toBe(region);
  });
});
