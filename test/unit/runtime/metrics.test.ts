import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { WorkQueue } from '../../../src/runtime/queue.ts';
import { VirtualClock } from '../virtualclock.ts';
import { parseExposition, promlint } from './promlint.ts';

const STARTED_AT = Date.UTC(2026, 0, 1);

function setUp() {
  const metrics = createMetrics({
    version: '1.2.3',
    nodeVersion: 'v26.0.0',
    startedAt: STARTED_AT,
    process: {
      platform: 'linux',
      cpuUsage: () => ({ user: 1_500_000, system: 500_000 }),
      memoryUsage: () => ({ rss: 100, heapUsed: 50, external: 10 }),
    },
  });
  const value = async (name: string, labels = '') => {
    const samples = parseExposition(await metrics.text()).flatMap((family) => family.samples);
    return samples.find((sample) => sample.name === name && sample.labels === labels)?.value;
  };
  return { metrics, value };
}

/** Uses every metric once. */
function setUpAll() {
  const all = setUp();
  const clock = new VirtualClock();
  const { metrics } = all;
  const queue = new WorkQueue({ clock, observer: metrics.queue });
  metrics.watchQueue(queue);
  metrics.watchPolicies({ types: ['Ready', 'Stalled'], reasons: ['Available', 'Conflict'] }, (tally) => {
    tally.add([{ type: 'Ready', status: 'True', reason: 'Available' }]);
  });
  metrics.watchWeak(() => new Map([['team-a', 2]]));
  metrics.watchQuota(() => [{ account: '1', region: 'cn-hangzhou', used: 47 }]);
  const counts = { True: 1, False: 0, Unknown: 0 };
  metrics.watchConfigs(() => ({ ProviderConfig: counts, ClusterProviderConfig: counts }));
  metrics.watchLease(() => true);
  metrics.watchLoop(() => 250);
  metrics.setOrphans(4);
  metrics.pass({ key: 'ns/a', result: 'error', duration: 1_500, overran: true });
  metrics.cloudCall({ action: 'CreateSecurityPolicy', outcome: 'ok', duration: 20 });
  metrics.kubeCall({ verb: 'update', resource: 'securitypolicies/status', code: 200, duration: 5 });
  return { ...all, clock, queue };
}

describe('createMetrics()', () => {
  test('names, types and help texts satisfy the rules of promtool', async () => {
    const { metrics } = setUpAll();
    const families = parseExposition(await metrics.text());
    expect(families.length).toBeGreaterThan(20);
    expect(promlint(families)).toEqual([]);
    expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  test('all but the usual process metrics start with albsp_', async () => {
    const { metrics } = setUpAll();
    const names = parseExposition(await metrics.text()).map((family) => family.name);
    expect(names.filter((name) => !/^(albsp|process|nodejs)_/.test(name))).toEqual([]);
  });

  test('watchQueue() shows depth, adds, latency and duration in seconds', async () => {
    const { clock, queue, value } = setUpAll();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 60_000);
    await clock.advance(2_000);
    await queue.take();
    await clock.advance(3_000);
    expect(await value('albsp_workqueue_depth')).toBe(1);
    expect(await value('albsp_workqueue_delayed')).toBe(1);
    expect(await value('albsp_workqueue_running')).toBe(1);
    expect(await value('albsp_workqueue_longest_running_seconds')).toBe(3);
    expect(await value('albsp_workqueue_adds_total')).toBe(3);
    expect(await value('albsp_workqueue_queue_duration_seconds_sum')).toBe(2);
    queue.retry('a');
    queue.done('a');
    expect(await value('albsp_workqueue_work_duration_seconds_sum')).toBe(3);
    expect(await value('albsp_workqueue_retries_total')).toBe(1);
  });

  test('pass() counts by result; each result is there from the start', async () => {
    const { metrics, value } = setUp();
    expect(await value('albsp_reconcile_total', '{result="error"}')).toBe(0);
    metrics.pass({ key: 'ns/a', result: 'error', duration: 1_500, overran: true });
    expect(await value('albsp_reconcile_total', '{result="error"}')).toBe(1);
    expect(await value('albsp_reconcile_duration_seconds_sum', '{result="error"}')).toBe(1.5);
    expect(await value('albsp_reconcile_overruns_total')).toBe(1);
  });

  test('cloudCall() and kubeCall() count by what was called and how it went', async () => {
    const { metrics, value } = setUpAll();
    metrics.kubeCall({ verb: 'watch', resource: 'securitypolicies', duration: 1 });
    expect(await value('albsp_cloud_requests_total', '{action="CreateSecurityPolicy",outcome="ok"}')).toBe(1);
    const updates = '{verb="update",resource="securitypolicies/status",code="200"}';
    expect(await value('albsp_kube_requests_total', updates)).toBe(1);
    const cut = '{verb="watch",resource="securitypolicies",code="none"}';
    expect(await value('albsp_kube_requests_total', cut)).toBe(1);
  });

  test('the gauges show what they are given', async () => {
    const { value } = setUpAll();
    expect(await value('albsp_lease_held')).toBe(1);
    expect(await value('albsp_event_loop_lag_seconds')).toBe(0.25);
    expect(await value('albsp_orphan_policies')).toBe(4);
    expect(await value('albsp_build_info', '{version="1.2.3",node_version="v26.0.0"}')).toBe(1);
    expect(await value('process_cpu_seconds_total')).toBe(2);
    expect(await value('process_start_time_seconds')).toBe(STARTED_AT / 1000);
    expect(await value('process_open_fds')).toBeGreaterThan(2);
  });

  test('albsp_orphan_policies is absent until a scan has counted', async () => {
    const { metrics } = setUp();
    expect(await metrics.text()).not.toContain('orphan');
    metrics.setOrphans(0);
    expect(await metrics.text()).toContain('albsp_orphan_policies 0');
    metrics.setOrphans(2);
    expect(await metrics.text()).toContain('albsp_orphan_policies 2');
  });

  test('one callback that throws costs its own metric only', async () => {
    const { metrics, value } = setUp();
    const boom = () => {
      throw new Error('boom');
    };
    metrics.watchLease(boom);
    metrics.watchPolicies({ types: ['Ready'], reasons: [] }, boom);
    metrics.watchWeak(boom);
    metrics.watchQuota(boom);
    metrics.watchConfigs(boom);
    metrics.watchLoop(() => 1_000);
    expect(await value('albsp_lease_held')).toBeNaN();
    expect(await value('albsp_policies', '{ready="True"}')).toBeNaN();
    expect(await value('albsp_event_loop_lag_seconds')).toBe(1);
  });

  test('two sets of metrics do not know each other', async () => {
    const [a, b] = [setUp(), setUp()];
    a.metrics.queue.added();
    expect(await b.value('albsp_workqueue_adds_total')).toBe(0);
  });

  test('H4: labels stay bounded under 1,000 failing objects with words of their own', async () => {
    const { metrics } = setUpAll();
    const lines = async () => (await metrics.text()).split('\n').length;
    const hostile = (n: number) => {
      metrics.pass({ key: `ns/policy-${n}`, result: 'error', duration: n, overran: false });
      metrics.cloudCall({ action: `Action${n}`, outcome: `Code.${n}`, duration: n });
      metrics.kubeCall({ verb: `verb${n}`, resource: `resource${n}`, code: 600 + n, duration: n });
    };
    hostile(0);
    const before = await lines();
    for (let n = 1; n <= 1_000; n++) hostile(n);
    expect(await lines()).toBe(before);
    expect(await metrics.text()).toContain('action="other",outcome="other"} 1001');
  });

  test.each(['__proto__', 'constructor', 'toString'])('H4: the word "%s" is no label', async (word) => {
    const { metrics } = setUp();
    metrics.cloudCall({ action: word, outcome: word, duration: 1 });
    metrics.kubeCall({ verb: word, resource: word, duration: 1 });
    expect(await metrics.text()).not.toContain(word);
  });

  test('S14: no metric tells the name of an object', async () => {
    const { metrics } = setUpAll();
    expect(await metrics.text()).not.toContain('ns/a');
  });
});

describe('promlint()', () => {
  test('finds what promtool finds', () => {
    const text = [
      '# HELP a_ms x',
      '# TYPE a_ms gauge',
      'a_ms 1',
      '# HELP b x',
      '# TYPE b counter',
      'b 1',
      '# HELP c_total x',
      '# TYPE c_total gauge',
      'c_total 1',
    ].join('\n');
    expect(promlint(parseExposition(text))).toEqual([
      'a_ms: use base unit',
      'b: counter metrics should have "_total" suffix',
      'c_total: non-counter metrics should not have "_total" suffix',
    ]);
  });
});
