/** Keys that end, and clocks that differ: what a signature depends on beside its secret. */
import { expect, test } from 'vitest';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { AccessKey } from '../../src/dev/alb/keyring.ts';
import type { Manifest } from '../environment/admin.ts';
import { eventually } from '../environment/eventually.ts';
import { describeTiers } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
const EDITED: SecurityPolicySpec = { ...SPEC, ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] };
const ACCOUNT = '1000000000000001';
const WITHIN_MS = 30_000;
const MINUTE = 60_000;
const TOLD = { type: 'CredentialsReady', status: 'False', reason: 'CredentialsInvalid' } as const;

function commits(world: World): readonly string[] {
  return ['CreateSecurityPolicy', 'UpdateSecurityPolicyAttribute', 'DeleteSecurityPolicy'].flatMap((action) =>
    world.alb.ledger.commits(action).map(() => action),
  );
}

function messageOf(object: Manifest, type: string): string {
  const conditions: readonly { type: string; message: string }[] = object.status.conditions;
  return conditions.find((one) => one.type === type)?.message ?? '';
}

describeTiers('session keys', (tier) => {
  test('that end in mid-life are told with what to do, write nothing, and go on when renewed (C5)', async () => {
    const world = await tier.open();
    const token = `canary-token-${world.namespace}`;
    const key: AccessKey = {
      id: world.canaries.accessKeyId,
      secret: world.canaries.accessKeySecret,
      account: ACCOUNT,
      securityToken: token,
      role: 'albsp',
    };
    world.alb.model.keys.add({ ...key, expiresAt: Date.now() + 60 * MINUTE });
    const operator = await world.startOperator({ env: { ALIBABA_CLOUD_SECURITY_TOKEN: token } });
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    world.alb.model.keys.add({ ...key, expiresAt: Date.now() - MINUTE });
    await world.apply('web', EDITED);
    const told = await world.whenCondition('web', TOLD, WITHIN_MS);
    expect(messageOf(told, 'CredentialsReady')).toMatch(
      /InvalidSecurityToken\.Expired.*\(the session token has ended .*; give new session keys\)$/,
    );
    expect(commits(world)).toEqual(['CreateSecurityPolicy']);
    world.alb.model.keys.add({ ...key, expiresAt: Date.now() + 60 * MINUTE });
    const ready = await world.whenReady('web', WITHIN_MS);
    expect(commits(world)).toEqual(['CreateSecurityPolicy', 'UpdateSecurityPolicyAttribute']);
    expect(operator.output + JSON.stringify([told, ready, await world.events('web')])).not.toContain(token);
  });

  test('that have ended before the first call create nothing, and say so (C5)', async () => {
    const world = await tier.open();
    const token = `canary-token-${world.namespace}`;
    const { accessKeyId: id, accessKeySecret: secret } = world.canaries;
    const key: AccessKey = { id, secret, account: ACCOUNT, securityToken: token };
    world.alb.model.keys.add({ ...key, expiresAt: Date.now() - MINUTE });
    await world.startOperator({ env: { ALIBABA_CLOUD_SECURITY_TOKEN: token } });
    await world.apply('web', SPEC);
    const told = await world.whenCondition('web', TOLD, WITHIN_MS);
    expect(messageOf(told, 'Ready')).toContain('InvalidSecurityToken.Expired');
    expect(world.alb.model.live()).toEqual([]);
  });
});

describeTiers('a cloud whose clock differs', (tier) => {
  test.each([20, -20, 3 * 60])('by %i minutes is signed for by its own clock (C17)', async (minutes) => {
    const world = await tier.open({ cloudTime: () => Date.now() + minutes * MINUTE });
    const operator = await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    const learned = operator.lines.filter(({ msg }) => msg === 'Signing by the clock of the cloud');
    expect(learned).toHaveLength(1);
    expect(Math.abs(Number(learned[0]?.offsetMs) - minutes * MINUTE)).toBeLessThan(5_000);
    await world.delete('web');
    await world.whenGone('web', WITHIN_MS);
    expect(commits(world)).toEqual(['CreateSecurityPolicy', 'DeleteSecurityPolicy']);
  });

  test('from one moment to the next, as after a step of ours, costs no write and no second policy (C17)', async () => {
    let ahead = 0;
    const world = await tier.open({ cloudTime: () => Date.now() + ahead });
    await world.startOperator();
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    ahead = 60 * MINUTE;
    await world.apply('web', EDITED);
    await world.whenReady('web', WITHIN_MS);
    ahead = -60 * MINUTE;
    await world.apply('web', SPEC);
    await world.whenReady('web', WITHIN_MS);
    expect(commits(world)).toEqual([
      'CreateSecurityPolicy',
      'UpdateSecurityPolicyAttribute',
      'UpdateSecurityPolicyAttribute',
    ]);
  });

  test('and whose answers do not say by how much is told as a matter of clocks, and heals (C17)', async () => {
    const world = await tier.open();
    const rule = world.alb.faults.add({
      times: 10_000,
      fault: {
        kind: 'refuse',
        status: 400,
        code: 'InvalidTimeStamp.Expired',
        message: 'Specified time stamp or date value is expired.',
      },
    });
    await world.startOperator();
    await world.apply('web', SPEC);
    const told = await world.whenCondition('web', TOLD, WITHIN_MS);
    expect(messageOf(told, 'CredentialsReady')).toMatch(
      /InvalidTimeStamp\.Expired.*\(this machine's clock differs from the cloud's .* set it right\)$/,
    );
    expect(commits(world)).toEqual([]);
    world.alb.faults.remove(rule);
    await eventually(() => world.get('web'), { within: WITHIN_MS });
    await world.whenReady('web', WITHIN_MS);
    expect(commits(world)).toEqual(['CreateSecurityPolicy']);
  });
});
