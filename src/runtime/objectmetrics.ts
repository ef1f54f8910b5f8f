/**
 * Metrics that are counted from objects when they are scraped, so that nothing is kept or done between scrapes.
 * Both replicas count: whoever reads them takes the larger of the two, never the sum.
 * @module
 */
import { Gauge, type Registry } from '@prometheus-io/client';
import { REST } from './metriclabels.ts';
import { type ConditionWords, PolicyTally, type ReadyCounts, STATUSES } from './policytally.ts';

/** The kinds that say whose credentials are used. */
export const CONFIG_KINDS = ['ProviderConfig', 'ClusterProviderConfig'] as const;
/** Provider configs of each kind by the status of their Ready condition. */
export type ConfigCounts = Readonly<Record<(typeof CONFIG_KINDS)[number], ReadyCounts>>;

/** How full a region is for an account. */
export interface QuotaUse {
  readonly account: string;
  readonly region: string;
  /** Custom policies that the last list showed, whoever made them. */
  readonly used: number;
  /** What a refusal named. Without it the default of ALB is taken, until more than that are in use. */
  readonly limit?: number;
}

/** Custom policies that a region may hold unless more were granted (Alibaba Cloud, ALB, "Quotas and limits"). */
const DEFAULT_LIMIT = 50;
/** The most namespaces, and the most regions, that have series of their own. */
export const SERIES_MAX = 100;

/** Registers `albsp_policies` and `albsp_policy_conditions`; `walk` adds every object to the tally. */
export function registerPolicies(
  registry: Registry,
  words: ConditionWords,
  walk: (tally: PolicyTally) => void,
): void {
  const tally = new PolicyTally(words);
  const conditions = new Gauge({
    name: 'albsp_policy_conditions',
    help: 'SecurityPolicies that have this condition with this status and reason.',
    labelNames: ['type', 'status', 'reason'],
    registers: [registry],
    // The registry asks in the order of registration: the first one walks for both.
    collect: () => count(),
  });
  const policies = new Gauge({
    name: 'albsp_policies',
    help: 'SecurityPolicies by the status of their Ready condition.',
    labelNames: ['ready'],
    registers: [registry],
  });

  function count(): void {
    tally.clear();
    const failed = attempt(() => walk(tally)) === 'failed';
    for (const ready of STATUSES) policies.set({ ready }, failed ? Number.NaN : tally.ready()[ready]);
    conditions.reset();
    if (failed) return;
    for (const { type, status, reason, value } of tally.conditions())
      conditions.set({ type, status, reason }, value);
  }
}

/** Registers `albsp_weak_policies`. The namespaces with most have series of their own, the rest one together. */
export function registerWeak(registry: Registry, count: () => ReadonlyMap<string, number>): void {
  new Gauge({
    name: 'albsp_weak_policies',
    help: 'SecurityPolicies whose spec allows old versions of TLS or weak suites.',
    labelNames: ['namespace'],
    registers: [registry],
    collect() {
      this.reset();
      attempt(() => {
        // By name among equals, so that two replicas choose the same ones.
        const all = [...count()].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
        for (const [namespace, value] of all.slice(0, SERIES_MAX)) this.set({ namespace }, value);
        const rest = all.slice(SERIES_MAX).reduce((sum, [, value]) => sum + value, 0);
        if (rest > 0) this.set({ namespace: REST }, rest);
      });
    },
  });
}

/** Registers `albsp_quota_policies_used` and `_limit`. Of more than `SERIES_MAX` regions the emptiest are left out. */
export function registerQuota(registry: Registry, read: () => Iterable<QuotaUse>): void {
  const labelNames = ['account', 'region'];
  const used = new Gauge({
    name: 'albsp_quota_policies_used',
    help: 'Custom policies in the region by the last list, whoever made them.',
    labelNames,
    registers: [registry],
    collect: () => count(),
  });
  const limits = new Gauge({
    name: 'albsp_quota_policies_limit',
    help: 'Custom policies that the region may hold: as a refusal said, else 50; absent when more than 50 are in use and no refusal has said.',
    labelNames,
    registers: [registry],
  });

  function count(): void {
    used.reset();
    limits.reset();
    attempt(() => {
      const all = [...read()].map((use) => ({ ...use, limit: limitOf(use) }));
      all.sort((a, b) => free(a) - free(b));
      for (const { account, region, used: value, limit } of all.slice(0, SERIES_MAX)) {
        used.set({ account, region }, value);
        if (limit !== undefined) limits.set({ account, region }, limit);
      }
    });
  }
}

/** Registers `albsp_provider_configs`. */
export function registerConfigs(registry: Registry, count: () => ConfigCounts): void {
  new Gauge({
    name: 'albsp_provider_configs',
    help: 'Provider configs by the status of their Ready condition.',
    labelNames: ['kind', 'ready'],
    registers: [registry],
    collect() {
      this.reset();
      attempt(() => {
        const counts = count();
        for (const kind of CONFIG_KINDS)
          for (const ready of STATUSES) this.set({ kind, ready }, counts[kind][ready]);
      });
    },
  });
}

function limitOf({ used, limit }: QuotaUse): number | undefined {
  return limit ?? (used <= DEFAULT_LIMIT ? DEFAULT_LIMIT : undefined);
}

function free({ used, limit }: { readonly used: number; readonly limit: number | undefined }): number {
  return limit === undefined ? Number.POSITIVE_INFINITY : limit - used;
}

function attempt(run: () => void): 'done' | 'failed' {
  try {
    run();
    return 'done';
  } catch {
    return 'failed';
  }
}
