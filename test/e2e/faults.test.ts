/** What the cloud, the API server and other people do to a policy, and how it gets over it. */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { Fault, RetryForm } from '../../src/dev/alb/faults.ts';
import type { Manifest } from '../environment/admin.ts';
import { eventually, steadily } from '../environment/eventually.ts';
import { describeTiers } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const EDITED: SecurityPolicySpec = { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] };
const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
const OTHER_ACCOUNT = '2000000000000002';
const WITHIN_MS = 30_000;

/** Applies as kubectl does: a write of the operator in between is no reason to fail. */
function apply(world: World, name: string, spec: SecurityPolicySpec): Promise<Manifest> {
  return eventually(() => world.apply(name, spec), { within: WITHIN_MS, what: `The edit of '${name}'` });
}

function live(world: World) {
  return world.alb.model.live();
}

function made(world: World): number {
  return world.alb.ledger.commits('CreateSecurityPolicy').length;
}

/** Cloud requests after entry `since` that are no reads. */
function writesSince(world: World, since: number): readonly string[] {
  const actions = world.alb.ledger.entries(since).map(({ action }) => action);
  return actions.filter((action) => !/^(List|Get)/.test(action));
}

/** Waits until the operators have read the whole region `times` more. */
async function readsOn(world: World, times: number): Promise<void> {
  const since = world.alb.ledger.last;
  const reads = () =>
    world.alb.ledger.entries(since).filter(({ action }) => action === 'ListSecurityPolicies').length;
  await eventually(() => expect(reads()).toBeGreaterThanOrEqual(times), { within: WITHIN_MS });
}

describeTiers('a cloud that fails', (tier) => {
  test.each<RetryForm>(['acs', 'seconds', 'timeleft'])(
    'by throttling, told as %s, is waited for as long as it asks (C1)',
    async (form) => {
      const world = await tier.open();
      const fault: Fault = { kind: 'throttle', form, retryAfter: 3_000 };
      world.alb.faults.add({ action: 'CreateSecurityPolicy', fault });
      await world.startOperator();
      await apply(world, 'web', SPEC);
      await world.whenCondition('web', { type: 'Ready', status: 'False', reason: 'Throttled' });
      await world.whenReady('web', WITHIN_MS);
      const sends = world.alb.ledger.entries().filter(({ action }) => action === 'CreateSecurityPolicy');
      expect(sends).toHaveLength(2);
      expect((sends[1]?.at ?? 0) - (sends[0]?.at ?? 0)).toBeGreaterThanOrEqual(2_950);
      expect(made(world)).toBe(1);
    },
  );

  test.each<[string, Fault]>([
    ['500', { kind: 'refuse', status: 500, code: 'InternalError' }],
    ['503', { kind: 'refuse', status: 503, code: 'ServiceUnavailable' }],
    ["a proxy's page before the commit", { kind: 'html', at: 'before', status: 502 }],
    ["a proxy's page after the commit", { kind: 'html', at: 'after', status: 502 }],
    ['half an answer', { kind: 'truncated', form: 'json' }],
  ])('by answering a create with %s ends with one policy (C2, C3)', async (_, fault) => {
    const world = await tier.open();
    world.alb.faults.add({ action: 'CreateSecurityPolicy', fault });
    await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    expect(made(world)).toBe(1);
    expect(live(world)).toHaveLength(1);
  });

  test('by answering updates and deletes with 500 and pages gets both in the end (C2)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    const action = 'UpdateSecurityPolicyAttribute';
    world.alb.faults.add({ action, fault: { kind: 'refuse', status: 500, code: 'InternalError' } });
    await apply(world, 'web', EDITED);
    await world.whenReady('web', WITHIN_MS);
    expect(live(world)).toMatchObject([{ ciphers: EDITED.ciphers }]);
    world.alb.faults.add({
      action: 'DeleteSecurityPolicy',
      fault: { kind: 'html', at: 'after', status: 502 },
    });
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    expect(live(world)).toHaveLength(0);
  });

  test('by failing every read says so, writes nothing and heals (C2)', async () => {
    const world = await tier.open();
    const rule = world.alb.faults.add({
      action: 'ListSecurityPolicies',
      times: 1_000,
      fault: { kind: 'html', at: 'before', status: 502 },
    });
    await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenCondition(
      'web',
      { type: 'Ready', status: 'False', reason: 'CloudUnavailable' },
      WITHIN_MS,
    );
    expect(writesSince(world, 0)).toEqual([]);
    world.alb.faults.remove(rule);
    await world.whenReady('web', WITHIN_MS);
    expect(made(world)).toBe(1);
  });

  test('by Configuring for long gets the last of two edits, and the delete after it (C8)', async () => {
    const world = await tier.open({ alb: { updateConfiguring: 3_000 } });
    await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    await apply(world, 'web', EDITED);
    const updates = () => world.alb.ledger.commits('UpdateSecurityPolicyAttribute').length;
    await eventually(() => expect(updates()).toBe(1), { within: WITHIN_MS });
    await apply(world, 'web', { ...SPEC, ciphers: ['AES128-SHA'] });
    await world.whenReady('web', WITHIN_MS);
    expect(live(world)).toMatchObject([{ ciphers: ['AES128-SHA'] }]);
    await apply(world, 'web', EDITED);
    await eventually(() => expect(updates()).toBe(3), { within: WITHIN_MS });
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    expect(live(world)).toHaveLength(0);
  });

  test('by a list that does not show Configuring yet has its IncorrectStatus retried (C8)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    const fault: Fault = { kind: 'refuse', status: 400, code: 'IncorrectStatus.SecurityPolicy' };
    world.alb.faults.add({ action: 'UpdateSecurityPolicyAttribute', times: 2, fault });
    await apply(world, 'web', EDITED);
    await world.whenReady('web', WITHIN_MS);
    world.alb.faults.add({ action: 'DeleteSecurityPolicy', times: 2, fault });
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    expect(live(world)).toHaveLength(0);
  });
});

describeTiers('other credentials', (tier) => {
  test('of another account stop everything: AccountChanged, and nothing is written (C5)', async () => {
    const world = await tier.open();
    const first = await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    await first.kill('SIGTERM');
    await first.whenExited();
    const key = { id: 'LTAIother', secret: 'secretOfTheOtherAccount', account: OTHER_ACCOUNT };
    world.alb.model.keys.add(key);
    const since = world.alb.ledger.last;
    const second = await world.startOperator({
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: key.id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: key.secret,
      },
    });
    const changed = { status: 'False', reason: 'AccountChanged' } as const;
    await world.whenCondition('web', { type: 'CredentialsReady', ...changed }, WITHIN_MS);
    await world.whenCondition('web', { type: 'Ready', ...changed });
    await apply(world, 'web', EDITED);
    await world.whenCondition('web', { type: 'Ready', ...changed }, WITHIN_MS);
    await readsOn(world, 2);
    expect(writesSince(world, since)).toEqual([]);
    expect(live(world)).toMatchObject([{ account: PLACE.account, ciphers: SPEC.ciphers }]);
    await second.kill('SIGTERM');
    await second.whenExited();
    await world.startOperator();
    await world.whenReady('web', WITHIN_MS);
    expect(live(world)).toMatchObject([{ ciphers: EDITED.ciphers }]);
    expect(made(world)).toBe(1);
  });

  test('of another account do not let a deleted object go (C5)', async () => {
    const world = await tier.open();
    const first = await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    await first.kill('SIGTERM');
    await first.whenExited();
    const key = { id: 'LTAIother', secret: 'secretOfTheOtherAccount', account: OTHER_ACCOUNT };
    world.alb.model.keys.add(key);
    const second = await world.startOperator({
      env: { ALIBABA_CLOUD_ACCESS_KEY_ID: key.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: key.secret },
    });
    await world.delete('web');
    await world.whenCondition('web', { type: 'Ready', status: 'False', reason: 'AccountChanged' }, WITHIN_MS);
    await readsOn(world, 2);
    expect(await world.find('web')).toBeDefined();
    expect(live(world)).toHaveLength(1);
    await second.kill('SIGTERM');
    await second.whenExited();
    await world.startOperator();
    await world.whenGone('web', WITHIN_MS);
    expect(live(world)).toHaveLength(0);
  });

  test('without the right to create are told as AccessDenied and heal when it is given (C5)', async () => {
    const world = await tier.open();
    const key = { id: world.canaries.accessKeyId, secret: world.canaries.accessKeySecret };
    world.alb.model.keys.add({ ...key, account: PLACE.account, denied: ['CreateSecurityPolicy'] });
    await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenCondition('web', { type: 'Ready', status: 'False', reason: 'AccessDenied' });
    expect(live(world)).toHaveLength(0);
    world.alb.model.keys.add({ ...key, account: PLACE.account });
    await world.whenReady('web', WITHIN_MS);
    expect(made(world)).toBe(1);
  });

  test('switched off in mid-life are told and heal when they work again (C5)', async () => {
    const world = await tier.open();
    const key = { id: world.canaries.accessKeyId, secret: world.canaries.accessKeySecret };
    await world.startOperator();
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    world.alb.model.keys.add({ ...key, account: PLACE.account, active: false });
    await apply(world, 'web', EDITED);
    const told = { type: 'CredentialsReady', status: 'False', reason: 'CredentialsInvalid' } as const;
    await world.whenCondition('web', told, WITHIN_MS);
    world.alb.model.keys.add({ ...key, account: PLACE.account });
    await world.whenReady('web', WITHIN_MS);
    expect(live(world)).toMatchObject([{ ciphers: EDITED.ciphers }]);
    expect(made(world)).toBe(1);
  });
});

describeTiers('a policy among others', (tier) => {
  test('of the same name in the cloud lives beside the other one (A12)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await apply(world, 'blue', { ...SPEC, securityPolicyName: 'shared' });
    await apply(world, 'green', { ...EDITED, securityPolicyName: 'shared' });
    const blue = await world.whenReady('blue');
    const green = await world.whenReady('green');
    expect(blue.status.securityPolicyId).not.toBe(green.status.securityPolicyId);
    expect(live(world).map(({ name }) => name)).toEqual(['shared', 'shared']);
    await world.delete('blue');
    await world.whenGone('blue');
    expect(live(world)).toMatchObject([{ id: green.status.securityPolicyId, ciphers: EDITED.ciphers }]);
  });

  test('that lost its owner tag is OwnershipLost, and neither changed nor deleted (C11)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await apply(world, 'web', SPEC);
    const { status } = await world.whenReady('web');
    world.alb.console.untag(PLACE, status.securityPolicyId, [OWNER_TAGS.uid]);
    const since = world.alb.ledger.last;
    await world.whenCondition('web', { type: 'Ready', status: 'False', reason: 'OwnershipLost' }, WITHIN_MS);
    await apply(world, 'web', EDITED);
    await world.whenCondition('web', { type: 'Ready', status: 'False', reason: 'OwnershipLost' }, WITHIN_MS);
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    expect(writesSince(world, since)).toEqual([]);
    expect(live(world)).toMatchObject([{ id: status.securityPolicyId, ciphers: SPEC.ciphers }]);
  });

  test('keeps the tags of others through edits, drift and restarts (I16)', async () => {
    const world = await tier.open();
    const first = await world.startOperator();
    await apply(world, 'web', { ...SPEC, tags: { team: 'web', stage: 'test' } });
    const { status } = await world.whenReady('web');
    world.alb.console.tag(PLACE, status.securityPolicyId, { theirs: 'kept' });
    await readsOn(world, 2);
    await apply(world, 'web', { ...SPEC, tags: { team: 'shop' } });
    await world.whenReady('web');
    await first.kill('SIGTERM');
    await first.whenExited();
    await world.startOperator();
    await apply(world, 'web', { ...EDITED, tags: {} });
    await world.whenReady('web', WITHIN_MS);
    const tags = live(world)[0]?.tags ?? {};
    const others = Object.entries(tags).filter(([key]) => !key.startsWith('alb.alicloud.dev/'));
    expect(Object.fromEntries(others)).toEqual({ theirs: 'kept' });
  });

  test('whose tag was changed by someone gets it back (C10)', async () => {
    const world = await tier.open();
    await world.startOperator();
    await apply(world, 'web', { ...SPEC, tags: { team: 'web' } });
    const { status } = await world.whenReady('web');
    world.alb.console.tag(PLACE, status.securityPolicyId, { team: 'stolen' });
    await eventually(() => expect(live(world)[0]?.tags.team).toBe('web'), { within: WITHIN_MS });
  });

  test.each<[string, Partial<SecurityPolicySpec>, object]>([
    ['name', { securityPolicyName: 'web-renamed' }, { name: 'web-renamed' }],
    ['versions', { tlsVersions: ['TLSv1.1', 'TLSv1.2'] }, { tlsVersions: ['TLSv1.1', 'TLSv1.2'] }],
    ['added tag', { tags: { team: 'web', stage: 'test' } }, { tags: { team: 'web', stage: 'test' } }],
    ['changed tag', { tags: { team: 'shop' } }, { tags: { team: 'shop' } }],
    ['resource group', { resourceGroupId: 'rg-new' }, { resourceGroupId: 'rg-new' }],
  ])('gets an edited %s by one cloud write', async (_, edit, shown) => {
    const world = await tier.open();
    await world.startOperator();
    await apply(world, 'web', { ...SPEC, tags: { team: 'web' } });
    const before = await world.whenReady('web');
    const since = world.alb.ledger.last;
    await apply(world, 'web', { ...SPEC, tags: { team: 'web' }, ...edit });
    const after = await world.whenReady('web');
    expect(after.status.securityPolicyId).toBe(before.status.securityPolicyId);
    expect(live(world)).toMatchObject([shown]);
    expect(writesSince(world, since)).toHaveLength(1);
  });

  test('whose resource group is not named any more stays where it is', async () => {
    const world = await tier.open();
    await world.startOperator();
    await apply(world, 'web', { ...SPEC, resourceGroupId: 'rg-old' });
    await world.whenReady('web');
    await apply(world, 'web', SPEC);
    await world.whenReady('web');
    expect(live(world)).toMatchObject([{ resourceGroupId: 'rg-old' }]);
  });
});

describeTiers(
  'an API server that fails',
  (tier) => {
    test('by a restart in mid-life costs no policy and no edit (D2)', async () => {
      const world = await tier.open();
      const operator = await world.startOperator({
        flags: { 'lease-duration': '60s', 'renew-deadline': '50s', 'retry-period': '1s' },
      });
      await apply(world, 'web', SPEC);
      const before = await world.whenReady('web');
      const since = world.alb.ledger.last;
      if (world.cluster.server === undefined) world.cluster.standIn?.faults.restart();
      else await world.cluster.server.restart();
      await readsOn(world, 3);
      expect(writesSince(world, since)).toEqual([]);
      const edited = await apply(world, 'web', EDITED);
      expect(edited.metadata.generation).toBe(2);
      const after = await world.whenReady('web', WITHIN_MS);
      expect(after.status.securityPolicyId).toBe(before.status.securityPolicyId);
      expect(live(world)).toMatchObject([{ ciphers: EDITED.ciphers }]);
      await apply(world, 'second', SPEC);
      await world.whenReady('second', WITHIN_MS);
      await world.delete('web');
      await world.whenGone('web', WITHIN_MS);
      expect(made(world)).toBe(2);
      expect(operator.exit).toBeUndefined();
    });

    test('by a restart while a create is under way costs no second policy (D2, D3)', async () => {
      const world = await tier.open();
      const rule = world.alb.faults.add({
        action: 'CreateSecurityPolicy',
        fault: { kind: 'hold', at: 'after' },
      });
      await world.startOperator({
        flags: { 'lease-duration': '60s', 'renew-deadline': '50s', 'retry-period': '1s' },
      });
      await apply(world, 'web', SPEC);
      await world.alb.faults.whenHeld(rule);
      if (world.cluster.server === undefined) world.cluster.standIn?.faults.restart();
      else await world.cluster.server.killApi();
      world.alb.faults.release(rule, 'proceed');
      await world.cluster.server?.startApi();
      await eventually(() => world.get('web'), { within: WITHIN_MS });
      await world.whenReady('web', WITHIN_MS);
      expect(made(world)).toBe(1);
      expect(live(world)).toHaveLength(1);
    });

    if (tier.name !== 'stand-in') return;

    test('by conflicts on status loses no id and tells no event of it (D1, B3)', async () => {
      const world = await tier.open();
      const status = { verb: 'update', resource: 'securitypolicies', subresource: 'status' } as const;
      const rule = world.alb.faults.add({
        action: 'CreateSecurityPolicy',
        fault: { kind: 'hold', at: 'after' },
      });
      await world.startOperator();
      await apply(world, 'web', SPEC);
      await world.alb.faults.whenHeld(rule);
      const conflicts = world.cluster.standIn?.faults.inject(
        { ...status, times: 4 },
        { kind: 'status', code: 409 },
      );
      world.alb.faults.release(rule, 'proceed');
      const ready = await world.whenReady('web', WITHIN_MS);
      expect(conflicts?.hits).toBe(4);
      expect(ready.status.securityPolicyId).toBe(live(world)[0]?.id);
      expect(made(world)).toBe(1);
      const reasons = (await world.events('web')).map(({ type }) => type);
      expect(reasons.filter((type) => type === 'Warning')).toEqual([]);
    });

    test.each([429, 500, 503])('by answering %i to everything for a while (D2)', async (code) => {
      const world = await tier.open();
      await world.startOperator();
      await apply(world, 'web', SPEC);
      await world.whenReady('web');
      world.cluster.standIn?.faults.inject(
        { resource: 'securitypolicies', subresource: 'status', verb: 'update', times: 3 },
        { kind: 'status', code, ...(code === 500 ? {} : { retryAfter: 1 }) },
      );
      await apply(world, 'web', EDITED);
      await world.whenReady('web', WITHIN_MS);
      expect(live(world)).toMatchObject([{ ciphers: EDITED.ciphers }]);
      expect(world.alb.ledger.commits('UpdateSecurityPolicyAttribute')).toHaveLength(1);
      expect(made(world)).toBe(1);
    });

    test('by losing the answer to each status write ends with one policy (D3)', async () => {
      const world = await tier.open();
      const status = { verb: 'update', resource: 'securitypolicies', subresource: 'status' } as const;
      world.cluster.standIn?.faults.inject({ ...status, times: 4 }, { kind: 'dropAnswer' });
      await world.startOperator();
      await apply(world, 'web', SPEC);
      await world.whenReady('web', WITHIN_MS);
      expect(made(world)).toBe(1);
      expect(live(world)).toHaveLength(1);
    });

    test('by refusing the finalizer lets nothing be created (D8)', async () => {
      const world = await tier.open();
      const finalizer = { verb: 'patch', resource: 'securitypolicies', subresource: '' } as const;
      const refusal = world.cluster.standIn?.faults.inject(
        { ...finalizer, times: Number.POSITIVE_INFINITY },
        { kind: 'status', code: 403 },
      );
      await world.startOperator();
      await apply(world, 'web', SPEC);
      await eventually(() => expect(refusal?.hits).toBeGreaterThan(1), { within: WITHIN_MS });
      await steadily(() => expect(writesSince(world, 0)).toEqual([]), { during: 500 });
      refusal?.remove();
      await world.whenReady('web', WITHIN_MS);
      expect(made(world)).toBe(1);
    });

    test('by refusing events does not keep a policy from its life (D10)', async () => {
      const world = await tier.open();
      const times = Number.POSITIVE_INFINITY;
      for (const verb of ['create', 'patch'] as const)
        world.cluster.standIn?.faults.inject(
          { resource: 'events', verb, times },
          { kind: 'status', code: 503 },
        );
      await world.startOperator();
      await apply(world, 'web', SPEC);
      await world.whenReady('web', WITHIN_MS);
      await world.delete('web');
      await world.whenGone('web', WITHIN_MS);
      expect(live(world)).toHaveLength(0);
    });
  },
  { server: 'own' },
);
