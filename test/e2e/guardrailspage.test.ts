/** `docs/guardrails.md` on the real API server: what the page tells people to type is typed here. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Cluster, openOwn } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { BAD, GOOD, GUARDRAILS, GuardedWorld } from '../environment/guardrails.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { describeReal } from '../environment/tiers.ts';

const WITHIN_MS = 30_000;

describeReal('docs/guardrails.md', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await openOwn();
  });
  afterAll(() => cluster.close());

  test('the command of the page brings Warn mode, where everything passes with a warning and an audit entry', async () => {
    const guarded = await GuardedWorld.open(cluster, '1.2');
    const { kubectl, world } = guarded;
    await guarded.guardWith(warnMode, ...GUARDRAILS);
    const bad = {
      ...GOOD,
      ...BAD['forbidden-suites'],
      tlsVersions: BAD['minimum-tls'].tlsVersions,
      tags: {},
    };
    const warned = async () => {
      const { code, stderr } = await kubectl.run(
        ['apply', '--dry-run=server', '-f', '-'],
        guarded.manifest('web', bad),
      );
      expect(code).toBe(0);
      expect(stderr).toMatch(/^Warning: .*'albsp-minimum-tls'.*: spec\.tlsVersions lists TLSv1\.1, and/m);
      expect(stderr).toMatch(/^Warning: .*'albsp-forbidden-suites'.*: spec\.ciphers lists DES-CBC3-SHA/m);
      expect(stderr).toMatch(/^Warning: .*'albsp-required-tags'.*: spec\.tags lacks "team"/m);
    };
    await eventually(warned, { within: WITHIN_MS });
    await kubectl.ok(['apply', '-f', '-'], guarded.manifest('web', bad));
    await world.patch('web', { status: { securityPolicyId: 'spy-web' } }, 'status');
    const { code, stderr } = await kubectl.run(['delete', 'albsp', 'web']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^Warning: .*delete policy spy-web/m),
    });
    const audited = (await readFile(cluster.server?.auditLog ?? '', 'utf8'))
      .split('\n')
      .filter(
        (line) =>
          line.includes(world.namespace) &&
          line.includes('"validation.policy.admission.k8s.io/validation_failure"'),
      );
    for (const name of GUARDRAILS)
      expect(
        audited.some((line) => line.includes(`albsp-${name}`)),
        name,
      ).toBe(true);
  });

  test('every manifest of the page is taken, and does what the page says', async () => {
    const guarded = await GuardedWorld.open(cluster);
    await guarded.guard(...GUARDRAILS);
    await guarded.applyRefused('web', BAD['required-tags'], 'albsp-required-tags');
    const anywhere = new Kubectl(cluster.adminKubeconfig, '');
    const manifests = await blocksOf('yaml');
    expect(manifests).toHaveLength(5);
    // The others go with their guardrails.
    onTestFinished(async () => {
      const [namespace = '', further = ''] = [manifests.at(0), manifests.at(-1)];
      await anywhere.ok(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], further);
      await anywhere.ok(['delete', '--wait=false', '-f', '-'], namespace);
    });
    for (const one of manifests)
      await eventually(() => anywhere.ok(['apply', '--validate=strict', '-f', '-'], one), {
        within: WITHIN_MS,
      });
    await anywhere.ok(['label', 'namespace', 'payments', guarded.world.namespace, 'tier=gold']);
    await guarded.applyRefused(
      'web',
      GOOD,
      'albsp-required-tags-gold.*spec.tags lacks "cost-center"; asked for by ConfigMap albsp-system/albsp-required-tags-gold',
    );
    const [refusal = ''] = await blocksOf('text');
    const old = {
      ...GOOD,
      tlsVersions: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
      tags: { ...GOOD.tags, 'cost-center': '1' },
    };
    const { stderr } = await anywhere.run(
      ['create', '--namespace=payments', '--dry-run=server', '-f', '-'],
      guarded.manifest('web', old),
    );
    expect(stderr.trim().split('denied request: ')[1]).toBe(refusal.trim().replaceAll('\n', ' '));
    const rsa = {
      ...GOOD,
      ciphers: [...GOOD.ciphers, 'AES128-GCM-SHA256'],
      tags: { ...GOOD.tags, 'cost-center': '1' },
    };
    await guarded.applied('web', rsa);
    const listed = (await blocksOf('sh')).find((block) => block.startsWith('kubectl get albsp -A'));
    expect(await anywhere.ok(listed?.trim().split(' ').slice(1) ?? [])).toMatch(
      /payments +storefront +\[TLSv1\.2 TLSv1\.3\]/,
    );
  });
});

/** The fenced blocks of docs/guardrails.md in one language, without the indent of a list. */
async function blocksOf(language: string): Promise<readonly string[]> {
  const page = await readFile(fileURLToPath(new URL('../../docs/guardrails.md', import.meta.url)), 'utf8');
  return [...page.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)]
    .filter(([, , written]) => written === language)
    .map(([, indent = '', , text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

/** A guardrail's file as the command of the page changes it. */
async function warnMode(path: string): Promise<string> {
  const command = (await blocksOf('sh')).find((block) => block.startsWith('sed '));
  const script = /^sed '([^']+)' \S+ \| kubectl apply -f -\n$/.exec(command ?? '')?.[1];
  return execFileSync('sed', [script ?? '', path], { encoding: 'utf8' });
}
