/** What a user of kubectl types and reads. The tables and refusals here are the interface: a change is seen by people. */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { FINALIZER } from '../../src/api/group.ts';
import { openShared } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SAMPLES = fileURLToPath(new URL('../../deploy/samples', import.meta.url));
const GOOD = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'AES128-SHA'] };

async function open(): Promise<{ readonly world: World; readonly kubectl: Kubectl }> {
  const world = await World.open('real API server', openShared(), {});
  return { world, kubectl: new Kubectl(world.cluster.adminKubeconfig, world.namespace) };
}

const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
/** What the samples adopt.yaml and observe.yaml name. */
const BY_HAND = ['made-by-hand', 'made-by-terraform'];

/** A manifest as a user writes it. */
function manifest(name: string, spec: object): string {
  return stringify({
    apiVersion: 'alb.alicloud.dev/v1alpha1',
    kind: 'SecurityPolicy',
    metadata: { name },
    spec,
  });
}

/** The lines of a table, split into columns. */
function table(text: string): readonly (readonly string[])[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
}

describeReal('kubectl', () => {
  test('apply takes every sample, and each becomes Ready; delete takes them away', async () => {
    const { world, kubectl } = await open();
    for (const name of BY_HAND) world.alb.console.create(PLACE, { ...GOOD, name });
    await world.startOperator();
    const names = (await readdir(SAMPLES)).map((file) => file.replace(/\.yaml$/, ''));
    const applied = await kubectl.ok(['apply', '--validate=strict', '-f', SAMPLES]);
    for (const name of names) expect(applied).toContain(`securitypolicy.alb.alicloud.dev/${name} created`);
    const waited = await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=30s', '-f', SAMPLES]);
    expect(waited.trim().split('\n')).toHaveLength(names.length);
    // The one under DryRun makes none.
    expect(world.alb.model.live()).toHaveLength(names.length - 1);
    const again = await kubectl.ok(['apply', '-f', SAMPLES]);
    expect(again.match(/unchanged/g)).toHaveLength(names.length);
    await kubectl.ok(['delete', '--wait=true', '--timeout=30s', '-f', SAMPLES]);
    expect(world.alb.model.live().map(({ name }) => name)).toEqual([...BY_HAND, 'retain']);
  });

  test.each<[string, object, RegExp]>([
    [
      'a suite without its version',
      { tlsVersions: ['TLSv1.1'], ciphers: ['AES128-SHA', 'ECDHE-RSA-AES128-GCM-SHA256'] },
      /spec\.ciphers: Invalid value: .*Not usable without TLSv1\.2 in tlsVersions: ECDHE-RSA-AES128-GCM-SHA256/,
    ],
    [
      'a TLS 1.3 suite without TLSv1.3',
      { ...GOOD, ciphers: [...GOOD.ciphers, 'TLS_AES_128_GCM_SHA256'] },
      /spec\.ciphers: Invalid value: .*Not usable without TLSv1\.3 in tlsVersions: TLS_AES_128_GCM_SHA256/,
    ],
    [
      'TLSv1.3 without a suite of it',
      { ...GOOD, tlsVersions: ['TLSv1.2', 'TLSv1.3'] },
      /spec\.ciphers: Invalid value: .*TLSv1\.3 is chosen and none of its suites is listed: add one of TLS_AES_128_GCM_SHA256/,
    ],
    [
      'a suite that stands twice',
      { ...GOOD, ciphers: ['AES128-SHA', 'AES128-SHA'] },
      /spec\.ciphers: Invalid value: .*No value may stand twice/,
    ],
    [
      'a suite that nobody knows',
      { ...GOOD, ciphers: ['AES128-SHAA'] },
      /spec\.ciphers\[0\]: Unsupported value: "AES128-SHAA": supported values: /,
    ],
    ['no ciphers', { tlsVersions: ['TLSv1.2'] }, /spec\.ciphers: Required value: ciphers is required unless/],
    [
      'a tag that marks our policies',
      { ...GOOD, tags: { 'alb.alicloud.dev/uid': 'x' } },
      /spec\.tags: Invalid value: .*mark the policies of this operator/,
    ],
    [
      'a name that the cloud would refuse',
      { ...GOOD, securityPolicyName: '1x' },
      /spec\.securityPolicyName: Invalid value: "1x"/,
    ],
  ])('apply says what is wrong with %s', async (_, spec, refusal) => {
    const { kubectl, world } = await open();
    const answer = await kubectl.run(['apply', '-f', '-'], manifest('web', spec));
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain('The SecurityPolicy "web" is invalid');
    expect(answer.stderr).toMatch(refusal);
    expect(await world.find('web')).toBeUndefined();
  });

  test('apply --validate=strict names an unknown field', async () => {
    const { kubectl } = await open();
    const answer = await kubectl.run(
      ['apply', '--validate=strict', '-f', '-'],
      manifest('web', { ...GOOD, cyphers: ['AES128-SHA'] }),
    );
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/unknown field "spec\.cyphers"/);
  });

  test('get shows readiness, reason, id and versions; -o wide more', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', GOOD);
    const { status } = await world.whenReady('web');
    const [head, row] = table(await kubectl.ok(['get', 'albsp']));
    expect(head).toEqual(['NAME', 'READY', 'REASON', 'ID', 'TLS', 'AGE']);
    expect(row?.slice(0, 5)).toEqual(['web', 'True', 'Available', status.securityPolicyId, '["TLSv1.2"]']);
    const [wide, wideRow] = table(await kubectl.ok(['get', 'albsp', '-o', 'wide']));
    expect(wide).toEqual([...(head ?? []), 'UP-TO-DATE', 'REGION', 'MESSAGE']);
    expect(wideRow?.slice(6, 8)).toEqual(['True', 'cn-hangzhou']);
    expect(wideRow?.[8]).toBe('The policy is available');
  });

  test.each(['alicloud', 'alb', 'securitypolicy', 'securitypolicies.alb.alicloud.dev'])(
    'get %s lists the policies',
    async (word) => {
      const { world, kubectl } = await open();
      await world.apply('web', GOOD);
      const names = await kubectl.ok(['get', word, '-o', 'name']);
      expect(names.trim()).toBe('securitypolicy.alb.alicloud.dev/web');
    },
  );

  test('describe shows the conditions and the events of its life', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', GOOD);
    const { status } = await world.whenReady('web');
    await eventually(
      async () => {
        const text = await kubectl.ok(['describe', 'albsp', 'web']);
        expect(text).toMatch(/Type:\s+Ready/);
        expect(text).toMatch(new RegExp(`Security Policy Id:\\s+${status.securityPolicyId}`));
        expect(text).toMatch(/Events:\n\s+Type\s+Reason\s+Age\s+From\s+Message/);
        expect(text).toMatch(/Normal\s+Creating\s+.*albsp/);
        expect(text).toMatch(/Normal\s+Available\s+.*albsp/);
      },
      { within: 15_000 },
    );
  });

  test('wait --for=delete returns when the policy is gone from the cloud', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', GOOD);
    await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=30s', 'albsp/web']);
    await kubectl.ok(['delete', '--wait=false', 'albsp', 'web']);
    await kubectl.ok(['wait', '--for=delete', '--timeout=30s', 'albsp/web']);
    expect(world.alb.model.live()).toHaveLength(0);
  });

  test('wait --for=condition=Ready after an edit waits for the edit', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', GOOD);
    await world.whenReady('web');
    await kubectl.ok(['apply', '-f', '-'], manifest('web', { ...GOOD, ciphers: ['AES128-SHA'] }));
    await kubectl.ok(['wait', '--for=condition=Ready', '--timeout=30s', 'albsp/web']);
    expect(world.alb.model.live()).toMatchObject([{ ciphers: ['AES128-SHA'] }]);
  });

  test('wait ends with a failure, not for ever, when the policy cannot be', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', { ...GOOD, adopt: { securityPolicyId: 'spy-missing' } });
    await kubectl.ok(['wait', '--for=condition=Stalled', '--timeout=30s', 'albsp/web']);
    const answer = await kubectl.run(['wait', '--for=condition=Ready', '--timeout=1s', 'albsp/web']);
    expect(answer.code).toBe(1);
  });

  test('apply --server-side by two managers: the cipher that one takes out is gone', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    const apply = (manager: string, spec: object, ...more: string[]) =>
      kubectl.run(
        ['apply', '--server-side', `--field-manager=${manager}`, ...more, '-f', '-'],
        manifest('web', spec),
      );
    expect(await apply('platform', GOOD)).toMatchObject({ code: 0 });
    await world.whenReady('web');
    const strong = { ...GOOD, ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
    const refused = await apply('security', strong);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/conflict with "platform": \.spec\.ciphers/);
    expect(await apply('security', strong, '--force-conflicts')).toMatchObject({ code: 0 });
    const ready = await world.whenReady('web');
    expect(ready.spec.ciphers).toEqual(strong.ciphers);
    expect(world.alb.model.live()).toMatchObject([{ ciphers: strong.ciphers }]);
  });

  test('the operator owns its finalizer and status, and nothing of the spec', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await kubectl.ok(
      ['apply', '--server-side', '--field-manager=platform', '-f', '-'],
      manifest('web', GOOD),
    );
    const { metadata } = await world.whenReady('web');
    expect(metadata.finalizers).toEqual([FINALIZER]);
    const text = await kubectl.ok(['get', 'albsp', 'web', '-o', 'json', '--show-managed-fields']);
    const managers: readonly { manager: string; fieldsV1: object }[] =
      JSON.parse(text).metadata.managedFields;
    const owners = managers.filter(({ fieldsV1 }) => 'f:spec' in fieldsV1).map(({ manager }) => manager);
    expect(owners).toEqual(['platform']);
    // Applied again by its manager: neither finalizer nor status is in the way.
    const again = ['apply', '--server-side', '--field-manager=platform', '-f', '-'];
    await kubectl.ok(again, manifest('web', GOOD));
    expect((await world.get('web')).metadata.finalizers).toEqual([FINALIZER]);
  });

  test('edit, patch and annotate work without a word of the operator in the way', async () => {
    const { world, kubectl } = await open();
    await world.startOperator();
    await world.apply('web', GOOD);
    await world.whenReady('web');
    await kubectl.ok([
      'patch',
      'albsp',
      'web',
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { tags: { team: 'web' } } }),
    ]);
    await world.whenReady('web');
    expect(world.alb.model.live()).toMatchObject([{ tags: { team: 'web' } }]);
    await kubectl.ok(['annotate', 'albsp', 'web', 'alb.alicloud.dev/reconcile-requested-at=now']);
    await kubectl.ok([
      'wait',
      '--for=jsonpath={.status.lastHandledReconcileAt}=now',
      '--timeout=30s',
      'albsp/web',
    ]);
  });

  test('explain tells what a field is for', async () => {
    const { kubectl } = await open();
    const text = await kubectl.ok(['explain', 'securitypolicy.spec.ciphers']);
    expect(text).toMatch(/FIELD: ciphers/);
    expect(text).toMatch(/DESCRIPTION:\n\s+\S+/);
  });
});
