import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { devAlb } from '../../../src/cli/devalb.ts';
import { askControl } from '../../../src/dev/alb/control-client.ts';
import { type RunningAlb, startAlb } from '../../../src/dev/alb/server.ts';
import { signV1, stringToSignV1 } from '../../../src/dev/alb/signature-v1.ts';
import { WALL_CLOCK } from '../../../src/dev/alb/wallclock.ts';
import { canonicalPairs } from '../../../src/dev/alb/wire.ts';
import { ACCOUNT, GOOD, HandClock, PLACE, seeded } from './bench.ts';
import { Caller, type CallerKey } from './caller.ts';

const KEY = { id: 'test-key', secret: 'test-secret' };
const OTHER = {
  id: 'other-key',
  secret: 'other-secret',
  account: '2000000000000002',
  denied: ['TagResources'],
};

let alb: RunningAlb;
let clock: HandClock;
let caller: Caller;

beforeEach(async () => {
  clock = new HandClock();
  alb = await startAlb({ accessKeys: [KEY, OTHER], options: { rates: {} }, clock, random: seeded(5) });
  caller = new Caller(alb.url, KEY, clock);
});
afterEach(async () => {
  await alb.close();
});

async function json(response: Response | Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await response).json()) as Record<string, unknown>;
}

function control(path: string, body: unknown = {}): Promise<Record<string, unknown>> {
  return json(fetch(`${alb.url}/_control/${path}`, { method: 'POST', body: JSON.stringify(body) }));
}

describe('the ALB API', () => {
  test('accounts of keys are worlds of their own, and a denied action is refused', async () => {
    const other = new Caller(alb.url, OTHER, clock);
    await caller.call('CreateSecurityPolicy', GOOD);
    expect(await json(other.call('ListSecurityPolicies'))).toMatchObject({ TotalCount: 0 });
    const denied = await other.call('TagResources');
    expect([denied.status, (await json(denied)).Code]).toEqual([403, 'NoPermission']);
  });

  test('the region comes from RegionId when the host names none', async () => {
    await caller.call('CreateSecurityPolicy', { ...GOOD, RegionId: 'cn-beijing' });
    expect(alb.model.live(ACCOUNT, 'cn-beijing')).toHaveLength(1);
  });

  test('O14: the ledger names the caller, the token and the id', async () => {
    const parameters = { ...GOOD, ClientToken: 'uid-1' };
    await caller.call('CreateSecurityPolicy', parameters, { userAgent: 'albsp/0 (pod-a)' });
    expect(alb.ledger.entries()).toEqual([
      expect.objectContaining({
        sequence: 1,
        action: 'CreateSecurityPolicy',
        instance: 'albsp/0 (pod-a)',
        clientToken: 'uid-1',
        committed: true,
        answered: true,
        id: alb.model.live()[0]?.id,
        parameters,
      }),
    ]);
  });

  test('a request signed with V1 is served, its form body too', async () => {
    const common = {
      Action: 'CreateSecurityPolicy',
      Version: '2020-06-16',
      Format: 'JSON',
      Timestamp: '2024-05-20T08:00:00Z',
      SignatureNonce: 'n1',
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      SignatureType: '',
      RegionId: 'cn-hangzhou',
      AccessKeyId: KEY.id,
    };
    const query = Object.entries(common);
    const form = Object.entries(GOOD);
    const Signature = signV1(stringToSignV1({ method: 'POST', query, form }), KEY.secret);
    const url = `${alb.url}/?${canonicalPairs([...query, ['Signature', Signature]])}`;
    const body = canonicalPairs(form);
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': 'CreateSecurityPolicy',
    };
    expect(await json(fetch(url, { method: 'POST', body, headers }))).toHaveProperty('SecurityPolicyId');
  });

  test('an unsigned request and a broken escape are refused', async () => {
    expect(await json(fetch(alb.url, { method: 'POST' }))).toMatchObject({ Code: 'MissingAccessKeyId' });
    expect((await fetch(`${alb.url}/?a=%E4%B8`, { method: 'POST' })).status).toBe(400);
    const huge = await fetch(alb.url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    expect(huge.status).toBe(413);
  });
});

describe('STS', () => {
  const STS = { version: '2015-04-01' };
  const claim = {
    OIDCProviderArn: `acs:ram::${ACCOUNT}:oidc-provider/ack-rrsa-c1`,
    OIDCToken: 'a.good.token',
    RoleArn: 'acs:ram::3000000000000003:role/albsp',
    RoleSessionName: 'albsp',
    DurationSeconds: '900',
  };

  function assume(changes: Readonly<Record<string, string>> = {}): Promise<Response> {
    const url = `${alb.url}/?Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON`;
    return fetch(url, { method: 'POST', body: new URLSearchParams({ ...claim, ...changes }) });
  }

  test('GetCallerIdentity names the account of the key', async () => {
    const identity = await json(caller.call('GetCallerIdentity', {}, STS));
    expect(identity).toMatchObject({ AccountId: ACCOUNT, IdentityType: 'RAMUser' });
  });

  test('AssumeRoleWithOIDC gives credentials of the role, which sign until they expire', async () => {
    const { Credentials } = (await json(assume())) as { readonly Credentials: Record<string, string> };
    expect(Credentials.Expiration).toBe('2024-05-20T08:15:00Z');
    const key: CallerKey = {
      id: Credentials.AccessKeyId ?? '',
      secret: Credentials.AccessKeySecret ?? '',
      securityToken: Credentials.SecurityToken ?? '',
    };
    const session = new Caller(alb.url, key, clock);
    expect(await json(session.call('GetCallerIdentity', {}, STS))).toMatchObject({
      AccountId: '3000000000000003',
      Arn: 'acs:ram::3000000000000003:assumed-role/albsp/albsp',
    });
    clock.advance(900_000);
    const expired = await json(session.call('GetCallerIdentity', {}, STS));
    expect(expired.Code).toBe('InvalidSecurityToken.Expired');
  });

  test.each([
    [401, 'AuthenticationFail.OIDCToken.Expired', { OIDCToken: 'expired' }],
    [401, 'AuthenticationFail.OIDCToken.Invalid', { OIDCToken: 'invalid' }],
    [401, 'AuthenticationFail.OIDCToken.AudienceNotMatch', { OIDCToken: 'wrong audience' }],
    [400, 'IllegalParam.OIDCToken', { OIDCToken: 'abc' }],
    [400, 'IllegalParam.RoleArn', { RoleArn: 'albsp' }],
    [400, 'MissingRoleSessionName', { RoleSessionName: '' }],
    [400, 'IllegalParam.DurationSeconds', { DurationSeconds: '899' }],
  ])('AssumeRoleWithOIDC answers %d %s for %j', async (status, code, change) => {
    const response = await assume(change);
    expect([response.status, (await json(response)).Code]).toEqual([status, code]);
  });
});

describe('the instance metadata service', () => {
  const PATH = '/latest/meta-data/ram/security-credentials/';

  async function token(): Promise<Readonly<Record<string, string>>> {
    const headers = { 'X-aliyun-ecs-metadata-token-ttl-seconds': '60' };
    const response = await fetch(`${alb.url}/latest/api/token`, { method: 'PUT', headers });
    return { 'X-aliyun-ecs-metadata-token': await response.text() };
  }

  test('it gives the role and its credentials to who has a token, as long as the token lives', async () => {
    const headers = await token();
    const role = await (await fetch(`${alb.url}${PATH}`, { headers })).text();
    const credentials = await json(fetch(`${alb.url}${PATH}${role}`, { headers }));
    expect([role, credentials.Code]).toEqual(['node-role', 'Success']);
    clock.advance(60_000);
    expect((await fetch(`${alb.url}${PATH}`, { headers })).status).toBe(403);
  });

  test('it refuses who has no token, unless the switch allows it', async () => {
    expect((await fetch(`${alb.url}${PATH}`)).status).toBe(403);
    alb.model.configure({ metadataWithoutToken: true });
    expect((await fetch(`${alb.url}${PATH}`)).status).toBe(200);
    alb.model.configure({ nodeRole: '' });
    expect((await fetch(`${alb.url}${PATH}`)).status).toBe(404);
  });

  test('faults strike it by the names MetadataToken and MetadataCredentials', async () => {
    alb.faults.add({ action: 'MetadataCredentials', fault: { kind: 'refuse', status: 500, code: 'X' } });
    const headers = await token();
    expect((await fetch(`${alb.url}${PATH}`, { headers })).status).toBe(500);
  });
});

describe('the control API', () => {
  test('console verbs act on a policy', async () => {
    const policy = { name: 'by-hand', tlsVersions: ['TLSv1.2'], ciphers: ['AES128-SHA'] };
    const { id } = await control('console/create', { place: PLACE, policy });
    const at = { place: PLACE, id };
    const listener = { loadBalancerId: 'alb-1', listenerId: 'lsn-1', port: 443, protocol: 'HTTPS' };
    expect(await control('console/edit', { ...at, edit: { name: 'renamed' } })).toEqual({ found: true });
    await control('console/tag', { ...at, tags: { a: '1', b: '2' } });
    await control('console/untag', { ...at, keys: ['a'] });
    expect(await control('console/attach', { ...at, listener })).toEqual({ found: true });
    expect(await control('policies')).toMatchObject({
      policies: [{ id, name: 'renamed', tags: { b: '2' } }],
    });
    clock.advance(1000);
    expect((await caller.call('DeleteSecurityPolicy', { SecurityPolicyId: String(id) })).status).toBe(400);
    await control('console/detach', at);
    await control('console/delete', at);
    await control('console/quota', { place: PLACE, quota: 0 });
    expect((await caller.call('CreateSecurityPolicy', GOOD)).status).toBe(400);
    expect(await control('console/edit', { ...at, edit: {} })).toEqual({ found: false });
  });

  test('options, keys, faults and ledger are reached', async () => {
    await control('options/set', { tokenRetention: 'Infinity', listLag: 5000 });
    expect(alb.model.options).toMatchObject({ tokenRetention: Number.POSITIVE_INFINITY, listLag: 5000 });
    expect(await control('options')).toMatchObject({ tokenRetention: 'Infinity' });
    await control('keys/add', { id: 'k', secret: 's', account: '9' });
    expect(
      (await new Caller(alb.url, { id: 'k', secret: 's' }, clock).call('ListSecurityPolicies')).status,
    ).toBe(200);
    await control('keys/remove', { id: 'k' });
    expect(
      (await new Caller(alb.url, { id: 'k', secret: 's' }, clock).call('ListSecurityPolicies')).status,
    ).toBe(404);
    const { entries, last } = await control('ledger/entries', { since: 1 });
    expect([last, entries]).toEqual([2, [expect.objectContaining({ code: 'InvalidAccessKeyId.NotFound' })]]);
  });

  test('askControl() carries Infinity both ways, and rejects what is refused', async () => {
    await askControl(alb.url, 'options/set', { tokenRetention: Number.POSITIVE_INFINITY });
    expect(await askControl(alb.url, 'options', {})).toMatchObject({
      tokenRetention: Number.POSITIVE_INFINITY,
    });
    expect(await askControl(alb.url, 'console/detach', { place: PLACE, id: 'spy-0' })).toEqual({
      found: false,
    });
    await expect(askControl(`${alb.url}/_control`, 'options', {})).rejects.toThrow('answered 404');
  });

  test('a call is held, awaited and released from outside', async () => {
    const { name } = await control('faults/add', { fault: { kind: 'hold', at: 'before' } });
    const waiting = control('faults/wait', { name });
    const call = caller.call('ListSecurityPolicies');
    expect(await waiting).toEqual({ done: true });
    expect(await control('faults')).toMatchObject({ held: [name] });
    expect(await control('faults/release', { name })).toEqual({ released: 1 });
    expect((await call).status).toBe(200);
  });

  test('an unknown control, a bad body and a foreign host name are refused', async () => {
    expect(await control('nothing')).toEqual({ error: 'No control "nothing"' });
    expect((await fetch(`${alb.url}/_control/toString`)).status).toBe(404);
    expect((await fetch(`${alb.url}/_control/options/set`, { method: 'POST', body: '{' })).status).toBe(400);
    const { port } = new URL(alb.url);
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.example' };
      request({ host: '127.0.0.1', port, path: '/_control/options', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('devAlb', () => {
  class Sink {
    text = '';
    readonly #seen: () => void;
    constructor(seen: () => void = () => undefined) {
      this.#seen = seen;
    }
    write(text: string): void {
      this.text += text;
      this.#seen();
    }
  }

  test('devAlb() prints one JSON line, serves with the keys given, and answers 0 at the signal', async () => {
    const stop = new AbortController();
    const stderr = new Sink();
    let ended: Promise<number> | undefined;
    const line = await new Promise<string>((resolve) => {
      const stdout = new Sink(() => resolve(stdout.text));
      const args = ['--listen', '127.0.0.1:0', '--access-key', 'a=x=y', '--access-key', 'b=z'];
      ended = devAlb(args, { stdout, stderr }, stop.signal);
    });
    const { url } = JSON.parse(line) as { readonly url: string };
    for (const key of [
      { id: 'a', secret: 'x=y' },
      { id: 'b', secret: 'z' },
    ])
      expect((await new Caller(url, key, WALL_CLOCK).call('ListSecurityPolicies')).status).toBe(200);
    stop.abort();
    expect([await ended, stderr.text, line.split('\n').length]).toEqual([0, '', 2]);
  });

  test.each([
    [['--listen', '0.0.0.0:0'], 'Flag "--listen" is "0.0.0.0:0"'],
    [['--listen', '127.0.0.1:70000'], 'must be a loopback HOST:PORT'],
    [['--access-key', 'SECRETONLY'], 'number 1 does not have the form ID=SECRET'],
    [['id=SECRETONLY'], 'stray argument'],
    [['--lisen', 'x'], "Unknown option '--lisen'"],
  ])('O10: devAlb() answers 2 for %j and repeats no secret', async (args, message) => {
    const stderr = new Sink();
    const code = await devAlb(args, { stdout: new Sink(), stderr }, new AbortController().signal);
    expect(code).toBe(2);
    expect(stderr.text).toContain(message);
    expect(stderr.text).not.toContain('SECRETONLY');
  });

  test.each(['--help', '-h'])('devAlb() says how it is called for %s, and serves nothing', async (flag) => {
    const stdout = new Sink();
    expect(await devAlb([flag], { stdout, stderr: new Sink() }, new AbortController().signal)).toBe(0);
    expect(stdout.text).toMatch(/^Usage: albsp dev alb /);
  });

  test('devAlb() answers 1 when the port is taken', async () => {
    const stderr = new Sink();
    const args = ['--listen', `127.0.0.1:${new URL(alb.url).port}`];
    expect(await devAlb(args, { stdout: new Sink(), stderr }, new AbortController().signal)).toBe(1);
    expect(stderr.text).toContain('EADDRINUSE');
  });
});
