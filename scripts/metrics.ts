/**
 * Writes docs/metrics.md from the metrics that are registered. With `--check` it writes nothing and exits 1 when the
 * page is stale.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { isStale, writeOrCheck } from './monitoring/fresh.ts';
import { metricsPage } from './monitoring/metricspage.ts';
import { labelBounds, registered, unfed } from './monitoring/registered.ts';

const PAGE = 'docs/metrics.md';

async function page(): Promise<string> {
  return metricsPage({ metrics: await registered(), bounds: labelBounds(), unfed: await unfed() });
}

/** Whether docs/metrics.md is not what this script writes. */
export async function metricsPageIsStale(): Promise<boolean> {
  return isStale(PAGE, await page());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeOrCheck('scripts/metrics.ts', PAGE, await page(), process.argv);
}
