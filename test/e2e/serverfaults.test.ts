/** The failures of a real API server: conflicts, time-outs, refusals, too many requests, watches that it ends. */
import { once } from 'node:events';
import { request } from 'node:https';
import { expect, onTestFinished, test } from 'vitest';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { AuditEntry } from '../environment/audit.ts';
import { openOwn } from '../environment/cluster.ts';
import { eventually } from '../environment/eventually.ts';
import { readKubeconfig } from '../environment/kubeconfig.ts';
import type { Operator } from '../environment/operator.ts';
import { OPERATOR_USER, type RealServer } from '../environment/realserver.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SPEC = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
} satisfies SecurityPolicySpec;
const EDITED = { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] } satisfies SecurityPolicySpec;
const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
const WITHIN_MS = 60_000;
/** A lease that outlives the fault: what is looked at here is what a leader does. */
const PATIENT_LEASE = { 'lease-duration': '60s', 'renew-deadline': '50s', 'retry-period': '1s' };

/** A server of the test's own, with these flags; ended with the world. */
async function open(
  ...flags: readonly string[]
): Promise<{ readonly world: World; readonly server: RealServer }> {
  const cluster = await openOwn(flags);
  const { server } = cluster;
  if (server === undefined) throw new Error('There is no real API server in this run');
  return { world: await World.open('real API server', cluster, {}), server };
}

/** Applies as a patient user does: the server of a test may itself be late, or end a connection that idled. */
async function apply(world: World, spec: SecurityPolicySpec): Promise<void> {
  await eventually(() => world.apply('web', spec), { within: WITHIN_MS, what: "The edit of 'web'" });
}

/** A standby is ready, too; only a leader looks at a new object. */
async function whenLeading(operator: Operator): Promise<void> {
  const probe = async () => expect((await operator.get('/metrics')).text).toContain('albsp_lease_held 1');
  await eventually(probe, { within: WITHIN_MS, what: 'An operator that leads' });
}

/** Storage tells the server's watch cache of an object some time after the write: watches tell of it from then on. */
async function whenWatched(world: World, name: string): Promise<void> {
  const probe = async () => {
    const cached = await world.admin.list('SecurityPolicy', world.namespace, '?resourceVersion=0');
    expect(cached.map(({ metadata }) => metadata.name)).toContain(name);
  };
  await eventually(probe, { within: WITHIN_MS, what: `'${name}' in the watch cache` });
}

/** What operators asked for with this code, in order. */
async function answered(server: RealServer, codes: readonly number[]): Promise<readonly AuditEntry[]> {
  const entries = await server.auditEntries({ user: OPERATOR_USER });
  return entries.filter(({ code, resource }) => codes.includes(code) && resource === 'securitypolicies');
}

/** Cloud requests after entry `since` that are no reads. */
function cloudWrites(world: World, since = 0): readonly string[] {
  const actions = world.alb.ledger.entries(since).map(({ action }) => action);
  return actions.filter((action) => !/^(List|Get)/.test(action));
}

function reads(world: World, since: number): number {
  return world.alb.ledger.entries(since).filter(({ action }) => action === 'ListSecurityPolicies').length;
}

/** Somebody lets a weak cipher in, so that the operator has a reason to write. Returns the ledger's last entry. */
function drift(world: World, id: string): number {
  const since = world.alb.ledger.last;
  world.alb.console.edit(PLACE, id, { ciphers: ['AES128-SHA'] });
  return since;
}

function expectOnePolicy(world: World, ciphers: readonly string[]): void {
  expect(world.alb.ledger.commits('CreateSecurityPolicy')).toHaveLength(1);
  expect(world.alb.model.live()).toMatchObject([{ ciphers }]);
}

async function expectNoWarning(world: World, name: string): Promise<void> {
  const warnings = (await world.events(name)).filter(({ type }) => type === 'Warning');
  expect(warnings.map(({ message }) => message)).toEqual([]);
}

/** Writes to the object without end until told to stop, as a busy controller of somebody else would. */
function compete(world: World, name: string): { readonly stop: () => Promise<number> } {
  let over = false;
  const work = (async () => {
    for (let round = 1; ; round += 1) {
      await world.patch(name, { metadata: { annotations: { 'example.com/round': String(round) } } });
      if (over) return round;
    }
  })();
  // Who stops it is told; a test that fails before that has its own reason to give.
  work.catch(() => {});
  return {
    stop: () => {
      over = true;
      return work;
    },
  };
}

describeReal('a real API server that fails', () => {
  test('by conflicts with a writer that never rests: one create, no lost id, no event (D1)', async () => {
    const { world, server } = await open();
    await world.admin.create(world.policy('web', SPEC));
    const writer = compete(world, 'web');
    await world.startOperator();
    const conflicts = async () => (await answered(server, [409])).length;
    // How many depends on how busy the machine is: an object has few writes of ours to collide with.
    await eventually(async () => expect(await conflicts()).toBeGreaterThanOrEqual(2), { within: WITHIN_MS });
    expect(await writer.stop()).toBeGreaterThan(5);
    const ready = await world.whenReady('web', WITHIN_MS);
    expect(ready.status.securityPolicyId).toBe(world.alb.model.live()[0]?.id);
    expectOnePolicy(world, SPEC.ciphers);
    await expectNoWarning(world, 'web');
  });

  test('by a change of the object during each cloud write: none of them is sent twice (D1)', async () => {
    const { world } = await open();
    await world.startOperator();
    const bump = async (action: string, act: () => Promise<unknown>) => {
      const rule = world.alb.faults.add({ action, fault: { kind: 'hold', at: 'after' } });
      await act();
      await world.alb.faults.whenHeld(rule);
      await world.patch('web', { metadata: { annotations: { 'example.com/during': action } } });
      world.alb.faults.release(rule, 'proceed');
    };
    await bump('CreateSecurityPolicy', () => world.admin.create(world.policy('web', SPEC)));
    const first = await world.whenReady('web', WITHIN_MS);
    await bump('UpdateSecurityPolicyAttribute', () => world.apply('web', EDITED));
    const second = await world.whenReady('web', WITHIN_MS);
    expect(second.status.securityPolicyId).toBe(first.status.securityPolicyId);
    expect(cloudWrites(world)).toEqual(['CreateSecurityPolicy', 'UpdateSecurityPolicyAttribute']);
    expectOnePolicy(world, EDITED.ciphers);
    await expectNoWarning(world, 'web');
  });

  test('by answering 504 while its storage hangs: nothing is changed in the cloud until a write went through (D7)', async () => {
    const { world, server } = await open('--request-timeout=4s');
    await world.startOperator({ flags: PATIENT_LEASE });
    await apply(world, SPEC);
    const { status } = await world.whenReady('web', WITHIN_MS);
    server.pauseStorage();
    const since = drift(world, status.securityPolicyId);
    const failed = async () => (await answered(server, [500, 503, 504])).length;
    await eventually(async () => expect(await failed()).toBeGreaterThanOrEqual(3), { within: WITHIN_MS });
    expect(reads(world, since)).toBeGreaterThan(0);
    expect(cloudWrites(world, since)).toEqual([]);
    server.resumeStorage();
    await eventually(() => expect(world.alb.model.live()).toMatchObject([{ ciphers: SPEC.ciphers }]), {
      within: WITHIN_MS,
    });
    await world.whenReady('web', WITHIN_MS);
    expect(cloudWrites(world, since)).toEqual(['UpdateSecurityPolicyAttribute']);
    expectOnePolicy(world, SPEC.ciphers);
  });

  test('by a storage that hangs before the first write of a new object: nothing is created until it goes on (D7)', async () => {
    const { world, server } = await open('--request-timeout=4s');
    const operator = await world.startOperator({ flags: PATIENT_LEASE });
    await whenLeading(operator);
    await operator.kill('SIGSTOP');
    await apply(world, SPEC);
    await whenWatched(world, 'web');
    server.pauseStorage();
    await operator.kill('SIGCONT');
    const failed = async () => (await answered(server, [500, 503, 504])).length;
    await eventually(async () => expect(await failed()).toBeGreaterThanOrEqual(2), { within: WITHIN_MS });
    expect(cloudWrites(world)).toEqual([]);
    server.resumeStorage();
    await world.whenReady('web', WITHIN_MS);
    expect(cloudWrites(world)).toEqual(['CreateSecurityPolicy']);
    expectOnePolicy(world, SPEC.ciphers);
  });

  test('by being gone: drift waits until it is back, and is put right by one write (D2)', async () => {
    const { world, server } = await open();
    const operator = await world.startOperator({ flags: PATIENT_LEASE });
    await world.apply('web', SPEC);
    const { status } = await world.whenReady('web', WITHIN_MS);
    await server.killApi();
    const since = drift(world, status.securityPolicyId);
    await eventually(() => expect(reads(world, since)).toBeGreaterThanOrEqual(3), { within: WITHIN_MS });
    expect(cloudWrites(world, since)).toEqual([]);
    await server.startApi();
    await eventually(() => expect(world.alb.model.live()).toMatchObject([{ ciphers: SPEC.ciphers }]), {
      within: WITHIN_MS,
    });
    await world.whenReady('web', WITHIN_MS);
    expect(cloudWrites(world, since)).toEqual(['UpdateSecurityPolicyAttribute']);
    expectOnePolicy(world, SPEC.ciphers);
    expect(operator.exit).toBeUndefined();
  });

  test('by answering 429 to every write: they are asked for again, and the cloud is left alone until then (D2)', async () => {
    const { world, server } = await open(
      '--enable-priority-and-fairness=false',
      '--max-mutating-requests-inflight=1',
    );
    await world.startOperator({ flags: PATIENT_LEASE });
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    const occupation = await occupy(world);
    const since = world.alb.ledger.last;
    const before = (await answered(server, [429])).length;
    await world.apply('web', EDITED);
    await eventually(
      async () => expect((await answered(server, [429])).length).toBeGreaterThanOrEqual(before + 3),
      { within: WITHIN_MS },
    );
    expect(cloudWrites(world, since)).toEqual([]);
    occupation.end();
    await world.whenReady('web', WITHIN_MS);
    expect(cloudWrites(world, since)).toEqual(['UpdateSecurityPolicyAttribute']);
    expectOnePolicy(world, EDITED.ciphers);
  });

  // It does not end a watch by --min-request-timeout: ours name a time of their own. A changed definition does.
  test('by ending the watch when the definition changes: the next edit is seen, and nothing is written for it (B1)', async () => {
    const { world, server } = await open();
    const operator = await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    const watches = async () => {
      const entries = await server.auditEntries({ user: OPERATOR_USER });
      return entries.filter(({ verb, resource }) => verb === 'watch' && resource === 'securitypolicies')
        .length;
    };
    const before = await watches();
    const since = world.alb.ledger.last;
    const name = 'securitypolicies.alb.alicloud.dev';
    const crd = await world.admin.get({ kind: 'CustomResourceDefinition', name });
    const [version] = crd.spec.versions;
    version.schema.openAPIV3Schema.description += ' Changed.';
    await world.admin.patch({ kind: 'CustomResourceDefinition', name }, { spec: { versions: [version] } });
    // The end of the old one and the start of the next one are both in the log.
    await eventually(async () => expect(await watches()).toBeGreaterThanOrEqual(before + 2), {
      within: WITHIN_MS,
    });
    await eventually(() => expect(reads(world, since)).toBeGreaterThanOrEqual(2), { within: WITHIN_MS });
    expect(cloudWrites(world, since)).toEqual([]);
    await apply(world, EDITED);
    await world.whenReady('web', WITHIN_MS);
    expectOnePolicy(world, EDITED.ciphers);
    expect(operator.exit).toBeUndefined();
  });
});

/** Takes the one place for a writing request with an upload that does not end. Admins are let in beside it. */
async function occupy(world: World): Promise<{ readonly end: () => void }> {
  const { server, authority, token } = await readKubeconfig(world.cluster.adminKubeconfig);
  const upload = request(`${server}/api/v1/namespaces/${world.namespace}/configmaps`, {
    method: 'POST',
    agent: false,
    ...(authority === undefined ? {} : { ca: authority }),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': 1_000,
    },
  });
  upload.on('error', () => {});
  onTestFinished(() => void upload.destroy());
  upload.write('{');
  const [socket] = await once(upload, 'socket');
  await once(socket, 'secureConnect');
  return { end: () => void upload.destroy() };
}
