import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { conditionOf } from '../domain/condition.ts';
import type { AnyConfig } from '../domain/providerconfig.ts';
import { REASONS } from '../domain/reason.ts';
import { CONDITION_TYPES } from '../domain/status.ts';
import { isWeak } from '../domain/weakness.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { ConfigCounts } from '../runtime/objectmetrics.ts';

/** The objects that are watched, as they are now. */
interface Watched {
  policies(): Iterable<SecurityPolicy>;
  configs(): Iterable<AnyConfig>;
}

/** Has the objects that are watched counted at each scrape. */
export function watchObjects(metrics: Metrics, views: Watched): void {
  metrics.watchPolicies({ types: CONDITION_TYPES, reasons: REASONS }, (tally) => {
    for (const { status } of views.policies()) tally.add(status?.conditions);
  });
  metrics.watchWeak(() => weakByNamespace(views));
  metrics.watchConfigs(() => configCounts(views));
}

/** By the spec, or, where it names none because it only observes, by what was seen. */
function weakByNamespace(views: Watched): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { metadata, spec, status } of views.policies()) {
    const judged = spec.ciphers === undefined ? status?.observed : spec;
    if (!isWeak(judged)) continue;
    counts.set(metadata.namespace, (counts.get(metadata.namespace) ?? 0) + 1);
  }
  return counts;
}

function configCounts(views: Watched): ConfigCounts {
  const counts = {
    ProviderConfig: { True: 0, False: 0, Unknown: 0 },
    ClusterProviderConfig: { True: 0, False: 0, Unknown: 0 },
  };
  for (const { kind, object } of views.configs()) {
    counts[kind][conditionOf(object.status, 'Ready')?.status ?? 'Unknown'] += 1;
  }
  return counts;
}
