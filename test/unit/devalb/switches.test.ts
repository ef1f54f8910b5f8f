import { describe, expect, test } from 'vitest';
import { Bench, GOOD, PLACE, type Shown } from './bench.ts';

const TOKEN = { ClientToken: 'uid-1' };
const OTHER = { ...GOOD, SecurityPolicyName: 'policy-2' };

function idsOf(shown: readonly Shown[]): readonly string[] {
  return shown.map((policy) => policy.SecurityPolicyId);
}

describe('tokenRetention', () => {
  test.each([
    [0, 0, 2],
    [3_600_000, 3_599_999, 1],
    [3_600_000, 3_600_000, 2],
    [Number.POSITIVE_INFINITY, 1e12, 1],
  ])(
    'B5: call() with a retention of %d ms makes, %d ms later, %3$d policies',
    (tokenRetention, later, made) => {
      const bench = new Bench({ tokenRetention });
      bench.create(TOKEN);
      bench.clock.advance(later);
      bench.create(TOKEN);
      expect(bench.model.live()).toHaveLength(made);
      expect(bench.model.ledger.commits('CreateSecurityPolicy')).toHaveLength(made);
    },
  );
});

describe('tokenProcessing', () => {
  test('B7: call() answers IdempotenceProcessing for a while, then the first result', () => {
    const bench = new Bench({ tokenProcessing: 500 });
    const id = bench.create(TOKEN);
    const early = bench.call('CreateSecurityPolicy', { ...GOOD, ...TOKEN });
    expect(early.body.Code).toBe('IdempotenceProcessing');
    bench.clock.advance(500);
    expect(bench.create(TOKEN)).toBe(id);
  });
});

describe('tokenKeepsRefusal', () => {
  test.each([
    [true, 'QuotaExceeded.SecurityPoliciesNum'],
    [false, undefined],
  ])('call() with %s answers %s when the quota is free again', (tokenKeepsRefusal, code) => {
    const bench = new Bench({ tokenKeepsRefusal, quota: 1 });
    const first = bench.create();
    bench.call('CreateSecurityPolicy', { ...OTHER, ...TOKEN });
    bench.call('DeleteSecurityPolicy', { SecurityPolicyId: first });
    expect(bench.call('CreateSecurityPolicy', { ...OTHER, ...TOKEN }).body.Code).toBe(code);
  });
});

describe('dryRunSpendsToken', () => {
  test.each([
    [true, 'IdempotenceSignatureMismatch'],
    [false, undefined],
  ])('I14: call() with %s answers %s when the real request follows a precheck', (dryRunSpendsToken, code) => {
    const bench = new Bench({ dryRunSpendsToken });
    bench.call('CreateSecurityPolicy', { ...GOOD, ...TOKEN, DryRun: 'true' });
    expect(bench.call('CreateSecurityPolicy', { ...GOOD, ...TOKEN }).body.Code).toBe(code);
  });
});

describe('quotaBeforeToken', () => {
  test.each([
    [true, 'QuotaExceeded.SecurityPoliciesNum'],
    [false, undefined],
  ])('I8: call() with %s answers %s when the last create is replayed', (quotaBeforeToken, code) => {
    const bench = new Bench({ quotaBeforeToken, quota: 1 });
    bench.create(TOKEN);
    expect(bench.call('CreateSecurityPolicy', { ...GOOD, ...TOKEN }).body.Code).toBe(code);
    expect(bench.model.live()).toHaveLength(1);
  });
});

describe('tagsLate', () => {
  test('I13: a list shows a new policy without its tags until then', () => {
    const bench = new Bench({ tagsLate: 5000 });
    bench.create({ 'Tag.1.Key': 'k', 'Tag.1.Value': 'v' });
    const filter = { 'Tag.1.Key': 'k', 'Tag.1.Value': 'v' };
    expect([bench.shown()[0]?.Tags, bench.shown(filter)]).toEqual([[], []]);
    bench.clock.advance(5000);
    expect(bench.shown()[0]?.Tags).toEqual([{ Key: 'k', Value: 'v' }]);
    expect(bench.shown(filter)).toHaveLength(1);
  });
});

describe('listLag', () => {
  test('B6: a list shows creation, update, tags and deletion only after it, and each call sees them at once', () => {
    const bench = new Bench({ listLag: 5000, updateConfiguring: 0 });
    const SecurityPolicyId = bench.create();
    const seen: unknown[] = [bench.shown().length];
    bench.clock.advance(5000);
    const update = { SecurityPolicyId, SecurityPolicyName: 'renamed' };
    expect(bench.call('UpdateSecurityPolicyAttribute', update).status).toBe(200);
    bench.model.console.tag(PLACE, SecurityPolicyId, { k: 'v' });
    seen.push(bench.shown()[0]?.SecurityPolicyName, bench.shown()[0]?.Tags.length);
    bench.clock.advance(5000);
    seen.push(bench.shown()[0]?.SecurityPolicyName, bench.shown()[0]?.Tags.length);
    bench.call('DeleteSecurityPolicy', { SecurityPolicyId });
    const relations = bench.call('ListSecurityPolicyRelations', { 'SecurityPolicyIds.1': SecurityPolicyId });
    expect(relations.status).toBe(404);
    seen.push(bench.shown().length);
    bench.clock.advance(5000);
    seen.push(bench.shown().length);
    expect(seen).toEqual([0, 'policy-1', 0, 'renamed', 1, 1, 0]);
  });

  test('a deleted policy is dropped for good once no list can show it', () => {
    const bench = new Bench({ listLag: 600_000, quota: 2 });
    const ids = [bench.create(), bench.create()];
    bench.clock.advance(600_000);
    for (const SecurityPolicyId of ids) bench.call('DeleteSecurityPolicy', { SecurityPolicyId });
    expect(
      bench.shown({ 'SecurityPolicyIds.1': ids[1] ?? '', 'SecurityPolicyIds.2': ids[0] ?? '' }),
    ).toHaveLength(2);
    bench.clock.advance(7_200_000);
    bench.model.console.delete(PLACE, bench.create());
    const { world } = bench.model.context(PLACE.account, PLACE.region);
    expect([world.policies.size, world.used]).toEqual([1, 0]);
  });

  test('a list shows Configuring and Available as late as everything else', () => {
    const bench = new Bench({ listLag: 5000, createConfiguring: 2000 });
    bench.create();
    const seen = [4999, 1, 1999, 1].map((step) => {
      bench.clock.advance(step);
      return bench.shown()[0]?.SecurityPolicyStatus;
    });
    expect(seen).toEqual([undefined, 'Configuring', 'Configuring', 'Available']);
  });
});

describe('cipherOrder', () => {
  const CIPHERS = [
    'AES256-SHA',
    'AES128-SHA',
    'DES-CBC3-SHA',
    'AES128-GCM-SHA256',
    'AES256-SHA256',
    'AES128-SHA256',
  ];
  const SORTED = CIPHERS.toSorted((left, right) => (left < right ? -1 : 1));
  const wish = Object.fromEntries(CIPHERS.map((cipher, index) => [`Ciphers.${index + 1}`, cipher]));

  test.each([['kept' as const], ['sorted' as const], ['shuffled' as const]])(
    'A5: a list has the suites %s',
    (cipherOrder) => {
      const bench = new Bench({ cipherOrder });
      bench.create(wish);
      const lists = Array.from({ length: 5 }, () => bench.shown()[0]?.Ciphers ?? []);
      for (const ciphers of lists) expect(new Set(ciphers)).toEqual(new Set(CIPHERS));
      const orders = new Set(lists.map((ciphers) => ciphers.join()));
      switch (cipherOrder) {
        case 'kept':
          expect([...orders]).toEqual([CIPHERS.join()]);
          break;
        case 'sorted':
          expect([...orders]).toEqual([SORTED.join()]);
          break;
        case 'shuffled':
          expect(orders.size).toBeGreaterThan(1);
      }
    },
  );
});

describe('createConfiguring', () => {
  test('C8: a new policy is Configuring until then', () => {
    const bench = new Bench({ createConfiguring: 2000 });
    const SecurityPolicyId = bench.create();
    expect(bench.shown()[0]?.SecurityPolicyStatus).toBe('Configuring');
    expect(bench.call('DeleteSecurityPolicy', { SecurityPolicyId }).body.Code).toBe(
      'IncorrectStatus.SecurityPolicy',
    );
    bench.clock.advance(2000);
    expect(bench.shown()[0]?.SecurityPolicyStatus).toBe('Available');
  });
});

describe('pageSize and pageShift', () => {
  function pages(bench: Bench): readonly string[] {
    const ids: string[] = [];
    let NextToken = '';
    do {
      const { body } = bench.call('ListSecurityPolicies', { MaxResults: '100', NextToken });
      ids.push(...idsOf(body.SecurityPolicies as unknown as readonly Shown[]));
      NextToken = String(body.NextToken ?? '');
    } while (NextToken !== '');
    return ids;
  }

  test('C12: a list in pages of two shows each of five policies once', () => {
    const bench = new Bench({ pageSize: 2 });
    const made = Array.from({ length: 5 }, () => bench.create());
    expect(pages(bench)).toEqual(made);
  });

  test('C12: a list whose pages shift shows one policy twice and misses another', () => {
    const bench = new Bench({ pageSize: 2, pageShift: true });
    const made = Array.from({ length: 4 }, () => bench.create());
    const shown = pages(bench);
    expect(shown).toHaveLength(4);
    expect(new Set(shown).size).toBe(3);
    expect(made.filter((id) => !shown.includes(id))).toEqual([made[2]]);
  });
});

describe('duplicateNames', () => {
  test.each([
    ['allowed' as const, undefined],
    ['refused' as const, 'ResourceAlreadyExist.SecurityPolicy'],
  ])('A12: call() with %s answers %s when the name is taken', (duplicateNames, code) => {
    const bench = new Bench({ duplicateNames });
    bench.create();
    const id = bench.create({ SecurityPolicyName: 'policy-2' });
    expect(bench.call('CreateSecurityPolicy', GOOD).body.Code).toBe(code);
    const rename = { SecurityPolicyId: id, SecurityPolicyName: 'policy-1' };
    expect(bench.call('UpdateSecurityPolicyAttribute', rename).body.Code).toBe(code);
  });
});

describe('dryRunStatus and illegalPairCode', () => {
  test.each([[400 as const], [200 as const]])(
    'C14: call() answers a passed precheck with %d and the same code',
    (dryRunStatus) => {
      const answer = new Bench({ dryRunStatus }).call('CreateSecurityPolicy', { ...GOOD, DryRun: 'true' });
      expect([answer.status, answer.body.Code]).toEqual([dryRunStatus, 'DryRunOperation']);
    },
  );

  test('call() refuses an illegal pair with the code of the switch', () => {
    const bench = new Bench({ illegalPairCode: 'InvalidParameter.Format' });
    const answer = bench.call('CreateSecurityPolicy', { ...GOOD, 'TLSVersions.1': 'TLSv1.3' });
    expect(answer.body.Code).toBe('InvalidParameter.Format');
  });
});

describe('rates', () => {
  test('C1: call() is throttled beyond the rate of its action, and says for how long', () => {
    const bench = new Bench({ rates: { ListSecurityPolicies: { calls: 2, per: 1000 } } });
    const codes = [0, 100, 100, 300].map((step) => {
      bench.clock.advance(step);
      return bench.call('ListSecurityPolicies');
    });
    expect(codes.map((answer) => answer.body.Code)).toEqual([
      undefined,
      undefined,
      'Throttling.User',
      'Throttling.User',
    ]);
    expect(codes[2]?.headers).toMatchObject({ 'x-acs-retry-after': '800' });
    expect(codes[3]?.headers['x-ratelimit-user-api']).toContain('TimeLeft:500,');
    expect(bench.call('ListSecurityPolicies', {}, 'cn-beijing').status).toBe(200);
    bench.clock.advance(500);
    expect(bench.call('ListSecurityPolicies').status).toBe(200);
  });
});

describe('extraSuites, resourceGroups, tagsPerPolicy', () => {
  test('call() accepts a suite that only this cloud knows', () => {
    const bench = new Bench({ extraSuites: { 'NEW-SUITE': ['TLSv1.2'] } });
    expect(bench.create({ 'Ciphers.1': 'NEW-SUITE' })).toMatch(/^spy-/);
  });

  test('call() refuses a resource group that does not exist', () => {
    const bench = new Bench({ resourceGroups: ['rg-1'] });
    const ResourceId = bench.create({ ResourceGroupId: 'rg-1' });
    const move = { ResourceType: 'securitypolicy', ResourceId, NewResourceGroupId: 'rg-2' };
    expect(bench.call('MoveResourceGroup', move).body.Code).toBe('NotExist.ResourceGroup');
  });

  test('call() refuses more tags than a policy can have, and sets none of them', () => {
    const bench = new Bench({ tagsPerPolicy: 1 });
    const id = bench.create({ 'Tag.1.Key': 'a', 'Tag.1.Value': '1' });
    const call = { ResourceType: 'securitypolicy', 'ResourceId.1': id, 'Tag.1.Key': 'b', 'Tag.1.Value': '2' };
    expect(bench.call('TagResources', call).body.Code).toBe('QuotaExceeded.TagsNum');
    expect(bench.model.live()[0]?.tags).toEqual({ a: '1' });
  });
});

describe('AlbModel', () => {
  test('live() and lists keep accounts and regions apart', () => {
    const bench = new Bench();
    bench.create();
    const request = {
      action: 'CreateSecurityPolicy',
      version: '2020-06-16',
      region: 'cn-beijing',
      account: '2',
    };
    bench.model.call({ ...request, parameters: GOOD });
    expect(bench.shown()).toHaveLength(1);
    expect(bench.model.live()).toHaveLength(2);
    expect(bench.model.live('2', 'cn-beijing')).toHaveLength(1);
    expect(bench.model.live('2', 'cn-hangzhou')).toEqual([]);
  });

  test('call() answers 404 when action or version is unknown', () => {
    expect(new Bench().call('NoSuchAction').body.Code).toBe('InvalidAction.NotFound');
  });

  test('createsByOwner() counts committed creations by the tag sent with them', () => {
    const bench = new Bench({ tokenRetention: 0 });
    const tag = (value: string) => ({ 'Tag.1.Key': 'alb.alicloud.dev/uid', 'Tag.1.Value': value });
    const ids = [bench.create({ ...TOKEN, ...tag('u1') }), bench.create({ ...TOKEN, ...tag('u1') })];
    bench.create(tag('u2'));
    expect(bench.model.ledger.createsByOwner().get('u1')).toEqual(ids);
    expect(bench.model.ledger.createsByOwner().get('u2')).toHaveLength(1);
  });

  test('console.quota() changes one region', () => {
    const bench = new Bench();
    bench.model.console.quota(PLACE, 0);
    expect(bench.call('CreateSecurityPolicy', GOOD).body.Message).toContain('usage 0/0');
    expect(bench.call('CreateSecurityPolicy', GOOD, 'cn-beijing').status).toBe(200);
  });

  test('console.attach() refuses the eleventh listener', () => {
    const bench = new Bench();
    const id = bench.create();
    const attach = (index: number) =>
      bench.model.console.attach(PLACE, id, {
        loadBalancerId: 'alb-1',
        listenerId: `lsn-${index}`,
        port: index,
        protocol: 'HTTPS',
      });
    expect(Array.from({ length: 11 }, (_, index) => attach(index)).lastIndexOf(true)).toBe(9);
  });

  test('call() takes no name of Object.prototype for a parameter, a suite or a rate', () => {
    const bench = new Bench();
    const answer = bench.call('CreateSecurityPolicy', { ...GOOD, 'Ciphers.1': 'constructor' });
    expect(answer.body.Code).toBe('IllegalParam.Ciphers');
    expect(bench.call('toString').body.Code).toBe('InvalidAction.NotFound');
  });
});
