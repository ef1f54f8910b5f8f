/** A config, its Secret and the cloud, wired as the operator wires them, in virtual time. */
import { describe, expect, test } from 'vitest';
import { createCloud } from '../../../src/adapters/alb/cloud.ts';
import { secretCredentials } from '../../../src/adapters/alb/credentials/secret.ts';
import { createEndpoints } from '../../../src/adapters/alb/endpoints.ts';
import { readSecret } from '../../../src/adapters/kube/secretreader.ts';
import type { ProviderConfigStatus } from '../../../src/api/providerconfig.ts';
import { conditionOf } from '../../../src/domain/condition.ts';
import type { AnyConfig } from '../../../src/domain/providerconfig.ts';
import { reconcileConfig } from '../../../src/reconcile/config.ts';
import { answer, refusal } from '../alb/desk.ts';
import { tenant, withStatus } from '../identities/configs.ts';
import { createRecordingLog } from '../kube/recordinglog.ts';
import { VirtualClock } from '../virtualclock.ts';

const MINUTE = 60_000;

/** `keys` names the account that the keys of the Secret are of; `none`: the Secret is not there. */
function stage() {
  const clock = new VirtualClock();
  const log = createRecordingLog();
  /** What Kubernetes was asked. */
  const asked: string[] = [];
  const world = { keys: '1' as string, refused: '' };
  const transport = {
    async call({ verb, path }: { readonly verb: string; readonly path: string }) {
      asked.push(`${verb} ${path}`);
      if (world.keys === 'none')
        return { kind: 'status', code: 404, reason: 'NotFound', message: 'no', causes: [] } as const;
      const data = {
        accessKeyId: Buffer.from(`id-${world.keys}`).toString('base64'),
        accessKeySecret: Buffer.from('secret').toString('base64'),
      };
      const body = { kind: 'Secret', metadata: { resourceVersion: world.keys }, data };
      return { kind: 'ok', code: 200, body } as const;
    },
  };
  const secret = { namespace: 'team-a', name: 'keys' };
  const credentials = secretCredentials({
    secret,
    readSecret: () => readSecret(transport, secret),
    clock,
    log,
  });
  const cloud = createCloud({
    credentials,
    endpoints: createEndpoints({ network: 'public' }),
    async exchange({ headers }) {
      const [, account = ''] =
        /Credential=id-(\w+)/.exec(headers.authorization ?? headers.Authorization ?? '') ?? [];
      if (account === world.refused) return refusal(404, 'InvalidAccessKeyId.NotFound');
      return answer(200, { RequestId: 'r', AccountId: account, Arn: `acs:ram::${account}:user/x` });
    },
    clock,
    log,
    nonce: () => 'nonce',
    userAgent: 'albsp/test',
  });
  let config: AnyConfig = { kind: 'ProviderConfig', object: tenant('team-a', 'own') };
  const turns: (ProviderConfigStatus | undefined)[] = [];
  const look = () =>
    reconcileConfig(
      {
        configs: {
          read: () => config,
          async writeStatus({ object }, status) {
            if ('secretRef' in object.spec) config = withStatus(tenant('team-a', 'own'), status);
            return 'ok';
          },
        },
        cloudOf: () => cloud,
        onTurn: () => turns.push(config.object.status),
        clock,
        log,
      },
      'ProviderConfig/team-a/own',
    );
  /** What a pass does: a list by these keys. */
  async function list(): Promise<string> {
    const account = await cloud.account();
    if (account.kind === 'error') return account.error.kind;
    const listed = await account.value.region('cn-hangzhou').list(clock.monotonic());
    return listed.kind === 'error' ? listed.error.kind : 'ok';
  }
  return { clock, world, asked, turns, look, list, status: () => config.object.status };
}

describe('a Secret under a config', () => {
  test('is read again five minutes after it was read, by get alone, and its new account is told (E9)', async () => {
    const { clock, world, asked, turns, look, status } = stage();
    expect(await look()).toEqual({ kind: 'again', delay: 5 * MINUTE });
    expect(status()?.accountId).toBe('1');
    world.keys = '2';
    await clock.advance(5 * MINUTE - 1);
    await look();
    expect([status()?.accountId, asked.length, turns.length]).toEqual(['1', 1, 1]);
    await clock.advance(1);
    await look();
    expect([status()?.accountId, asked.length, turns.length]).toEqual(['2', 2, 2]);
    for (let n = 0; n < 24; n++) {
      await clock.advance(5 * MINUTE);
      await look();
    }
    expect(asked).toHaveLength(26);
    expect(new Set(asked)).toEqual(new Set(['get /api/v1/namespaces/team-a/secrets/keys']));
  });

  test('that was deleted is told within five minutes, and that it is back within its back-off (E9)', async () => {
    const { clock, world, look, status } = stage();
    await look();
    world.keys = 'none';
    await clock.advance(5 * MINUTE);
    expect(await look()).toEqual({ kind: 'retry' });
    expect(conditionOf(status(), 'Stalled')).toMatchObject({ status: 'True', reason: 'SecretNotFound' });
    world.keys = '1';
    await clock.advance(MINUTE);
    await look();
    expect(conditionOf(status(), 'Ready')).toMatchObject({ status: 'True' });
    expect(conditionOf(status(), 'Stalled')).toBeUndefined();
  });

  test('whose keys the cloud refuses for an hour is never called good, though they get a second chance (A13)', async () => {
    const { clock, world, look, list, status } = stage();
    await look();
    expect(conditionOf(status(), 'Ready')).toMatchObject({ status: 'True' });
    world.refused = '1';
    expect(await list()).toBe('credentials');
    for (let n = 0; n < 360; n++) {
      await look();
      expect(conditionOf(status(), 'Ready')).toMatchObject({ status: 'False', reason: 'CredentialsInvalid' });
      await clock.advance(10_000);
    }
    world.refused = '';
    await clock.advance(MINUTE);
    await look();
    expect(conditionOf(status(), 'Ready')).toMatchObject({ status: 'True' });
  });
});
