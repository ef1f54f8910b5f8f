import { describe, expect, test } from 'vitest';
import {
  type CredentialDependencies,
  type CredentialSource,
  credentialsFor,
} from '../../../../src/adapters/alb/credentials/factory.ts';
import { createEndpoints } from '../../../../src/adapters/alb/endpoints.ts';
import type { SecretName } from '../../../../src/ports/secret.ts';
import { assumed, createStage, errorOf, HOUR, keysOf, type Stage, TOKEN } from './stage.ts';

const KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'i', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 's' };
const RRSA = {
  ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/env',
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/env',
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: '/env/token',
};

function dependencies(stage: Stage, more: Partial<CredentialDependencies> = {}): CredentialDependencies {
  return {
    environment: KEYS,
    clock: stage.clock,
    log: stage.log,
    exchange: stage.exchange,
    endpoints: createEndpoints({ network: 'public' }),
    userAgent: 'albsp/test',
    sessionName: 'pod',
    signal: new AbortController().signal,
    readFile: async () => TOKEN,
    readSecret: async () => ({ kind: 'notFound', message: 'no' }),
    ...more,
  };
}

function formOf(stage: Stage): URLSearchParams {
  return new URLSearchParams(stage.seen[0]?.body);
}

describe('credentialsFor()', () => {
  test('environment is the keys of the process', async () => {
    const result = await credentialsFor({ kind: 'environment' }, dependencies(createStage())).current();
    expect(keysOf(result)).toEqual({ accessKeyId: 'i', accessKeySecret: 's', source: 'environment' });
  });

  test('none says what to do', async () => {
    const result = await credentialsFor({ kind: 'none' }, dependencies(createStage())).current();
    expect(errorOf(result)).toMatchObject({ code: 'NoIdentity' });
  });

  test('rrsa is the role of the environment, whose variables are named when they are missing', async () => {
    const stage = createStage();
    stage.respond = () => assumed(1, stage.clock.now() + HOUR);
    const files: string[] = [];
    const readFile = async (path: string) => {
      files.push(path);
      return TOKEN;
    };
    await credentialsFor({ kind: 'rrsa' }, dependencies(stage, { environment: RRSA, readFile })).current();
    expect([formOf(stage).get('RoleArn'), formOf(stage).get('RoleSessionName'), files]).toEqual([
      'acs:ram::1:role/env',
      'pod',
      ['/env/token'],
    ]);
    const missing = await credentialsFor({ kind: 'rrsa' }, dependencies(stage)).current();
    expect(errorOf(missing)).toMatchObject({ code: 'CredentialMissing' });
    expect(errorOf(missing).message).toContain('ALIBABA_CLOUD_ROLE_ARN');
  });

  test.each([
    [RRSA, '/env/token'],
    [{}, '/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token'],
  ])('rrsa with a role takes that role and the token file of %j', async (environment, path) => {
    const stage = createStage();
    const files: string[] = [];
    const readFile = async (file: string) => {
      files.push(file);
      return TOKEN;
    };
    const role = { roleArn: 'acs:ram::1:role/own', oidcProviderArn: 'acs:ram::1:oidc-provider/own' };
    await credentialsFor({ kind: 'rrsa', role }, dependencies(stage, { environment, readFile })).current();
    expect([formOf(stage).get('RoleArn'), formOf(stage).get('OIDCProviderArn'), files]).toEqual([
      role.roleArn,
      role.oidcProviderArn,
      [path],
    ]);
  });

  test('ecsRamRole asks the endpoint that is given', async () => {
    const stage = createStage();
    const metadataEndpoint = 'http://127.0.0.1:1';
    await credentialsFor(
      { kind: 'ecsRamRole', roleName: 'mine' },
      dependencies(stage, { metadataEndpoint }),
    ).current();
    expect(stage.seen.map(({ url }) => url)).toEqual([`${metadataEndpoint}/latest/api/token`]);
  });

  test('secretRef reads the Secret that is named', async () => {
    const names: SecretName[] = [];
    const secret = { namespace: 'team', name: 'keys' };
    const result = await credentialsFor(
      { kind: 'secretRef', secret },
      dependencies(createStage(), {
        readSecret: async (name) => {
          names.push(name);
          return { kind: 'notFound', message: 'no' };
        },
      }),
    ).current();
    expect([errorOf(result).code, names]).toEqual(['SecretNotFound', [secret]]);
  });

  const sources: readonly CredentialSource[] = [
    { kind: 'rrsa' },
    { kind: 'rrsa', role: { roleArn: 'acs:ram::1:role/x', oidcProviderArn: 'acs:ram::1:oidc-provider/x' } },
    { kind: 'ecsRamRole' },
    { kind: 'secretRef', secret: { namespace: 'team', name: 'keys' } },
    { kind: 'none' },
  ];
  test.each(sources)(
    '$kind that fails never falls through to the keys of the environment',
    async (source) => {
      const stage = createStage();
      const credentials = credentialsFor(source, dependencies(stage));
      for (let minute = 0; minute < 60; minute += 1) {
        expect((await credentials.current()).kind).toBe('error');
        await stage.clock.advance(60_000);
      }
      const hosts = new Set(stage.seen.map(({ url }) => new URL(url).hostname));
      expect(hosts.size).toBeLessThanOrEqual(1);
    },
  );
});
