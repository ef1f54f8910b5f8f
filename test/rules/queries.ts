/** What the alerts and the dashboard ask Prometheus, as text. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

const alert = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const rulesFile = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(alert) })),
});
const testsFile = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      promql_expr_test: z
        .array(
          z.object({
            expr: z.string(),
            eval_time: z.string(),
            exp_samples: z.array(z.object({})).default([]),
          }),
        )
        .default([]),
    }),
  ),
});
const dashboardFile = z.object({
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string().default('') })).default([]),
    }),
  ),
});

export const RULES = 'deploy/monitoring/rules.yaml';
export const RULES_TEST = 'deploy/monitoring/rules.test.yaml';
export const DASHBOARD = 'deploy/monitoring/dashboard.json';

export type Alert = z.infer<typeof alert>;
export type DashboardPanel = z.infer<typeof dashboardFile>['panels'][number];
export type AlertTest = z.infer<typeof testsFile>['tests'][number];

/** Every alert, in the order of the file. A field that is missing or unknown throws. */
export async function readAlerts(): Promise<readonly Alert[]> {
  return rulesFile.parse(parse(await readFile(RULES, 'utf8'))).groups.flatMap(({ rules }) => rules);
}

/** Every test of the alerts. */
export async function readAlertTests(): Promise<readonly AlertTest[]> {
  return testsFile.parse(parse(await readFile(RULES_TEST, 'utf8'))).tests;
}

/** Every panel of the dashboard, rows included. */
export async function readPanels(): Promise<readonly DashboardPanel[]> {
  return dashboardFile.parse(JSON.parse(await readFile(DASHBOARD, 'utf8'))).panels;
}
