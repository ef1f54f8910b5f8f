/** The way out of the cluster, as `docs/deployment-shapes.md` has it: the hosts of a VPC, a proxy, an authority of one's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Authority } from '../environment/authority.ts';
import { leaksIn } from '../environment/credentials.ts';
import { Page } from '../environment/page.ts';
import { describeTiers } from '../environment/tiers.ts';
import { startTls, startTunnel, type Tunnel } from '../environment/tunnel.ts';
import type { World } from '../environment/world.ts';

const SPEC = { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] };
const STS = 'sts-vpc.cn-hangzhou.aliyuncs.com';
const ALB = 'alb-vpc.cn-hangzhou.aliyuncs.com';
const HOUR_MS = 3_600_000;
/** Real hosts are asked for, and none is reached: whatever the proxy is asked for ends at the stand-in. */
const REMOTE = { 'alb-endpoint': null, 'visibility-window': '60s' } as const;

const page = await Page.read('deployment-shapes.md');

/** Path of a file with an authority's certificate; it goes when the test ends. */
async function fileOf(authority: Authority): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'albsp-authority-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'ca.crt');
  await writeFile(path, authority.cert);
  return path;
}

/** The environment of the page's command, with the test's own proxy and authority in it. */
async function environment(tunnel: Tunnel, authority: Authority | undefined, noProxy = '') {
  const [run] = page.runs('A proxy and a CA');
  expect(Object.keys(run?.env ?? {})).toEqual(['HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS']);
  return {
    ...run?.env,
    HTTPS_PROXY: `http://127.0.0.1:${tunnel.port}`,
    ...(noProxy === '' ? {} : { NO_PROXY: noProxy }),
    NODE_EXTRA_CA_CERTS: authority === undefined ? '/dev/null' : await fileOf(authority),
  };
}

/** The stand-in ALB behind TLS. */
function behindTls(world: World, identity: Parameters<typeof startTls>[0]) {
  return startTls(identity, Number(new URL(world.alb.url).port));
}

/** The object says so, and neither a byte of HTTP nor a call reached the cloud. */
async function saysUnavailable(world: World, message: string): Promise<void> {
  await world.apply('web', SPEC);
  const object = await world.whenCondition('web', {
    type: 'Ready',
    status: 'False',
    reason: 'CloudUnavailable',
  });
  const ready = object.status.conditions.find((one: { type: string }) => one.type === 'Ready');
  expect(ready.message).toContain(message);
  expect(object.status.pendingCreate).toBeUndefined();
  expect(world.alb.ledger.entries()).toEqual([]);
}

describeTiers('the way out', (tier) => {
  test('--network vpc through a proxy and with an own authority: the hosts of the VPC are asked for, and no key is readable on the way', async () => {
    const world = await tier.open();
    const authority = new Authority('albsp test authority');
    const tls = await behindTls(world, authority.issue([STS, ALB]));
    const tunnel = await startTunnel(tls.port);
    const [run] = page.runs('The network of the VPC');
    await world.startOperator({
      flags: { ...REMOTE, ...run?.flags },
      env: await environment(tunnel, authority),
    });
    await world.apply('web', SPEC);
    await world.whenReady('web');
    expect(world.alb.model.live()).toHaveLength(1);
    expect(new Set(tunnel.asked)).toEqual(new Set([`${STS}:443`, `${ALB}:443`]));
    expect(tunnel.plain).toEqual([]);
    expect(tunnel.seen().length).toBeGreaterThan(1_000);
    expect(leaksIn(tunnel.seen(), world.canaries)).toEqual([]);
    expect(tunnel.seen()).not.toMatch(/ACS3-HMAC|CreateSecurityPolicy/);
  });

  test.each([
    ['of an authority that nobody knows', [STS, ALB], HOUR_MS, false],
    ['of another host', ['elsewhere.example.com'], HOUR_MS, true],
    ['that has ended', [STS, ALB], -HOUR_MS, true],
  ])('a certificate %s is not accepted, and nothing is sent (C16)', async (_, names, life, known) => {
    const world = await tier.open();
    const authority = new Authority('albsp test authority');
    const tls = await behindTls(world, authority.issue(names, life));
    const tunnel = await startTunnel(tls.port);
    await world.startOperator({
      flags: { ...REMOTE, network: 'vpc' },
      env: await environment(tunnel, known ? authority : undefined),
    });
    await saysUnavailable(world, `The certificate of the endpoint was not accepted (${STS})`);
    expect(tunnel.asked).toContain(`${STS}:443`);
  });

  test('a proxy that refuses is told by name, and nothing goes around it (C16)', async () => {
    const world = await tier.open();
    const tunnel = await startTunnel(undefined);
    await world.startOperator({
      flags: { ...REMOTE, network: 'vpc' },
      env: await environment(tunnel, undefined),
    });
    await saysUnavailable(world, `The proxy refused the connection (${STS})`);
    expect(new Set(tunnel.asked)).toEqual(new Set([`${STS}:443`]));
  });

  test('a host in NO_PROXY is called directly, and one that does not resolve is named', async () => {
    const world = await tier.open();
    const tunnel = await startTunnel(Number(new URL(world.alb.url).port));
    // Names below .invalid never resolve (RFC 6761).
    const endpoints = {
      'alb-endpoint': 'https://alb.albsp.invalid',
      'sts-endpoint': 'https://sts.albsp.invalid',
    };
    await world.startOperator({
      flags: { ...REMOTE, ...endpoints },
      env: await environment(tunnel, undefined, 'sts.albsp.invalid'),
    });
    await saysUnavailable(world, 'The name of the endpoint was not resolved (sts.albsp.invalid)');
    expect(tunnel.asked).toEqual([]);
  });
});
