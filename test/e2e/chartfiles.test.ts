/** What the chart holds as files, copied from elsewhere in the repository: alerts, dashboard, guardrails. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CHART, describeHelms, Helm, objectOf, type Values } from '../environment/helm.ts';

const KEYS: Values = {
  region: 'cn-hangzhou',
  credentials: { environment: { existingSecret: 'albsp-credentials' } },
};

/** The chart with files that stand for those of deploy/monitoring and deploy/guardrails. */
async function chartWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'albsp-chart-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(CHART, folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'files', path)), { recursive: true });
    await writeFile(join(folder, 'files', path), text);
  }
  return folder;
}

describeHelms('what the chart holds as files', (version) => {
  const helm = () => Helm.of(version, 'platform');

  test('are rules, with links to their runbooks and with templates of their own', async () => {
    const rule = {
      alert: 'Down',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable of deploy/monitoring/rules.yaml, as it stands there.
      annotations: { summary: '{{ $labels.job }} is down', runbook_url: '${REPOSITORY}/docs/x.md' },
    };
    const chart = await chartWith({
      'monitoring/rules.yaml': JSON.stringify({ groups: [{ name: 'albsp', rules: [rule] }] }),
    });
    const rules = {
      enabled: true,
      repository: 'https://git.example.com/albsp',
      labels: { release: 'prometheus' },
    };
    const object = objectOf(
      await helm().template({ ...KEYS, monitoring: { rules } }, chart),
      'PrometheusRule',
    );
    expect(object.metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(object.spec.groups[0].rules[0].annotations).toEqual({
      summary: '{{ $labels.job }} is down',
      runbook_url: 'https://git.example.com/albsp/docs/x.md',
    });
    const without = { ...KEYS, monitoring: { rules: { enabled: true } } };
    const { stderr } = await helm().run(['template', 'albsp', chart], without);
    expect(stderr).toContain('"monitoring.rules.repository" is missing');
  });

  test('are a dashboard, word for word', async () => {
    const text = '{\n  "title": "{{namespace}} \\"albsp\\""\n}\n';
    const chart = await chartWith({ 'monitoring/dashboard.json': text });
    const objects = await helm().template({ ...KEYS, monitoring: { dashboard: { enabled: true } } }, chart);
    const { data, metadata } = objectOf(objects, 'ConfigMap');
    expect(data).toEqual({ 'albsp.json': text });
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
  });

  test('are guardrails, each by its name, with parameters in the namespace of the release', async () => {
    const guardrail = (name: string) =>
      `kind: Guardrail\nmetadata:\n  name: ${name}\nspec:\n  namespace: albsp-system\n`;
    const chart = await chartWith({
      'guardrails/one.yaml': guardrail('one'),
      'guardrails/two.yaml': guardrail('two'),
    });
    const guardrails = { policies: ['one'], parameters: { one: { '3DES': 'forbid' } } };
    const objects = await helm().template({ ...KEYS, guardrails }, chart);
    expect(objects.filter(({ kind }) => kind === 'Guardrail').map(({ metadata }) => metadata.name)).toEqual([
      'one',
    ]);
    expect(objectOf(objects, 'Guardrail').spec.namespace).toBe('platform');
    expect(objectOf(objects, 'ConfigMap', 'albsp-one')).toMatchObject({
      metadata: { namespace: 'platform' },
      data: { '3DES': 'forbid' },
    });
    const typo = { ...KEYS, guardrails: { policies: ['tow'] } };
    const { stderr } = await helm().run(['template', 'albsp', chart], typo);
    expect(stderr).toMatch(
      /"guardrails.policies" names "tow", which this chart does not hold; it holds: .*one, .*two/,
    );
  });
});
