/** `kubectl wait` in every form that docs/gitops.md names: it ends when it should, and not before. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { findBinaries } from '../environment/binaries.ts';
import { openShared } from '../environment/cluster.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const GOOD = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const PAUSED = 'alb.alicloud.dev/paused';
const ID = '--for=jsonpath={.status.securityPolicyId}';

async function open(): Promise<{ readonly world: World; readonly kubectl: Kubectl }> {
  const world = await World.open('real API server', openShared(), {});
  return { world, kubectl: new Kubectl(world.cluster.adminKubeconfig, world.namespace) };
}

describeReal('kubectl wait', () => {
  test('no form ends for an object that no operator has looked at', async () => {
    const { world, kubectl } = await open();
    await world.apply('web', GOOD);
    const forms = ['condition=Ready', 'condition=Ready=false', 'condition=Stalled', 'delete'].map(
      (form) => `--for=${form}`,
    );
    const codes = await Promise.all(
      [...forms, ID].map(async (form) => {
        const { code, stderr } = await kubectl.run(['wait', form, '--timeout=1s', 'albsp/web']);
        return [code, /timed out waiting/.test(stderr)];
      }),
    );
    expect(codes).toEqual(codes.map(() => [1, true]));
  });

  test('--for=jsonpath={.status.securityPolicyId} ends as soon as there is an id', async () => {
    const { world, kubectl } = await open();
    await world.apply('web', GOOD);
    const waited = kubectl.ok(['wait', ID, '--timeout=30s', 'albsp/web']);
    await world.startOperator();
    expect(await waited).toContain('condition met');
    const { status } = await world.get('web');
    expect(world.alb.model.live()).toMatchObject([{ id: status.securityPolicyId }]);
  });

  test('--for=condition=Ready does not take an older generation for this one, also with no operator', async () => {
    const { world, kubectl } = await open();
    const operator = await world.startOperator();
    await world.apply('web', GOOD);
    await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=30s', 'albsp/web']);
    await operator.kill('SIGKILL');
    await world.apply('web', { ...GOOD, ciphers: ['AES128-SHA'] });
    const early = await kubectl.run(['wait', '--for=condition=Ready', '--timeout=1s', 'albsp/web']);
    expect(early).toMatchObject({ code: 1, stderr: expect.stringMatching(/timed out/) });
    // The id is known all the while: why this form is for the id, not for "done".
    await kubectl.ok(['wait', ID, '--timeout=1s', 'albsp/web']);
  });

  test('--for=condition=Ready=false ends when an edit of a paused object is seen, and Ready when it is resumed', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', GOOD);
    await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=30s', 'albsp/web']);
    await kubectl.ok(['annotate', 'albsp', 'web', `${PAUSED}=true`]);
    await kubectl.ok(['wait', '--for=condition=Paused', '--timeout=30s', 'albsp/web']);
    await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=1s', 'albsp/web']);
    await world.apply('web', { ...GOOD, ciphers: ['AES128-SHA'] });
    await kubectl.ok(['wait', '--for=condition=Ready=false', '--timeout=30s', 'albsp/web']);
    await kubectl.ok(['annotate', 'albsp', 'web', `${PAUSED}-`]);
    await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=30s', 'albsp/web']);
    expect(world.alb.model.live()).toMatchObject([{ ciphers: ['AES128-SHA'] }]);
  });

  test('--for=delete does not end while the deletion waits, and ends when the policy is gone', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', GOOD);
    await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=30s', 'albsp/web']);
    await kubectl.ok(['annotate', 'albsp', 'web', `${PAUSED}=true`]);
    await kubectl.ok(['delete', '--wait=false', 'albsp', 'web']);
    const early = await kubectl.run(['wait', '--for=delete', '--timeout=1s', 'albsp/web']);
    expect(early).toMatchObject({ code: 1, stderr: expect.stringMatching(/timed out/) });
    await kubectl.ok(['annotate', 'albsp', 'web', `${PAUSED}-`]);
    await kubectl.ok(['wait', '--for=delete', '--timeout=30s', 'albsp/web']);
    expect(world.alb.model.live()).toEqual([]);
  });

  test.each<[string, object, 'succeeds' | 'fails']>([
    ['ready', GOOD, 'succeeds'],
    ['stalled', { ...GOOD, adopt: { securityPolicyId: 'spy-nobody' } }, 'fails'],
  ])(
    'the script of docs/gitops.md that waits for both ends is through at once for a policy that gets %s',
    async (_, spec, ending) => {
      const { world } = await open();
      await world.startOperator();
      await world.apply('web', spec);
      const started = performance.now();
      const code = await runScript(world);
      expect(performance.now() - started).toBeLessThan(60_000);
      expect(code === 0).toBe(ending === 'succeeds');
    },
  );
});

/** The exit code of the script of the page, with kubectl as the admin of this world. */
async function runScript({ cluster, namespace }: World): Promise<number | undefined> {
  const page = await readFile('docs/gitops.md', 'utf8');
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const script = blocks.find((text) => text.startsWith('for _ in $(seq'));
  const binaries = findBinaries();
  if (script === undefined || binaries.kind === 'missing' || binaries.kubectl === undefined)
    throw new Error('There is no such script, or no kubectl');
  const kubectl = `exec '${binaries.kubectl}' --kubeconfig='${cluster.adminKubeconfig}' --namespace=${namespace} "$@"`;
  const whole = `kubectl() ( ${kubectl} )\n${script}`;
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', whole], { timeout: 90_000 });
    child.on('close', (code) => resolve(code ?? undefined));
  });
}
