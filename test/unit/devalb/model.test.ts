import { describe, expect, test } from 'vitest';
import { Bench, GOOD, PLACE } from './bench.ts';

const LISTENER = { loadBalancerId: 'alb-1', listenerId: 'lsn-1', port: 443, protocol: 'HTTPS' };
const TLS13 = { 'TLSVersions.1': 'TLSv1.3', 'Ciphers.1': 'TLS_AES_128_GCM_SHA256', 'Ciphers.2': '' };

describe('CreateSecurityPolicy', () => {
  test('call() makes a policy that a list shows with its tags', () => {
    const bench = new Bench();
    const id = bench.create({ 'Tag.1.Key': 'team', 'Tag.1.Value': 'edge', ResourceGroupId: 'rg-1' });
    expect(bench.shown()).toEqual([
      expect.objectContaining({
        SecurityPolicyId: id,
        SecurityPolicyName: 'policy-1',
        SecurityPolicyStatus: 'Available',
        ResourceGroupId: 'rg-1',
        CreateTime: '2024-05-20T08:00:00Z',
        Tags: [{ Key: 'team', Value: 'edge' }],
      }),
    ]);
  });

  test.each([
    ['MissingSecurityPolicyName', { SecurityPolicyName: '' }],
    ['MissingTLSVersions', { 'TLSVersions.1': '' }],
    ['MissingCiphers', { 'Ciphers.1': '', 'Ciphers.2': '' }],
    ['IllegalParam.SecurityPolicyName', { SecurityPolicyName: '1abc' }],
    ['IllegalParam.SecurityPolicyName', { SecurityPolicyName: 'a' }],
    ['IllegalParam.SecurityPolicyName', { SecurityPolicyName: 'a'.repeat(129) }],
    ['IllegalParam.SecurityPolicyName', { SecurityPolicyName: 'ab\n' }],
    ['IllegalParam.TLSVersions', { 'TLSVersions.1': 'TLSv1.4' }],
    ['IllegalParam.Ciphers', { 'Ciphers.1': 'NOT-A-SUITE' }],
    ['IllegalParam.Ciphers', { 'TLSVersions.1': 'TLSv1.0' }],
    ['IllegalParam.Ciphers', { 'TLSVersions.2': 'TLSv1.3' }],
    ['IllegalParam.Tag.Key', { 'Tag.1.Key': 'acs:x' }],
    ['IllegalParam.Tag.Key', { 'Tag.1.Key': 'see http://x' }],
    ['IllegalParam.Tag.Value', { 'Tag.1.Key': 'k', 'Tag.1.Value': 'v'.repeat(129) }],
    ['IllegalParam.ClientToken', { ClientToken: 'x'.repeat(65) }],
    ['IllegalParam.ClientToken', { ClientToken: '中' }],
  ])('call() refuses with %s when %j', (code, change) => {
    const bench = new Bench();
    const answer = bench.call('CreateSecurityPolicy', { ...GOOD, ...change });
    expect([answer.status, answer.body.Code]).toEqual([400, code]);
    expect(bench.model.live()).toEqual([]);
  });

  test.each([
    [TLS13],
    [{ SecurityPolicyName: '中文.a_b-1' }],
    [{ 'TLSVersions.2': 'TLSv1.3', 'Ciphers.3': 'TLS_AES_128_CCM_8_SHA256' }],
    [{ 'Ciphers.3': 'ECDHE-RSA-CHACHA20-POLY1305' }],
    [{ 'TLSVersions.2': 'TLSv1.0' }],
  ])('call() accepts %j', (change) => {
    expect(new Bench().create(change)).toMatch(/^spy-[a-z0-9]{16}$/);
  });

  test('call() answers a passed precheck with DryRunOperation and makes nothing', () => {
    const bench = new Bench();
    const answer = bench.call('CreateSecurityPolicy', { ...GOOD, DryRun: 'true' });
    expect([answer.status, answer.body.Code]).toEqual([400, 'DryRunOperation']);
    expect(bench.model.live()).toEqual([]);
  });

  test('C6: call() refuses the 51st policy of a region and names the usage', () => {
    const bench = new Bench();
    for (let index = 0; index < 50; index += 1) bench.create();
    const answer = bench.call('CreateSecurityPolicy', GOOD);
    expect(answer.body.Code).toBe('QuotaExceeded.SecurityPoliciesNum');
    expect(answer.body.Message).toContain('usage 50/50');
    expect(bench.call('CreateSecurityPolicy', GOOD, 'cn-beijing').status).toBe(200);
  });
});

describe('ClientToken', () => {
  const token = { ClientToken: 'uid-1' };

  test('call() gives the first result when the same request comes again', () => {
    const bench = new Bench();
    expect(bench.create(token)).toBe(bench.create(token));
    expect(bench.model.live()).toHaveLength(1);
    expect(bench.model.ledger.entries().map((entry) => entry.committed)).toEqual([true, false]);
  });

  test('B7: call() refuses a changed request under the same token', () => {
    const bench = new Bench();
    bench.create(token);
    const answer = bench.call('CreateSecurityPolicy', { ...GOOD, ...token, SecurityPolicyName: 'other' });
    expect(answer.body.Code).toBe('IdempotenceSignatureMismatch');
  });

  test('I15: call() replays a success whose policy is long deleted', () => {
    const bench = new Bench();
    const id = bench.create(token);
    bench.model.console.delete(PLACE, id);
    expect(bench.create(token)).toBe(id);
    expect(bench.model.live()).toEqual([]);
  });
});

describe('UpdateSecurityPolicyAttribute', () => {
  test('C8: call() is Configuring for a while, in which it refuses update and deletion', () => {
    const bench = new Bench();
    const SecurityPolicyId = bench.create();
    const update = { SecurityPolicyId, SecurityPolicyName: 'renamed' };
    expect(bench.call('UpdateSecurityPolicyAttribute', update).body.JobId).toBeTypeOf('string');
    expect(bench.shown()[0]?.SecurityPolicyStatus).toBe('Configuring');
    for (const action of ['UpdateSecurityPolicyAttribute', 'DeleteSecurityPolicy'])
      expect(bench.call(action, update).body.Code).toBe('IncorrectStatus.SecurityPolicy');
    bench.clock.advance(1000);
    expect(bench.shown()[0]).toMatchObject({
      SecurityPolicyName: 'renamed',
      SecurityPolicyStatus: 'Available',
    });
    expect(bench.call('DeleteSecurityPolicy', update).status).toBe(200);
  });

  test('call() judges versions and suites together, with what it does not change', () => {
    const bench = new Bench();
    const SecurityPolicyId = bench.create();
    const answer = bench.call('UpdateSecurityPolicyAttribute', {
      SecurityPolicyId,
      'TLSVersions.1': 'TLSv1.3',
    });
    expect(answer.body.Code).toBe('IllegalParam.Ciphers');
  });

  test('call() answers 404 when there is no such policy', () => {
    const answer = new Bench().call('UpdateSecurityPolicyAttribute', { SecurityPolicyId: 'spy-0' });
    expect([answer.status, answer.body.Code]).toEqual([404, 'ResourceNotFound.SecurityPolicy']);
  });
});

describe('DeleteSecurityPolicy', () => {
  test('C7: call() refuses while a listener uses the policy, and relations name the listener', () => {
    const bench = new Bench();
    const SecurityPolicyId = bench.create();
    bench.model.console.attach(PLACE, SecurityPolicyId, LISTENER);
    expect(bench.call('DeleteSecurityPolicy', { SecurityPolicyId }).body.Code).toBe(
      'ResourceInUse.SecurityPolicy',
    );
    const relations = bench.call('ListSecurityPolicyRelations', { 'SecurityPolicyIds.1': SecurityPolicyId });
    expect(relations.body.SecrityPolicyRelations).toEqual([
      {
        SecurityPolicyId,
        RelatedListeners: [
          { LoadBalancerId: 'alb-1', ListenerId: 'lsn-1', ListenerPort: 443, ListenerProtocol: 'HTTPS' },
        ],
      },
    ]);
    bench.model.console.detach(PLACE, SecurityPolicyId, 'lsn-1');
    expect(bench.call('DeleteSecurityPolicy', { SecurityPolicyId }).status).toBe(200);
    expect(
      bench.call('ListSecurityPolicyRelations', { 'SecurityPolicyIds.1': SecurityPolicyId }).status,
    ).toBe(404);
    expect(bench.call('DeleteSecurityPolicy', { SecurityPolicyId }).status).toBe(404);
  });

  test('call() forbids what another service manages', () => {
    const bench = new Bench();
    const policy = {
      name: 'managed',
      tlsVersions: ['TLSv1.2'],
      ciphers: ['AES128-SHA'],
      serviceManaged: true,
    };
    const SecurityPolicyId = bench.model.console.create(PLACE, policy);
    expect(bench.call('DeleteSecurityPolicy', { SecurityPolicyId }).body.Code).toBe(
      'Forbidden.SecurityPolicy',
    );
  });
});
