import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Millis } from '../ports/clock.ts';
import type { PassObservation } from './controller.ts';
import { actionLabel, codeLabel, outcomeLabel, RESULTS, resourceLabel, verbLabel } from './metriclabels.ts';
import {
  type ConfigCounts,
  type QuotaUse,
  registerConfigs,
  registerPolicies,
  registerQuota,
  registerWeak,
} from './objectmetrics.ts';
import type { ConditionWords, PolicyTally } from './policytally.ts';
import { type ProcessView, registerProcessMetrics } from './processmetrics.ts';
import type { QueueObserver } from './queue.ts';

export interface MetricsOptions {
  /** Version of the program, and of the Node.js that runs it. */
  readonly version: string;
  readonly nodeVersion: string;
  /** Node's `process`; without it there are no process metrics. */
  readonly process?: ProcessView;
  /** Wall time at which the process started. */
  readonly startedAt: Millis;
}

/** A finished call of the cloud's API. `outcome`: `ok` or a CloudErrorKind. */
export interface CloudCall {
  readonly action: string;
  readonly outcome: string;
  readonly duration: Millis;
}

/** A finished call of the Kubernetes API. Without `code` no answer came. `resource` with subresource: `securitypolicies/status`. */
export interface KubeCall {
  readonly verb: string;
  readonly resource: string;
  readonly code?: number;
  readonly duration: Millis;
}

/** What the queue tells about itself when it is asked. */
export interface QueueView {
  readonly length: number;
  readonly delayed: number;
  readonly running: number;
  longestRunning(): Millis;
}

/** All metrics of one process. Labels are bounded whatever is passed in; no method throws. */
export interface Metrics {
  /** Give it to the work queue. */
  readonly queue: QueueObserver;
  /** Give it to the controller as `onPass`. */
  pass(observation: PassObservation): void;
  cloudCall(call: CloudCall): void;
  kubeCall(call: KubeCall): void;
  /** Reads the queue at each scrape. Call once. */
  watchQueue(queue: QueueView): void;
  /** Counts policies at each scrape: `walk` adds each of them to the tally. Call once. */
  watchPolicies(words: ConditionWords, walk: (tally: PolicyTally) => void): void;
  /** Counts weak policies by namespace at each scrape; namespaces without one may be left out. Call once. */
  watchWeak(count: () => ReadonlyMap<string, number>): void;
  /** Reads at each scrape how full the regions are; pairs of account and region must differ. Call once. */
  watchQuota(read: () => Iterable<QuotaUse>): void;
  /** Counts provider configs at each scrape. Call once. */
  watchConfigs(count: () => ConfigCounts): void;
  /** Reads at each scrape whether this process holds the lease. Call once, and not at all without leader election. */
  watchLease(holds: () => boolean): void;
  /** Reads the worst delay of the event loop at each scrape. Call once. */
  watchLoop(worst: () => Millis): void;
  /** The result of a scan for orphans; the metric exists from the first call on. */
  setOrphans(count: number): void;
  readonly contentType: string;
  /** The exposition in Prometheus text format. */
  text(): Promise<string>;
}

/** From a cached read to a pass that waits for the cloud: 5 ms to 2 min. */
const PASS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** From an answer in the same region to the deadline of a call. */
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** From an idle queue to one that is a resync interval behind. */
const QUEUE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300];

/** Makes the metrics in a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const info = gauge(registry, 'albsp_build_info', 'Always 1; the labels tell what runs.', [
    'version',
    'node_version',
  ]);
  info.set({ version: options.version, node_version: options.nodeVersion }, 1);
  if (options.process !== undefined) {
    registerProcessMetrics(registry, options.process, options.startedAt);
  }
  let orphans: Gauge<string> | undefined;
  return {
    queue: queueObserver(registry),
    pass: passObserver(registry),
    cloudCall: cloudObserver(registry),
    kubeCall: kubeObserver(registry),
    watchQueue: (queue) => watchQueue(registry, queue),
    watchPolicies: (words, walk) => registerPolicies(registry, words, walk),
    watchWeak: (count) => registerWeak(registry, count),
    watchQuota: (read) => registerQuota(registry, read),
    watchConfigs: (count) => registerConfigs(registry, count),
    watchLease: (holds) => {
      const help = 'Whether this process holds the lease and may write to the cloud: 1 or 0.';
      polled(registry, 'albsp_lease_held', help, () => (holds() ? 1 : 0));
    },
    watchLoop: (worst) => {
      const help = 'Longest time that the event loop was blocked lately.';
      polled(registry, 'albsp_event_loop_lag_seconds', help, () => worst() / 1000);
    },
    setOrphans: (count) => {
      const help =
        'Policies in the cloud that carry the tag of this cluster, and that no SecurityPolicy owns.';
      orphans ??= gauge(registry, 'albsp_orphan_policies', help, []);
      orphans.set(count);
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

function queueObserver(registry: Registry): QueueObserver {
  const adds = counter(registry, 'albsp_workqueue_adds_total', 'Keys that were put into the work queue.', []);
  const retries = counter(
    registry,
    'albsp_workqueue_retries_total',
    'Keys that were put back after a failure.',
    [],
  );
  const waits = histogram(
    registry,
    'albsp_workqueue_queue_duration_seconds',
    'Time from ready to taken.',
    [],
    QUEUE_SECONDS,
  );
  const works = histogram(
    registry,
    'albsp_workqueue_work_duration_seconds',
    'Time from taken to done.',
    [],
    PASS_SECONDS,
  );
  return {
    added: () => adds.inc(),
    taken: (latency) => waits.observe(latency / 1000),
    finished: (duration) => works.observe(duration / 1000),
    retried: () => retries.inc(),
  };
}

function passObserver(registry: Registry): Metrics['pass'] {
  const labels = ['result'];
  const total = counter(
    registry,
    'albsp_reconcile_total',
    'Passes by how they went; error: it threw.',
    labels,
  );
  const overruns = counter(
    registry,
    'albsp_reconcile_overruns_total',
    'Passes that went past their deadline.',
    [],
  );
  const seconds = histogram(
    registry,
    'albsp_reconcile_duration_seconds',
    'Duration of a pass.',
    labels,
    PASS_SECONDS,
  );
  for (const result of RESULTS) total.inc({ result }, 0);
  return ({ result, duration, overran }) => {
    total.inc({ result });
    seconds.observe({ result }, duration / 1000);
    if (overran) overruns.inc();
  };
}

function cloudObserver(registry: Registry): Metrics['cloudCall'] {
  const labels = ['action', 'outcome'];
  const total = counter(registry, 'albsp_cloud_requests_total', 'Calls of the cloud API.', labels);
  const seconds = histogram(
    registry,
    'albsp_cloud_request_duration_seconds',
    'Duration of a call of the cloud API.',
    labels,
    CALL_SECONDS,
  );
  return (call) => {
    const values = { action: actionLabel(call.action), outcome: outcomeLabel(call.outcome) };
    total.inc(values);
    seconds.observe(values, call.duration / 1000);
  };
}

function kubeObserver(registry: Registry): Metrics['kubeCall'] {
  const total = counter(
    registry,
    'albsp_kube_requests_total',
    'Calls of the Kubernetes API; code none: no answer.',
    ['verb', 'resource', 'code'],
  );
  const seconds = histogram(
    registry,
    'albsp_kube_request_duration_seconds',
    'Duration of a call of the Kubernetes API.',
    ['verb'],
    CALL_SECONDS,
  );
  return (call) => {
    const verb = verbLabel(call.verb);
    total.inc({ verb, resource: resourceLabel(call.resource), code: codeLabel(call.code) });
    seconds.observe({ verb }, call.duration / 1000);
  };
}

function watchQueue(registry: Registry, queue: QueueView): void {
  polled(registry, 'albsp_workqueue_depth', 'Keys that wait for a worker.', () => queue.length);
  polled(registry, 'albsp_workqueue_delayed', 'Keys that wait for their time.', () => queue.delayed);
  polled(registry, 'albsp_workqueue_running', 'Keys that a worker has.', () => queue.running);
  const help = 'How long the oldest running pass has been running.';
  polled(registry, 'albsp_workqueue_longest_running_seconds', help, () => queue.longestRunning() / 1000);
}

/** A gauge that is read at each scrape; NaN when reading throws, so that the other metrics are not lost with it. */
function polled(registry: Registry, name: string, help: string, read: () => number): void {
  const registers = [registry];
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(attempt(read) ?? Number.NaN);
    },
  });
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function counter(registry: Registry, name: string, help: string, labelNames: string[]): Counter<string> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

function gauge(registry: Registry, name: string, help: string, labelNames: string[]): Gauge<string> {
  return new Gauge({ name, help, labelNames, registers: [registry] });
}

function histogram(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  buckets: number[],
): Histogram<string> {
  return new Histogram({ name, help, labelNames, buckets, registers: [registry] });
}
