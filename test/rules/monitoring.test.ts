/** Alerts, dashboard and their pages speak of metrics that exist, and of each other. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { dashboardIsStale } from '../../scripts/dashboard.ts';
import { metricsPageIsStale } from '../../scripts/metrics.ts';
import { exposition, labelBounds, registered } from '../../scripts/monitoring/registered.ts';
import { REASONS } from '../../src/domain/reason.ts';
import { fenced, section } from './documents.ts';
import { asked, matches } from './promql.ts';
import { RULES, RULES_TEST, readAlerts, readAlertTests, readPanels } from './queries.ts';
import { pathsOf, readSources } from './sources.ts';

const metrics = await registered();
const bounds = labelBounds();
const alerts = await readAlerts();
const panels = await readPanels();
const tests = await readAlertTests();
const runbooks = (await pathsOf('docs/runbooks/*.md')).map((path) => basename(path, '.md'));
const index = await readFile('docs/runbooks/README.md', 'utf8');

/** What Prometheus itself puts on a series that it scrapes; a label that collides with one of them is renamed. */
const TARGET_LABELS = ['job', 'instance', 'namespace', 'exported_namespace'];

const queries = [
  ...alerts.map(({ alert, expr }) => ({ where: alert, expr })),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr }))),
];

/** The metric that a series is of: a histogram has three names. */
function metricOf(series: string) {
  return metrics.find(
    ({ name, type }) =>
      name === series || (type === 'histogram' && series.replace(/_(bucket|count|sum)$/, '') === name),
  );
}

function labelsOf(series: string): readonly string[] {
  const bucket = metricOf(series)?.type === 'histogram' ? ['le'] : [];
  return [...(metricOf(series)?.labels ?? []), ...bucket, ...TARGET_LABELS];
}

describe('docs/metrics.md', () => {
  test('is what scripts/metrics.ts writes', async () => {
    expect(await metricsPageIsStale(), 'stale: run "node scripts/metrics.ts"').toBe(false);
  });

  test('has every metric that a source names', async () => {
    const sources = (await readSources()).filter(({ path }) => path.startsWith('src/runtime/'));
    const named = sources.flatMap(({ text }) =>
      [...text.matchAll(/'((?:albsp|process|nodejs)_[a-z_]+)'/g)].map(([, name]) => name),
    );
    expect([...new Set(named)].sort()).toEqual(metrics.map(({ name }) => name).sort());
  });

  test('has each metric once, under one title, and every label with its bound', async () => {
    const page = await readFile('docs/metrics.md', 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| (?:counter|gauge|histogram) /gm)].map(([, name]) => name);
    expect([...rows].sort()).toEqual(metrics.map(({ name }) => name).sort());
    const labels = [...section(page, 'Labels').matchAll(/^\| `(\w+)` /gm)].map(([, label]) => label);
    expect([...labels].sort()).toEqual([...new Set(metrics.flatMap((one) => one.labels))].sort());
  });
});

describe('queries', () => {
  test('the reader of queries sees metrics, matchers and groups', () => {
    const query =
      'sum by (a, le) (rate(m_bucket{x=~"1|2",y!="z"}[5m])) / on (job) n and absent(o) > 0.1 or p';
    expect(asked(query)).toEqual({
      metrics: ['m_bucket', 'n', 'o', 'p'],
      matchers: [
        { metric: 'm_bucket', label: 'x', operator: '=~', value: '1|2' },
        { metric: 'm_bucket', label: 'y', operator: '!=', value: 'z' },
      ],
      grouped: ['a', 'le', 'job'],
    });
  });

  test.each(queries)('$where: $expr', ({ expr }) => {
    const { metrics: names, matchers, grouped } = asked(expr);
    expect(names).not.toEqual([]);
    expect(names.filter((name) => metricOf(name) === undefined)).toEqual([]);
    const labels = names.flatMap(labelsOf);
    expect(grouped.filter((label) => !labels.includes(label))).toEqual([]);
    for (const matcher of matchers) {
      expect(labelsOf(matcher.metric), matcher.metric).toContain(matcher.label);
      const bound = bounds.get(matcher.label);
      if (bound?.kind !== 'words') continue;
      const hit = bound.words.filter((word) => matches(matcher, word));
      expect(hit.length, `${matcher.label}${matcher.operator}"${matcher.value}" matches`).toBeGreaterThan(0);
      // Of alternatives each must exist, or a misspelled one would never be missed.
      for (const word of matcher.value.split('|').filter((one) => /^\w+$/.test(one) && !/^\d/.test(one)))
        expect(bound.words).toContain(word);
    }
  });

  test('a legend shows only labels that its query keeps', () => {
    const lost = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ expr, legendFormat }) => {
        const kept = [...asked(expr).grouped, ...(/\bby\b/.test(expr) ? [] : TARGET_LABELS)];
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        return shown.filter((label) => !kept.includes(label)).map((label) => `${title}: ${label}`);
      }),
    );
    expect(lost).toEqual([]);
  });
});

describe('deploy/monitoring/dashboard.json', () => {
  test('is what scripts/dashboard.ts writes', async () => {
    expect(await dashboardIsStale(), 'stale: run "node scripts/dashboard.ts"').toBe(false);
  });

  test('asks for every metric of the operator that an alert asks for, or shows more', () => {
    const shown = new Set(
      panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => asked(expr).metrics)),
    );
    const alerted = alerts.flatMap(({ expr }) => asked(expr).metrics);
    expect([...new Set(alerted)].filter((name) => !shown.has(name))).toEqual([]);
  });

  test('no two panels have one id or one place', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
    expect(panels.length).toBeGreaterThan(20);
  });
});

describe('deploy/monitoring/rules.yaml', () => {
  test('every alert has a name of its own, and says what to do and where to read on', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    expect(alerts.length).toBeGreaterThan(11);
    for (const { alert, annotations } of alerts) {
      expect(alert).toMatch(/^Albsp[A-Z][A-Za-z]+$/);
      expect(annotations.summary.replace(/\{\{.*?\}\}/g, '').length, alert).toBeLessThan(70);
      expect(annotations.description.length, alert).toBeGreaterThan(100);
      expect(annotations.runbook_url).toBe(`\${REPOSITORY}/docs/runbooks/${alert}.md`);
    }
  });

  test('every alert is tested once firing and once not', () => {
    for (const { alert } of alerts) {
      const expr = `ALERTS{alertname="${alert}",alertstate="firing"}`;
      const of = tests.filter((one) => one.promql_expr_test.some((check) => check.expr === expr));
      const fires = of.filter(({ name }) => name.startsWith(`${alert} fires `));
      const silent = of.filter(({ name }) => name.startsWith(`${alert} does not fire `));
      const last = (one: (typeof of)[number] | undefined) => one?.promql_expr_test.at(-1)?.exp_samples.length;
      expect(fires.map(last), `${alert} fires`).toEqual([expect.any(Number)]);
      expect(last(fires[0]), `${alert} fires`).toBeGreaterThan(0);
      // And not before its time.
      expect(fires[0]?.promql_expr_test[0]?.exp_samples, `${alert} waits`).toEqual([]);
      expect(silent.map(last), `${alert} does not fire`).toEqual([0]);
    }
  });
});

describe('docs/runbooks', () => {
  /** `reason -> page` of the table. */
  const rows = [...section(index, 'By reason').matchAll(/^\| `(\w+)` \|.*\[(\w+)\]\((\w+)\.md\)/gm)];

  test('every reason has one row, with a page that exists and speaks of it', async () => {
    expect(rows.map(([, reason]) => reason).sort()).toEqual([...REASONS].sort());
    for (const [, reason = '', shown, page = ''] of rows) {
      expect(shown).toBe(page);
      expect(runbooks, reason).toContain(page);
      expect(await readFile(`docs/runbooks/${page}.md`, 'utf8'), page).toContain(`\`${reason}\``);
    }
  });

  test('every alert has one row, and the severity that it has', () => {
    const listed = [...section(index, 'By alert').matchAll(/^\| \[(\w+)\]\((\w+)\.md\) \| (\w+) \|/gm)];
    expect(listed.map(([, shown, page, severity]) => `${shown} ${page} ${severity}`)).toEqual(
      alerts.map(({ alert, labels }) => `${alert} ${alert} ${labels.severity}`),
    );
  });

  test('the page of AlbspPoliciesStalled leads on from every reason of Stalled', async () => {
    const reasons = await readFile('docs/conditions.md', 'utf8');
    const rowsOfStalled = [...section(reasons, 'Reasons').matchAll(/^\| `(\w+)` \|[^|]*`Stalled`[^|]*\|/gm)];
    const stalled = rowsOfStalled.map(([, reason = '']) => reason);
    expect(stalled.length).toBeGreaterThan(5);
    const page = section(await readFile('docs/runbooks/AlbspPoliciesStalled.md', 'utf8'), 'Do');
    expect(stalled.filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
  });

  test('every page belongs to an alert or to a reason', () => {
    const wanted = new Set([
      ...alerts.map(({ alert }) => alert),
      ...rows.map(([, , , page]) => page),
      'README',
    ]);
    expect([...runbooks].sort()).toEqual([...wanted].sort());
  });

  test('every page says what it means, how to see it, what to do and when to call for help', async () => {
    for (const name of runbooks.filter((one) => one !== 'README')) {
      const page = await readFile(`docs/runbooks/${name}.md`, 'utf8');
      expect(page).toMatch(new RegExp(`^# ${name}\\n`));
      for (const title of ['What it means', 'See it', 'Do', 'Call for help'])
        expect(section(page, title).trim(), `${name}: ${title}`).not.toBe('');
      expect(page.split('\n').length, `${name} is short`).toBeLessThan(90);
    }
  });

  test('a page names only metrics that exist', async () => {
    const pages = await Promise.all(
      [...runbooks.map((name) => `docs/runbooks/${name}.md`), 'docs/monitoring.md'].map(async (path) => ({
        path,
        text: await readFile(path, 'utf8'),
      })),
    );
    const unknown = pages.flatMap(({ path, text }) =>
      (text.match(/\balbsp_[a-z_]+/g) ?? [])
        .filter((name) => metricOf(name) === undefined)
        .map((name) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});

/** The machine's own, else what `test/environment/promtool.sh` put into the cache. */
const promtool = ['promtool', join(homedir(), '.cache', 'albsp', 'promtool', 'promtool')].find(
  (program) => spawnSync(program, ['--version']).status === 0,
);

describe.skipIf(promtool === undefined)('promtool (Debian package prometheus)', () => {
  const program = promtool ?? '';

  function run(...args: readonly string[]): void {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
  }

  test('the metrics have names and help texts as Prometheus wants them', async () => {
    const input = await exposition();
    const { stdout, stderr } = spawnSync(program, ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toBe('');
  });

  test('the rules are valid', () => run('check', 'rules', RULES));

  test('each alert fires when it should, and does not when it should not', () =>
    run('test', 'rules', RULES_TEST));

  test('the scrape configuration of docs/monitoring.md is valid', async () => {
    const page = await readFile('docs/monitoring.md', 'utf8');
    // Debian builds Prometheus without the discovery in Kubernetes: all but that part is checked.
    const discovery = / {4}kubernetes_sd_configs:\n(?: {6}.*\n)+/;
    const text = fenced(section(page, 'Scrape'));
    expect(text).toMatch(discovery);
    await withFile(text.replace(discovery, '    static_configs: []\n'), (file) =>
      run('check', 'config', '--syntax-only', file),
    );
  });

  test('every query of the dashboard is PromQL', async () => {
    const rules = queries.map(({ expr }, n) => ({
      record: `query:${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.+'),
    }));
    await withFile(stringify({ groups: [{ name: 'dashboard', rules }] }), (file) =>
      run('check', 'rules', file),
    );
  });

  async function withFile(text: string, use: (file: string) => void): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'albsp-promtool-'));
    try {
      const file = join(folder, 'file.yaml');
      await writeFile(file, text);
      use(file);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
});
