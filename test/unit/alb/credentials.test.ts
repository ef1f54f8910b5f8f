import { describe, expect, test } from 'vitest';
import { environmentCredentials } from '../../../src/adapters/alb/credentials.ts';

const id = 'ALIBABA_CLOUD_ACCESS_KEY_ID';
const secret = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET';
const token = 'ALIBABA_CLOUD_SECURITY_TOKEN';

describe('environmentCredentials', () => {
  test('current() trims the newline that a file leaves', async () => {
    const result = await environmentCredentials({
      [id]: 'i\n',
      [secret]: ' s\r\n',
      [token]: 't\n',
    }).current();
    expect(result).toEqual({
      kind: 'ok',
      credential: { accessKeyId: 'i', accessKeySecret: 's', securityToken: 't', source: 'environment' },
    });
  });

  test('current() has no token when the variable is empty', async () => {
    const result = await environmentCredentials({ [id]: 'i', [secret]: 's', [token]: '' }).current();
    expect(result.kind === 'ok' && 'securityToken' in result.credential).toBe(false);
  });

  test.each([
    [{}, id],
    [{ [id]: 'i' }, secret],
    [{ [id]: 'i', [secret]: '  \n' }, secret],
  ])(
    'current() names the variable and falls through to nothing when %j is all there is',
    async (environment, name) => {
      const result = await environmentCredentials(environment).current();
      expect(result).toMatchObject({ kind: 'error', code: 'CredentialMissing' });
      expect(result.kind === 'error' && result.message).toContain(name);
    },
  );

  test('current() refuses what no header can carry, without repeating it', async () => {
    const result = await environmentCredentials({ [id]: 'i', [secret]: 'canary\r\nx: y' }).current();
    expect(result).toMatchObject({ kind: 'error', code: 'CredentialMalformed' });
    expect(JSON.stringify(result)).not.toContain('canary');
  });
});
