import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { type QuotaUse, SERIES_MAX } from '../../../src/runtime/objectmetrics.ts';
import type { ConditionView } from '../../../src/runtime/policytally.ts';
import { parseExposition } from './promlint.ts';

const WORDS = { types: ['Ready', 'Stalled'], reasons: ['Available', 'Conflict'] };

function setUp() {
  const metrics = createMetrics({ version: '1.2.3', nodeVersion: 'v26.0.0', startedAt: 0 });
  const family = async (name: string) =>
    parseExposition(await metrics.text()).find((one) => one.name === name)?.samples ?? [];
  const values = async (name: string) =>
    Object.fromEntries((await family(name)).map(({ labels, value }) => [labels, value]));
  return { metrics, family, values };
}

/** Metrics of objects that the test replaces. */
function setUpObjects() {
  const all = setUp();
  const objects: { list: readonly (readonly ConditionView[] | undefined)[]; fails: boolean } = {
    list: [],
    fails: false,
  };
  all.metrics.watchPolicies(WORDS, (tally) => {
    for (const conditions of objects.list) tally.add(conditions);
    if (objects.fails) throw new Error('boom');
  });
  return { ...all, objects };
}

const ready: ConditionView = { type: 'Ready', status: 'True', reason: 'Available' };
const notReady: ConditionView = { type: 'Ready', status: 'False', reason: 'Conflict' };
const stalled: ConditionView = { type: 'Stalled', status: 'True', reason: 'Conflict' };

describe('watchPolicies()', () => {
  test('counts objects by Ready and by every condition', async () => {
    const { objects, values } = setUpObjects();
    objects.list = [[ready], [ready], [notReady, stalled], [], undefined];
    expect(await values('albsp_policies')).toEqual({
      '{ready="True"}': 2,
      '{ready="False"}': 1,
      '{ready="Unknown"}': 2,
    });
    expect(await values('albsp_policy_conditions')).toEqual({
      '{type="Ready",status="True",reason="Available"}': 2,
      '{type="Ready",status="False",reason="Conflict"}': 1,
      '{type="Stalled",status="True",reason="Conflict"}': 1,
    });
  });

  test('what ended is shown as 0, in the very next scrape, in both metrics', async () => {
    const { objects, values } = setUpObjects();
    objects.list = [[notReady, stalled]];
    await values('albsp_policies');
    objects.list = [[ready]];
    expect(await values('albsp_policies')).toMatchObject({ '{ready="True"}': 1, '{ready="False"}': 0 });
    objects.list = [];
    expect(await values('albsp_policy_conditions')).toEqual({
      '{type="Ready",status="True",reason="Available"}': 0,
      '{type="Ready",status="False",reason="Conflict"}': 0,
      '{type="Stalled",status="True",reason="Conflict"}': 0,
    });
  });

  test('a walk that throws half-way shows no half counts', async () => {
    const { objects, values } = setUpObjects();
    objects.list = [[ready]];
    await values('albsp_policies');
    objects.fails = true;
    expect(await values('albsp_policies')).toMatchObject({ '{ready="True"}': Number.NaN });
    expect(await values('albsp_policy_conditions')).toEqual({});
    objects.fails = false;
    expect(await values('albsp_policies')).toMatchObject({ '{ready="True"}': 1 });
  });

  test('H4: words of 1,000 statuses that nobody knows are one series', async () => {
    const { objects, family, values } = setUpObjects();
    objects.list = Array.from({ length: 1_000 }, (_, n) => [
      { type: `Type${n}`, status: `Status${n}`, reason: `Reason${n}` },
      { type: '__proto__', status: 'constructor', reason: 'toString' },
    ]);
    expect(await values('albsp_policy_conditions')).toEqual({
      '{type="other",status="Unknown",reason="other"}': 2_000,
    });
    expect((await family('albsp_policies')).length).toBe(3);
  });
});

describe('watchWeak()', () => {
  test('H4: beyond 100 namespaces those with the fewest are counted together', async () => {
    const { metrics, values } = setUp();
    const counts = new Map(Array.from({ length: SERIES_MAX + 3 }, (_, n) => [`team-${n}`, n + 1]));
    metrics.watchWeak(() => counts);
    const shown = await values('albsp_weak_policies');
    expect(Object.keys(shown).length).toBe(SERIES_MAX + 1);
    expect(shown['{namespace="(other)"}']).toBe(1 + 2 + 3);
    expect(shown['{namespace="team-3"}']).toBe(4);
    counts.clear();
    expect(await values('albsp_weak_policies')).toEqual({});
  });

  test('two replicas choose the same namespaces among equals', async () => {
    const names = Array.from({ length: SERIES_MAX * 2 }, (_, n) => `team-${n}`);
    const [a, b] = [setUp(), setUp()];
    a.metrics.watchWeak(() => new Map(names.map((name) => [name, 1])));
    b.metrics.watchWeak(() => new Map(names.toReversed().map((name) => [name, 1])));
    expect(await a.values('albsp_weak_policies')).toEqual(await b.values('albsp_weak_policies'));
  });
});

describe('watchQuota()', () => {
  const region = (used: number, more: Partial<QuotaUse> = {}): QuotaUse => ({
    account: '1',
    region: 'cn-hangzhou',
    used,
    ...more,
  });
  const labels = '{account="1",region="cn-hangzhou"}';

  test.each([
    ['50 when nothing else is known', region(47), 50],
    ['50 in a full region', region(50), 50],
    ['what a refusal said', region(47, { limit: 100 }), 100],
    ['not known when more than 50 are in use', region(51), undefined],
  ])('the limit is %s', async (_, use, limit) => {
    const { metrics, values } = setUp();
    metrics.watchQuota(() => [use]);
    expect(await values('albsp_quota_policies_used')).toEqual({ [labels]: use.used });
    expect(await values('albsp_quota_policies_limit')).toEqual(
      limit === undefined ? {} : { [labels]: limit },
    );
  });

  test('H4: of more than 100 regions the fullest are shown', async () => {
    const { metrics, values } = setUp();
    metrics.watchQuota(() =>
      Array.from({ length: 500 }, (_, n) => region(n % 50, { account: String(n), limit: 50 })),
    );
    const shown = Object.values(await values('albsp_quota_policies_used'));
    expect(shown.length).toBe(SERIES_MAX);
    expect(Math.min(...shown)).toBe(40);
    expect(Object.values(await values('albsp_quota_policies_limit')).length).toBe(SERIES_MAX);
  });
});

describe('watchConfigs()', () => {
  test('counts provider configs of each kind by Ready', async () => {
    const { metrics, values } = setUp();
    metrics.watchConfigs(() => ({
      ProviderConfig: { True: 1, False: 2, Unknown: 3 },
      ClusterProviderConfig: { True: 4, False: 5, Unknown: 6 },
    }));
    expect(await values('albsp_provider_configs')).toEqual({
      '{kind="ProviderConfig",ready="True"}': 1,
      '{kind="ProviderConfig",ready="False"}': 2,
      '{kind="ProviderConfig",ready="Unknown"}': 3,
      '{kind="ClusterProviderConfig",ready="True"}': 4,
      '{kind="ClusterProviderConfig",ready="False"}': 5,
      '{kind="ClusterProviderConfig",ready="Unknown"}': 6,
    });
  });
});
