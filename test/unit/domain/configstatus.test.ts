import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextConfigStatus } from '../../../src/domain/configstatus.ts';
import { REASONS } from '../../../src/domain/reason.ts';
import { sameContent } from '../../../src/domain/status.ts';
import type { CloudErrorKind } from '../../../src/ports/cloud.ts';
import { tenant, withStatus } from '../identities/configs.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const THEN = '2025-12-31T00:00:00Z';
const ACCOUNT = { accountId: '1000000000000001', arn: 'acs:ram::1000000000000001:user/albsp' };
const FRESH = { kind: 'ProviderConfig', object: tenant('team-a', 'own', {}, { generation: 3 }) } as const;

const ok = (value = ACCOUNT) => ({ kind: 'ok', value }) as const;
const failed = (kind: CloudErrorKind, code = 'Code', message = 'text') =>
  ({ kind: 'error', error: { kind, code, message } }) as const;

/** A config whose status says of Ready since `THEN` what is given. */
function readySince(status: 'True' | 'False' | 'Unknown') {
  const ready = {
    type: 'Ready',
    status,
    reason: 'CredentialsValid',
    message: 'old',
    observedGeneration: 1,
    lastTransitionTime: THEN,
  };
  return withStatus(FRESH.object, { ...ACCOUNT, observedGeneration: 1, conditions: [ready] });
}

describe('nextConfigStatus()', () => {
  test('shows account and ARN of credentials that work', () => {
    expect(nextConfigStatus(FRESH, ok(), NOW)).toEqual({
      ...ACCOUNT,
      observedGeneration: 3,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'CredentialsValid',
          message: `The credentials work: ${ACCOUNT.arn}`,
          observedGeneration: 3,
          lastTransitionTime: '2026-01-01T12:00:00Z',
        },
      ],
    });
  });

  test.each<[CloudErrorKind, string, 'False' | 'Unknown', string]>([
    ['credentials', 'InvalidAccessKeyId.NotFound', 'False', 'CredentialsInvalid'],
    ['credentials', 'SecretNotFound', 'False', 'SecretNotFound'],
    ['credentials', 'SecretKeyMissing', 'False', 'SecretNotFound'],
    ['credentials', 'SecretForbidden', 'False', 'CredentialsInvalid'],
    ['credentials', 'TokenExchangeFailed', 'False', 'TokenExchangeFailed'],
    ['denied', 'Forbidden.RAM', 'False', 'AccessDenied'],
    ['refused', 'InvalidEndpoint', 'False', 'RejectedByCloud'],
    ['indeterminate', 'Timeout', 'Unknown', 'CloudUnavailable'],
    ['throttled', 'Throttling', 'Unknown', 'Throttled'],
    ['busy', 'SystemBusy', 'Unknown', 'Configuring'],
  ])('an answer %s with %s is Ready=%s, %s (A13)', (kind, code, status, reason) => {
    const [ready, stalled] = nextConfigStatus(FRESH, failed(kind, code), NOW).conditions ?? [];
    expect(ready).toMatchObject({ type: 'Ready', status, reason, message: `${code}: text` });
    // Stalled says the same where waiting does not help, and is not there where it does.
    if (status === 'False') expect(stalled).toEqual({ ...ready, type: 'Stalled', status: 'True' });
    else expect(stalled).toBeUndefined();
  });

  test('Stalled keeps the time at which it began, and goes when the credentials work (O6)', () => {
    const first = nextConfigStatus(readySince('True'), failed('credentials', 'SecretNotFound'), NOW);
    const then = withStatus(FRESH.object, first);
    const later = nextConfigStatus(then, failed('denied'), NOW + 60_000);
    expect(later.conditions).toMatchObject([
      { type: 'Ready', reason: 'AccessDenied', lastTransitionTime: '2026-01-01T12:00:00Z' },
      { type: 'Stalled', reason: 'AccessDenied', lastTransitionTime: '2026-01-01T12:00:00Z' },
    ]);
    expect(nextConfigStatus(then, ok(), NOW).conditions).toMatchObject([{ type: 'Ready' }]);
  });

  test('what the account was stays while nobody can tell', () => {
    for (const kind of ['credentials', 'indeterminate'] as const)
      expect(nextConfigStatus(readySince('True'), failed(kind), NOW)).toMatchObject(ACCOUNT);
  });

  test('another account replaces the old one', () => {
    const other = { accountId: '2000000000000002', arn: 'acs:ram::2000000000000002:user/x' };
    expect(nextConfigStatus(readySince('True'), ok(other), NOW)).toMatchObject(other);
  });

  test.each([
    ['True', ok(), THEN],
    ['False', ok(), '2026-01-01T12:00:00Z'],
    ['Unknown', failed('indeterminate'), THEN],
    ['True', failed('indeterminate'), '2026-01-01T12:00:00Z'],
    ['False', failed('credentials'), THEN],
  ] as const)('the transition time moves only with the status: %s, then %j (O6)', (status, answer, time) => {
    const [ready] = nextConfigStatus(readySince(status), answer, NOW).conditions ?? [];
    expect(ready?.lastTransitionTime).toBe(time);
  });

  test('a message is cut at the bound of the CRD', () => {
    const [ready] =
      nextConfigStatus(FRESH, failed('credentials', 'C', 'x'.repeat(5_000)), NOW).conditions ?? [];
    expect(ready?.message).toHaveLength(1024);
  });

  test('a message that is cut inside a character is still text, which the API server gives back unchanged (O6)', () => {
    const [ready] =
      nextConfigStatus(FRESH, failed('credentials', 'C', '\u{1F511}'.repeat(1_000)), NOW).conditions ?? [];
    expect(ready?.message?.isWellFormed()).toBe(true);
  });

  test('the same answer again changes nothing, however late (O6)', () => {
    const kind = fc.constantFrom<CloudErrorKind>(
      'credentials',
      'denied',
      'indeterminate',
      'refused',
      'throttled',
      'busy',
    );
    const answer = fc.oneof(
      fc.constant(ok()),
      fc.tuple(kind, fc.string()).map(([one, text]) => failed(one, 'C', text)),
    );
    const status = fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const);
    fc.assert(
      fc.property(status, answer, fc.nat(), (old, said, later) => {
        const first = nextConfigStatus(readySince(old), said, NOW);
        const second = nextConfigStatus(withStatus(FRESH.object, first), said, NOW + later);
        expect(sameContent(first, second)).toBe(true);
        const [ready] = first.conditions ?? [];
        expect(REASONS).toContain(ready?.reason);
        const types = first.conditions?.map(({ type }) => type);
        expect(types).toEqual(ready?.status === 'False' ? ['Ready', 'Stalled'] : ['Ready']);
      }),
    );
  });
});
