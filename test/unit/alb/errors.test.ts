import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindOf, refusalError, retryAfterOf } from '../../../src/adapters/alb/errors.ts';
import { LONGEST_MESSAGE, mask } from '../../../src/adapters/alb/mask.ts';

const context = { secrets: ['canarySecret01', 'canaryId02', 'canary/Token+03='], now: 0 };

function errorOf(status: number, code: string, message = '', headers = {}) {
  return refusalError({ kind: 'answer', status, headers, text: '' }, { code, message }, context);
}

describe('kindOf', () => {
  test.each([
    [400, 'Throttling.User', 'throttled'],
    [400, 'Throttling', 'throttled'],
    [429, 'Anything', 'throttled'],
    [400, 'IncorrectStatus.SecurityPolicy', 'busy'],
    [400, 'SystemBusy', 'busy'],
    [400, 'IdempotenceProcessing', 'busy'],
    [400, '-22001', 'busy'],
    [400, 'IdempotenceSignatureMismatch', 'tokenSpent'],
    [400, 'IdempotentParameterMismatch', 'tokenSpent'],
    [404, 'ResourceNotFound.SecurityPolicy', 'notFound'],
    [404, 'ResourceNotFound.securitypolicy', 'notFound'],
    [404, 'ResourceNotFound.LoadBalancer', 'refused'],
    [400, 'ResourceNotFound.SecurityPolicy', 'refused'],
    [200, 'ResourceNotFound.SecurityPolicy', 'indeterminate'],
    [404, 'InvalidAction.NotFound', 'refused'],
    [404, 'InvalidAccessKeyId.NotFound', 'credentials'],
    [400, 'ResourceInUse.SecurityPolicy', 'inUse'],
    [400, 'QuotaExceeded.SecurityPoliciesNum', 'exhausted'],
    [400, 'SignatureDoesNotMatch', 'credentials'],
    [400, 'IncompleteSignature', 'credentials'],
    [403, 'InvalidSecurityToken.Expired', 'credentials'],
    [400, 'MissingSecurityToken', 'credentials'],
    [403, 'Forbidden.SecurityPolicy', 'denied'],
    [403, 'NoPermission', 'denied'],
    [403, 'Whatever', 'denied'],
    [400, 'MissingCiphers', 'refused'],
    [400, 'IllegalParam.ciphers', 'refused'],
    [400, 'InvalidParameter.Format', 'refused'],
    [404, 'NotExist.ResourceGroup', 'refused'],
    [418, 'Unheard.Of', 'refused'],
    [200, 'Unheard.Of', 'indeterminate'],
    [200, 'QuotaExceeded.SecurityPoliciesNum', 'exhausted'],
    [500, 'InternalError', 'indeterminate'],
    [503, 'Throttling', 'indeterminate'],
    [302, 'Forbidden', 'indeterminate'],
    [407, 'Forbidden', 'indeterminate'],
    [400, 'SignatureNonceUsed', 'indeterminate'],
    [400, 'InvalidTimeStamp.Expired', 'credentials'],
  ])('kindOf(%i, %s) is %s, in any case of letters', (status, code, kind) => {
    expect(kindOf(status, code)).toBe(kind);
    expect(kindOf(status, code.toUpperCase())).toBe(kind);
  });

  test('kindOf() says C14 refused when a call that was no precheck is answered DryRunOperation', () => {
    expect(kindOf(400, 'DryRunOperation')).toBe('refused');
  });

  test('refusalError() reads the usage when a quota is exceeded', () => {
    const error = errorOf(
      400,
      'QuotaExceeded.SecurityPoliciesNum',
      'The quota of x is exceeded, usage 49/50.',
    );
    expect(error.usage).toEqual({ used: 49, limit: 50 });
    expect(errorOf(400, 'QuotaExceeded.SecurityPoliciesNum', 'full').usage).toBeUndefined();
  });
});

describe('retryAfterOf', () => {
  test.each([
    [{ 'x-acs-retry-after': '1500' }, 1500],
    [{ 'x-ratelimit-user-api': 'Limit:1,Remain:0,TimeLeft:2000,Reset:5' }, 2000],
    [{ 'x-ratelimit-user': 'Limit:1,Remain:0,TimeLeft:2500' }, 2500],
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:07 GMT' }, 7000],
    [{ 'x-acs-retry-after': '100', 'retry-after': '3' }, 100],
    [{ 'x-acs-retry-after': '999999999999' }, 3_600_000],
    [{ 'x-acs-retry-after': 'soon', 'retry-after': 'later' }, undefined],
    [{ 'x-acs-retry-after': '-5' }, undefined],
    [{}, undefined],
  ])('retryAfterOf(%j) is %s', (headers, expected) => {
    expect(retryAfterOf(headers as Record<string, string>, 0)).toBe(expected);
  });
});

describe('mask', () => {
  test('mask() cuts at the echo when the signature did not match', () => {
    const text =
      'Specified signature is not matched with our calculation. server StringToSign is [ACS3] server CanonicalRequest is [x-acs-security-token:canary]';
    expect(mask(text, [])).toBe('Specified signature is not matched with our calculation.');
  });

  test.each([
    ['see https://alb.cn-hangzhou.aliyuncs.com/?Action=X&Token=y now', 'see <url> now'],
    ['request 593B0448-D13E-4C56-AC0D-FDF0FDE0E9A3 failed', 'request <id> failed'],
    ['key LTAI5tCanaryCanary01 and STS.NTcanarycanary', 'key <key> and <key>'],
    ['a\r\nb\u0000c\u001b[31md\u202e', 'a b c [31md'],
    ['SecurityToken=abc', 'SecurityToken=<secret>'],
    [`tail ${'A'.repeat(80)}`, 'tail <secret>'],
    ['The specified resource spy-1 is in use.', 'The specified resource spy-1 is in use.'],
  ])('mask(%j) is %j', (text, masked) => {
    expect(mask(text, [])).toBe(masked);
  });

  test.each([
    ['InvalidTimeStamp.Expired', /^late \(this machine's clock differs .* set it right\)$/],
    ['INVALIDSECURITYTOKEN.EXPIRED', /^late \(the session token .*; give new session keys\)$/],
    ['InvalidTimeStamp.Format', /^late$/],
    ['InvalidSecurityTokens', /^late$/],
    ['SignatureDoesNotMatch', /^late$/],
  ])('refusalError() of %s says what to do where the cloud does not (C5, C17)', (code, message) => {
    expect(errorOf(400, code, 'late').message).toMatch(message);
  });

  test('refusalError() O10 lets no secret through wherever it stands', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=]{8,60}$/);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(0, 1, 2)), { maxLength: 12 }),
        fc.array(secret, { minLength: 3, maxLength: 3 }),
        fc.boolean(),
        (parts, secrets, escaped) => {
          const text = parts
            .map((part) => (typeof part === 'string' ? part : (secrets[part] ?? '')))
            .map((part) => (escaped ? encodeURIComponent(part.toWellFormed()) : part))
            .join('');
          const error = refusalError(
            { kind: 'answer', status: 400, headers: {}, text: '' },
            { code: text, message: text },
            { secrets, now: 0 },
          );
          for (const one of secrets) {
            expect(error.message).not.toContain(one);
            expect(error.message).not.toContain(encodeURIComponent(one));
            expect(error.code).not.toContain(one);
          }
          expect(error.message.length).toBeLessThanOrEqual(LONGEST_MESSAGE);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left.
          expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        },
      ),
    );
  });

  test('mask() S17 takes less than 50 ms when a megabyte of anything comes', () => {
    for (const unit of [
      'a',
      'A=',
      'server ',
      '://',
      ' ',
      'a-',
      'signature',
      'signature:',
      '\u0000',
      'LTAI',
    ]) {
      const text = unit.repeat(1_000_000 / unit.length);
      const start = performance.now();
      mask(text, context.secrets);
      expect(performance.now() - start).toBeLessThan(50);
    }
  });
});
