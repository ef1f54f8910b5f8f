/**
 * The metrics that `createMetrics` really registers, read from its own exposition: the one source of the documentation
 * and of the checks of alerts and dashboard.
 * @module
 */
import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { REASONS } from '../../src/domain/reason.ts';
import { CONDITION_TYPES } from '../../src/domain/status.ts';
import { labelValues, OTHER } from '../../src/runtime/metriclabels.ts';
import { createMetrics, type Metrics } from '../../src/runtime/metrics.ts';
import { CONFIG_KINDS, SERIES_MAX } from '../../src/runtime/objectmetrics.ts';
import { STATUSES } from '../../src/runtime/policytally.ts';

/** One metric, with the names of its labels in their order. */
export interface Registered {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, without +Inf; else empty. */
  readonly buckets: readonly string[];
}

/** What a label can say: one of these words, or words of the user with a bound on how many. */
export type LabelBound =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'open'; readonly about: string };

/** An exposition in which every metric is. */
export async function exposition(): Promise<string> {
  const metrics = createMetrics({
    version: '1',
    nodeVersion: 'v26',
    startedAt: 0,
    process: {
      platform: 'linux',
      cpuUsage: () => ({ user: 0, system: 0 }),
      memoryUsage: () => ({ rss: 0, heapUsed: 0, external: 0 }),
    },
  });
  useAll(metrics);
  return metrics.text();
}

/** Every metric in the order of the exposition. */
export async function registered(): Promise<readonly Registered[]> {
  return (await exposition()).split(/^(?=# HELP )/m).map(readFamily);
}

/** The metrics that are registered only by these hooks, which the operator may not call yet. */
const HOOKS: ReadonlyMap<string, readonly string[]> = new Map([
  ['watchWeak', ['albsp_weak_policies']],
  ['watchQuota', ['albsp_quota_policies_used', 'albsp_quota_policies_limit']],
  ['watchConfigs', ['albsp_provider_configs']],
  ['setOrphans', ['albsp_orphan_policies']],
]);

/** The metrics whose hook nothing in the program calls: they are never shown. */
export async function unfed(): Promise<readonly string[]> {
  const cwd = fileURLToPath(new URL('../../src/', import.meta.url));
  const texts: string[] = [];
  for await (const path of glob('**/*.ts', { cwd })) {
    if (!path.startsWith('runtime')) texts.push(await readFile(`${cwd}${path}`, 'utf8'));
  }
  return [...HOOKS]
    .filter(([hook]) => !texts.some((text) => text.includes(`.${hook}(`)))
    .flatMap(([, names]) => names);
}

/** The bound of every label. */
export function labelBounds(): ReadonlyMap<string, LabelBound> {
  const words = (list: readonly string[]): LabelBound => ({ kind: 'words', words: list });
  const open = (about: string): LabelBound => ({ kind: 'open', about });
  return new Map([
    ...[...labelValues()].map(([label, list]): [string, LabelBound] => [label, words(list)]),
    ['ready', words(STATUSES)],
    ['type', words([...CONDITION_TYPES, OTHER])],
    ['status', words(STATUSES)],
    ['reason', words([...REASONS, OTHER])],
    ['kind', words(CONFIG_KINDS)],
    [
      'namespace',
      open(`a namespace of the cluster; the ${SERIES_MAX} with most, the rest together as \`(other)\``),
    ],
    ['account', open(`an account of Alibaba Cloud; with \`region\` the ${SERIES_MAX} fullest pairs`)],
    ['region', open('a region, such as `cn-hangzhou`; bounded with `account`')],
    ['version', open('version of the program, one for each process')],
    ['node_version', open('version of Node.js, one for each process')],
    ['le', open('upper bound of a bucket, fixed for each metric')],
  ]);
}

/** Uses every metric once, so that each shows its labels. A metric left out here is found by a test. */
function useAll(metrics: Metrics): void {
  const counts = { True: 0, False: 0, Unknown: 0 };
  metrics.watchQueue({ length: 0, delayed: 0, running: 0, longestRunning: () => 0 });
  metrics.watchPolicies({ types: CONDITION_TYPES, reasons: REASONS }, (tally) => {
    tally.add([{ type: 'Ready', status: 'True', reason: 'Available' }]);
  });
  metrics.watchWeak(() => new Map([['default', 0]]));
  metrics.watchQuota(() => [{ account: '1', region: 'cn-hangzhou', used: 0 }]);
  metrics.watchConfigs(() => ({ ProviderConfig: counts, ClusterProviderConfig: counts }));
  metrics.watchLease(() => true);
  metrics.watchLoop(() => 0);
  metrics.setOrphans(0);
  metrics.pass({ key: 'default/a', result: 'settled', duration: 0, overran: false });
  metrics.cloudCall({ action: 'CreateSecurityPolicy', outcome: 'ok', duration: 0 });
  metrics.kubeCall({ verb: 'get', resource: 'leases', code: 200, duration: 0 });
}

function readFamily(text: string): Registered {
  const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/m.exec(text) ?? [];
  const [, type = ''] = /^# TYPE \S+ (\w+)$/m.exec(text) ?? [];
  const labels = new Set<string>();
  const buckets: string[] = [];
  for (const [, list = ''] of text.matchAll(/^[a-z]\w*\{(.*)\} \S+$/gm)) {
    for (const [, label = '', value = ''] of list.matchAll(/(\w+)="([^"]*)"/g)) {
      labels.add(label);
      if (label === 'le' && value !== '+Inf' && !buckets.includes(value)) buckets.push(value);
    }
  }
  return { name, type, help, labels: [...labels].filter((label) => label !== 'le'), buckets };
}
