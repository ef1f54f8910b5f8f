/** The samples of identities, applied as their comments say. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openOwn } from '../environment/cluster.ts';
import { Accounts, namesIn } from '../environment/identities.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { describeReal } from '../environment/tiers.ts';
import { World } from '../environment/world.ts';

const SAMPLES = fileURLToPath(new URL('../../deploy/identities', import.meta.url));
const WITHIN_MS = 30_000;

/** Where the policies of a sample come to live, by the name of the policy. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  'by-role': '1234567890123456',
  'by-secret': '4444444444444444',
  team: '5555555555555555',
  'in-account-one': '1111111111111111',
  'in-account-two': '2222222222222222',
};

describeReal('the samples of identities', () => {
  test('are applied with the commands in their comments, and each policy is Ready in its account', async () => {
    const world = await World.open('real API server', await openOwn(), {});
    const accounts = new Accounts(world);
    const kubectl = new Kubectl(world.cluster.adminKubeconfig, world.namespace);
    const folder = await mkdtemp(join(tmpdir(), 'albsp-token-'));
    world.onClose(() => rm(folder, { recursive: true }));
    const token = join(folder, 'token');
    await writeFile(token, 'canaryHead.canaryClaims.canarySignature');
    await world.startOperator({ flags: { namespace: null }, env: { ALIBABA_CLOUD_OIDC_TOKEN_FILE: token } });
    await kubectl.ok(['label', 'namespace', world.namespace, 'alb.example.com/tls=managed']);
    const keys = {
      'clusterproviderconfig-secret.yaml': accounts.key('4444444444444444'),
      'providerconfig.yaml': accounts.key('5555555555555555'),
    };
    const files = (await readdir(SAMPLES)).toSorted();
    expect(files).toEqual([
      'clusterproviderconfig-rrsa.yaml',
      'clusterproviderconfig-secret.yaml',
      'providerconfig.yaml',
      'two-accounts.yaml',
    ]);
    for (const file of files) {
      const text = await readFile(join(SAMPLES, file), 'utf8');
      const commands = [...text.matchAll(/^# {3}kubectl (.*)$/gm)].map(([, command = '']) => command);
      const key = Object.entries(keys).find(([name]) => name === file)?.[1];
      expect(commands.length > 0, file).toBe(key !== undefined);
      for (const command of commands) {
        const typed = command.replace('YOUR_ID', key?.id ?? '').replace('YOUR_SECRET', key?.secret ?? '');
        await kubectl.ok(typed.split(' '));
      }
      await kubectl.ok(['apply', '--validate=strict', '-f', join(SAMPLES, file)]);
    }
    for (const [name, account] of Object.entries(ACCOUNTS)) {
      const ready = await world.whenReady(name, WITHIN_MS);
      expect(ready.status.target.accountId).toBe(account);
      expect(namesIn(world, account)).toEqual([name]);
    }
    const wait = ['wait', '--for=condition=Ready', '--timeout=30s', '--all'];
    await kubectl.ok([...wait, 'clusterproviderconfigs']);
    await kubectl.ok([...wait, 'providerconfigs']);
    for (const name of Object.keys(ACCOUNTS)) {
      await world.delete(name);
      await world.whenGone(name, WITHIN_MS);
    }
    expect(world.alb.model.live()).toEqual([]);
  });
});
