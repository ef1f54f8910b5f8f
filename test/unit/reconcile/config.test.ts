import { describe, expect, test } from 'vitest';
import type { ProviderConfigStatus } from '../../../src/api/providerconfig.ts';
import type { AnyConfig } from '../../../src/domain/providerconfig.ts';
import type { CloudErrorKind } from '../../../src/ports/cloud.ts';
import type { ConfigWrite } from '../../../src/ports/configs.ts';
import { reconcileConfig } from '../../../src/reconcile/config.ts';
import { tenant, withStatus } from '../identities/configs.ts';
import { createRecordingLog } from '../kube/recordinglog.ts';
import { VirtualClock } from '../virtualclock.ts';

const KEY = 'ProviderConfig/team-a/own';
const ACCOUNT = '1000000000000001';

/** One config, a cloud that answers what the test says, and a store that takes what is written. */
function stage(write: ConfigWrite = 'ok') {
  const clock = new VirtualClock();
  const turns: AnyConfig[] = [];
  const writes: ProviderConfigStatus[] = [];
  const world = {
    answer: ACCOUNT as string | { readonly kind: CloudErrorKind; readonly code: string },
    config: { kind: 'ProviderConfig', object: tenant('team-a', 'own') } as AnyConfig | undefined,
    turns,
    writes,
    clock,
    look: () =>
      reconcileConfig(
        {
          configs: {
            read: () => world.config,
            async writeStatus(config, status) {
              writes.push(status);
              if (write === 'ok' && config.kind === 'ProviderConfig')
                world.config = withStatus(config.object, status);
              return write;
            },
          },
          cloudOf: () => ({
            async account() {
              const { answer } = world;
              if (typeof answer !== 'string')
                return { kind: 'error', error: { ...answer, message: 'no' } } as const;
              const arn = `acs:ram::${answer}:user/albsp`;
              const region = () => {
                throw new Error('A look at a config reads no region');
              };
              return { kind: 'ok', value: { accountId: answer, arn, region } } as const;
            },
          }),
          onTurn: (config) => turns.push(config),
          clock,
          log: createRecordingLog(),
        },
        KEY,
      ),
  };
  return world;
}

describe('reconcileConfig()', () => {
  test('says what works, tells the dependents, and looks again after five minutes', async () => {
    const world = stage();
    expect(await world.look()).toEqual({ kind: 'again', delay: 300_000 });
    expect(world.writes).toMatchObject([
      { accountId: ACCOUNT, conditions: [{ type: 'Ready', status: 'True' }] },
    ]);
    expect(world.turns).toHaveLength(1);
  });

  test('the same answer again is not written and tells nobody (O6)', async () => {
    const world = stage();
    await world.look();
    await world.clock.advance(300_000);
    expect(await world.look()).toEqual({ kind: 'again', delay: 300_000 });
    expect([world.writes.length, world.turns.length]).toEqual([1, 1]);
  });

  test.each<[string, { readonly kind: CloudErrorKind; readonly code: string } | string]>([
    ['is refused', { kind: 'credentials', code: 'CredentialsInvalid' }],
    ['cannot be asked', { kind: 'indeterminate', code: 'Timeout' }],
    ['is of another account', '2000000000000002'],
  ])('dependents are told when a config that worked %s, and when it works again (E9)', async (_, answer) => {
    const world = stage();
    await world.look();
    world.answer = answer;
    await world.look();
    expect(world.turns).toHaveLength(2);
    await world.look();
    expect(world.turns).toHaveLength(2);
    world.answer = ACCOUNT;
    await world.look();
    expect(world.turns).toHaveLength(3);
  });

  test('a failure is retried with back-off', async () => {
    const world = stage();
    world.answer = { kind: 'credentials', code: 'SecretNotFound' };
    expect(await world.look()).toEqual({ kind: 'retry' });
    expect(await world.look()).toEqual({ kind: 'retry' });
    expect(world.writes).toHaveLength(1);
  });

  test('another reason of one failure is written, and the dependents are not told', async () => {
    const world = stage();
    world.answer = { kind: 'credentials', code: 'SecretNotFound' };
    await world.look();
    world.answer = { kind: 'credentials', code: 'SecretValueEmpty' };
    await world.look();
    expect([world.writes.length, world.turns.length]).toEqual([2, 1]);
  });

  test.each([
    ['retry', { kind: 'retry' }],
    ['gone', { kind: 'settled' }],
  ] as const)('a write that is answered %s tells nobody, and ends with %j', async (write, action) => {
    const world = stage(write);
    expect(await world.look()).toEqual(action);
    expect(world.turns).toEqual([]);
  });

  test('a config that is gone is settled', async () => {
    const world = stage();
    world.config = undefined;
    expect(await world.look()).toEqual({ kind: 'settled' });
    expect(world.writes).toEqual([]);
  });
});
