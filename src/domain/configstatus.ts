/**
 * What a provider config says of itself: whether its credentials work, and whose they are. A pure function.
 * @module
 */
import type { ProviderConfigStatus } from '../api/providerconfig.ts';
import type { Millis } from '../ports/clock.ts';
import type { Account, CloudResult } from '../ports/cloud.ts';
import { conditionOf } from './condition.ts';
import { type Line, reasonOf, says } from './picture/line.ts';
import type { AnyConfig } from './providerconfig.ts';

/**
 * The status after the account was asked for. What an account was stays while nobody can tell: only an answer changes
 * it. `now` is wall time.
 */
export function nextConfigStatus(
  { object }: AnyConfig,
  account: CloudResult<Pick<Account, 'accountId' | 'arn'>>,
  now: Millis,
): ProviderConfigStatus {
  const before = object.status ?? {};
  const { generation } = object.metadata;
  const [status, reason, message] = lineOf(account);
  const old = conditionOf(before, 'Ready');
  return {
    ...before,
    ...(account.kind === 'ok' ? { accountId: account.value.accountId, arn: account.value.arn } : {}),
    observedGeneration: generation,
    conditions: [
      {
        type: 'Ready',
        status,
        reason,
        // Half a character would come back from the API server as another one, and be written again for ever.
        message: message.slice(0, 1024).toWellFormed(),
        observedGeneration: generation,
        lastTransitionTime:
          old?.status === status ? old.lastTransitionTime : `${new Date(now).toISOString().slice(0, 19)}Z`,
      },
    ],
  };
}

function lineOf(account: CloudResult<Pick<Account, 'accountId' | 'arn'>>): Line {
  if (account.kind === 'ok') {
    return ['True', 'CredentialsValid', `The credentials work: ${account.value.arn}`];
  }
  const { error } = account;
  const refused = error.kind === 'credentials' || error.kind === 'denied' || error.kind === 'refused';
  return [refused ? 'False' : 'Unknown', reasonOf(error), says(error)];
}
