import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningAlb, startAlb } from '../../../src/dev/alb/server.ts';
import { WALL_CLOCK } from '../../../src/dev/alb/wallclock.ts';
import { PLACE, seeded } from './bench.ts';
import { Alb, codeOf, sdkClient } from './sdk.ts';

const KEY = { id: 'test-key', secret: 'test-secret' };
const SUITES = { TLSVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'AES128-SHA'] };

describe("Alibaba Cloud's own SDK", () => {
  let alb: RunningAlb;
  let client: InstanceType<typeof Alb.default>;

  beforeEach(async () => {
    const options = { updateConfiguring: 0 };
    alb = await startAlb({ accessKeys: [KEY], options, clock: WALL_CLOCK, random: seeded(7) });
    client = sdkClient(alb.url, KEY);
  });
  afterEach(async () => {
    await alb.close();
  });

  async function create(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const request = new Alb.CreateSecurityPolicyRequest({
      securityPolicyName: 'sdk-policy',
      ...SUITES,
      ...changes,
    });
    return (await client.createSecurityPolicy(request)).body?.securityPolicyId ?? '';
  }

  test('createSecurityPolicy() and listSecurityPolicies() agree when tags hold special characters', async () => {
    const tags = [
      { key: 'managed by', value: "a*b~c'(d)!/+=&中" },
      { key: 'k', value: '' },
    ];
    const tag = tags.map((one) => new Alb.CreateSecurityPolicyRequestTag(one));
    const id = await create({ tag, clientToken: 'uid-1', resourceGroupId: 'rg-1' });
    const request = new Alb.ListSecurityPoliciesRequest({ securityPolicyIds: [id] });
    const [policy] = (await client.listSecurityPolicies(request)).body?.securityPolicies ?? [];
    expect(policy).toMatchObject({ ...SUITES, securityPolicyId: id, resourceGroupId: 'rg-1', tags });
    expect(policy?.securityPolicyStatus).toBe('Available');
  });

  test('updateSecurityPolicyAttribute(), listAsynJobs() and deleteSecurityPolicy() run', async () => {
    const securityPolicyId = await create();
    const update = new Alb.UpdateSecurityPolicyAttributeRequest({
      securityPolicyId,
      TLSVersions: ['TLSv1.3'],
      ciphers: ['TLS_AES_128_GCM_SHA256'],
    });
    const jobId = (await client.updateSecurityPolicyAttribute(update)).body?.jobId ?? '';
    const jobs = await client.listAsynJobs(new Alb.ListAsynJobsRequest({ jobIds: [jobId] }));
    expect(jobs.body?.jobs?.[0]).toMatchObject({ resourceId: securityPolicyId, status: 'Succeeded' });
    await client.deleteSecurityPolicy(new Alb.DeleteSecurityPolicyRequest({ securityPolicyId }));
    expect(alb.model.live()).toEqual([]);
    const again = client.deleteSecurityPolicy(new Alb.DeleteSecurityPolicyRequest({ securityPolicyId }));
    expect(await codeOf(again)).toBe('ResourceNotFound.SecurityPolicy');
  });

  test('listSecurityPolicyRelations() reads the misspelt field', async () => {
    const id = await create();
    alb.console.attach(PLACE, id, {
      loadBalancerId: 'alb-1',
      listenerId: 'lsn-1',
      port: 443,
      protocol: 'HTTPS',
    });
    const request = new Alb.ListSecurityPolicyRelationsRequest({ securityPolicyIds: [id] });
    const [relation] = (await client.listSecurityPolicyRelations(request)).body?.secrityPolicyRelations ?? [];
    expect(relation?.relatedListeners?.[0]).toMatchObject({ listenerId: 'lsn-1', listenerPort: 443 });
  });

  test('listSystemSecurityPolicies() shows the six system policies', async () => {
    const policies = (await client.listSystemSecurityPolicies()).body?.securityPolicies ?? [];
    expect(policies.map((policy) => [policy.securityPolicyId, policy.ciphers?.length])).toEqual([
      ['tls_cipher_policy_1_0', 19],
      ['tls_cipher_policy_1_1', 19],
      ['tls_cipher_policy_1_2', 19],
      ['tls_cipher_policy_1_2_strict', 12],
      ['tls_cipher_policy_1_2_strict_with_1_3', 17],
      ['tls_cipher_policy_1_0_to_1_3', 9],
    ]);
  });

  test('tagResources(), listTagResources(), unTagResources() and moveResourceGroup() run', async () => {
    const id = await create();
    const resourceType = 'securitypolicy';
    const tag = [new Alb.TagResourcesRequestTag({ key: 'odd key', value: 'v+ 1' })];
    await client.tagResources(new Alb.TagResourcesRequest({ resourceType, resourceId: [id], tag }));
    const asked = new Alb.ListTagResourcesRequest({ resourceType, resourceId: [id] });
    const tagResources = (await client.listTagResources(asked)).body?.tagResources;
    expect(tagResources?.[0]).toMatchObject({ resourceId: id, tagKey: 'odd key', tagValue: 'v+ 1' });
    const other = [new Alb.UnTagResourcesRequestTag({ key: 'odd key', value: 'another' })];
    await client.unTagResources(
      new Alb.UnTagResourcesRequest({ resourceType, resourceId: [id], tag: other }),
    );
    expect(alb.model.live()[0]?.tags).toEqual({ 'odd key': 'v+ 1' });
    const tagKey = ['odd key'];
    await client.unTagResources(new Alb.UnTagResourcesRequest({ resourceType, resourceId: [id], tagKey }));
    expect(alb.model.live()[0]?.tags).toEqual({});
    const move = { resourceType, resourceId: id, newResourceGroupId: 'rg-2' };
    await client.moveResourceGroup(new Alb.MoveResourceGroupRequest(move));
    expect(alb.model.live()[0]?.resourceGroupId).toBe('rg-2');
  });

  test('C12: listSecurityPolicies() gives every policy once when it pages', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push(await create());
    const found: string[] = [];
    let nextToken: string | undefined;
    do {
      const request = new Alb.ListSecurityPoliciesRequest({
        maxResults: 2,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      const body = (await client.listSecurityPolicies(request)).body;
      found.push(...(body?.securityPolicies ?? []).map((policy) => policy.securityPolicyId ?? ''));
      nextToken = body?.nextToken;
    } while (nextToken !== undefined);
    expect(found).toEqual(ids);
  });

  test('createSecurityPolicy() fails with the code of the refusal', async () => {
    expect(await codeOf(create({ dryRun: true }))).toBe('DryRunOperation');
    expect(await codeOf(create({ ciphers: ['NONE'] }))).toBe('IllegalParam.Ciphers');
    const stranger = sdkClient(alb.url, { ...KEY, secret: 'wrong' });
    expect(await codeOf(stranger.listSystemSecurityPolicies())).toBe('SignatureDoesNotMatch');
    expect(alb.ledger.entries().at(-1)).toMatchObject({ code: 'SignatureDoesNotMatch', committed: false });
  });
});
