/** The commands that look at a cloud and a cluster, as a user runs them. */
import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import { environmentOf } from '../environment/credentials.ts';
import { BUNDLE } from '../environment/operator.ts';
import { describeTiers } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
const SUITES = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };

/** How a command ended. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the bundle against the cloud and the cluster of this world. */
function albsp(world: World, args: readonly string[], cluster = false): Promise<Ended> {
  const flags = [`--alb-endpoint=${world.alb.url}`, '--region=cn-hangzhou'];
  const where = cluster ? [`--kubeconfig=${world.cluster.adminKubeconfig}`] : [];
  const env = { PATH: process.env.PATH ?? '', ...environmentOf(world.canaries) };
  return new Promise((resolve) => {
    const all = [BUNDLE, ...args, ...flags, ...where];
    execFile(process.execPath, all, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Whether one of the keys of this world stands in the text. */
function leaks(world: World, { stdout, stderr }: Ended): boolean {
  const { accessKeyId, accessKeySecret } = world.canaries;
  return [accessKeyId, accessKeySecret].some((key) => `${stdout}${stderr}`.includes(key));
}

describeTiers('the commands', (tier) => {
  describe('albsp import', () => {
    test('writes manifests that the API server takes and that only observe, the same ones each time', async () => {
      const world = await tier.open();
      const legacy = world.alb.console.create(PLACE, {
        name: 'Legacy.Clients',
        ...SUITES,
        tags: { team: 'web' },
      });
      world.alb.console.create(PLACE, { name: '金融', ...SUITES, tags: {} });
      world.alb.console.create(PLACE, {
        name: 'owned',
        ...SUITES,
        tags: { [OWNER_TAGS.uid]: 'u', [OWNER_TAGS.cluster]: 'c', [OWNER_TAGS.object]: 'a/b' },
      });
      const first = await albsp(world, ['import', '--all', `--namespace=${world.namespace}`]);
      expect(first.code, first.stderr).toBe(0);
      expect((await albsp(world, ['import', '--all', `--namespace=${world.namespace}`])).stdout).toBe(
        first.stdout,
      );
      const manifests = parseAllDocuments(first.stdout).map((document) => document.toJS());
      expect(manifests).toHaveLength(2);
      expect(first.stderr).toContain('owned');
      expect(leaks(world, first)).toBe(false);
      await world.startOperator();
      for (const manifest of manifests) {
        expect(manifest.spec).toMatchObject({ managementPolicy: 'Observe', deletionPolicy: 'Retain' });
        const spec: SecurityPolicySpec = manifest.spec;
        await world.apply(manifest.metadata.name, spec);
        await world.whenReady(manifest.metadata.name);
      }
      expect(manifests.map(({ spec }) => spec.adopt.securityPolicyId)).toContain(legacy);
      const written = world.alb.ledger.entries().filter(({ action }) => !action.startsWith('List'));
      expect(written.filter(({ action }) => action !== 'GetCallerIdentity')).toEqual([]);
    });

    test('says which id there is not, and ends with 1', async () => {
      const world = await tier.open();
      const answer = await albsp(world, ['import', 'spy-missing']);
      expect(answer.code).toBe(1);
      expect(answer.stderr).toContain('spy-missing');
    });
  });

  describe('albsp orphans', () => {
    test('shows a policy whose object is gone, deletes nothing, and ends with 1 (G3)', async () => {
      const world = await tier.open();
      const args = ['orphans', '--cluster-id=cluster-of-this-test', '--output=json'];
      expect((await albsp(world, args, true)).code).toBe(0);
      const orphan = world.alb.console.create(PLACE, {
        name: 'left',
        ...SUITES,
        tags: {
          [OWNER_TAGS.uid]: '00000000-0000-4000-8000-000000000000',
          [OWNER_TAGS.cluster]: 'cluster-of-this-test',
          [OWNER_TAGS.object]: `${world.namespace}/left`,
        },
      });
      const found = await albsp(world, args, true);
      expect(found.code, found.stderr).toBe(1);
      expect(found.stdout).toContain(orphan);
      expect(leaks(world, found)).toBe(false);
      expect(world.alb.model.live()).toHaveLength(1);
    });
  });

  describe('albsp doctor', () => {
    test('finds nothing wrong where all is well, and names what is wrong with the keys', async () => {
      const world = await tier.open();
      const well = await albsp(world, ['doctor'], true);
      expect(well.stdout).not.toContain('FAILED');
      expect(well.code, well.stdout + well.stderr).toBe(0);
      expect(world.alb.model.live()).toHaveLength(0);
      world.alb.faults.add({
        action: 'ListSecurityPolicies',
        fault: { kind: 'refuse', status: 403, code: 'NoPermission' },
      });
      const denied = await albsp(world, ['doctor'], true);
      expect(denied.code).toBe(1);
      expect(denied.stdout).toContain('alb:ListSecurityPolicies');
      expect(leaks(world, denied)).toBe(false);
    });
  });
});
