/** What is seen at night: the metrics of a running operator, and what the commands of the runbooks print. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openShared } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { describeReal, describeTiers } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SPEC = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const PAUSED = 'alb.alicloud.dev/paused';
const WITHIN_MS = 15_000;

describeTiers('metrics', (tier) => {
  test('of a running operator count its objects by condition', async () => {
    const world = await tier.open();
    const operator = await world.startOperator();
    const shows = (...lines: readonly string[]) =>
      eventually(
        async () => {
          const { text } = await operator.get('/metrics');
          expect(text.split('\n')).toEqual(expect.arrayContaining([...lines]));
        },
        { within: WITHIN_MS },
      );
    await shows('albsp_policies{ready="True"} 0', 'albsp_lease_held 1');
    await world.apply('web', SPEC);
    await world.whenReady('web');
    await world.patch('web', { metadata: { annotations: { [PAUSED]: 'true' } } });
    await shows(
      'albsp_policies{ready="True"} 1',
      'albsp_policies{ready="False"} 0',
      'albsp_policy_conditions{type="Ready",status="True",reason="Available"} 1',
      'albsp_policy_conditions{type="UpToDate",status="True",reason="Matched"} 1',
      'albsp_policy_conditions{type="Paused",status="True",reason="ReconcilePaused"} 1',
    );
    await world.patch('web', { metadata: { annotations: { [PAUSED]: null } } });
    await shows('albsp_policy_conditions{type="Paused",status="True",reason="ReconcilePaused"} 0');
  });
});

/** One `kubectl get` or `kubectl describe` of a page, without what the shell does with its output. */
interface Command {
  readonly page: string;
  readonly line: string;
  readonly args: readonly string[];
}

const FOLDER = 'docs/runbooks';
/** Columns that are empty for an object that is well and not being deleted. */
const MAY_BE_EMPTY = [
  'AlbspPoliciesStalled WHY',
  'AlbspPoliciesStalled MESSAGE',
  'AlbspDeletionBlocked DELETED',
  'AlbspDeletionBlocked LISTENERS',
];

async function commands(): Promise<readonly Command[]> {
  const pages = (await readdir(FOLDER)).filter((file) => file.endsWith('.md'));
  const found = await Promise.all(
    pages.map(async (file) => {
      const text = await readFile(`${FOLDER}/${file}`, 'utf8');
      const lines = text.match(/^kubectl (?:get|describe) (?!.*--raw).*$/gm) ?? [];
      return lines.map((line) => ({ page: file.replace('.md', ''), line, args: argumentsOf(line) }));
    }),
  );
  return found.flat();
}

/** The words of a command as the shell would give them, up to a pipe, a redirection or a comment. */
function argumentsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word);
  const end = words.findIndex((word) => /^[|>#]/.test(word));
  return words.slice(1, end < 0 ? undefined : end).map((word) => word.replaceAll("'", ''));
}

describeReal('the runbooks', () => {
  test('their kubectl commands work, and every column that they ask for is there', async () => {
    const world = await World.open('real API server', openShared(), {});
    await world.startOperator();
    const name = `policy-${world.namespace}`;
    await world.apply(name, SPEC);
    await world.whenReady(name);
    await world.patch(name, { metadata: { annotations: { [PAUSED]: 'true' } } });
    await world.whenCondition(name, { type: 'Paused', status: 'True', reason: 'ReconcilePaused' });
    const kubectl = new Kubectl(world.cluster.adminKubeconfig, world.namespace);
    const empty: string[] = [];
    const all = (await commands()).filter(({ line }) => !/clusterproviderconfig NAME/.test(line));
    expect(all.length).toBeGreaterThan(20);
    for (const { page, line, args } of all) {
      const real = args.map((arg) => ({ NAME: name, NAMESPACE: world.namespace })[arg] ?? arg);
      const output = await kubectl.ok(real);
      const columns = real.find((arg) => arg.startsWith('custom-columns='));
      if (columns === undefined) continue;
      const [header = ''] = output.split('\n');
      const row = output.split('\n').find((one) => one.includes(name)) ?? '';
      expect(row, line).not.toBe('');
      for (const title of header.trim().split(/\s+/)) {
        const at = header.indexOf(title);
        if (/^(<none>|<unset>)?(\s|$)/.test(row.slice(at))) empty.push(`${page} ${title}`);
      }
    }
    expect(empty.filter((one) => !MAY_BE_EMPTY.includes(one))).toEqual([]);
  });
});
