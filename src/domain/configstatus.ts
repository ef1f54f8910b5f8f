/**
 * What a provider config says of itself: whether its credentials work, and whose they are. A pure function.
 * @module
 */
import type { ProviderConfigStatus } from '../api/providerconfig.ts';
import type { Condition } from '../api/securitypolicy.ts';
import type { Millis } from '../ports/clock.ts';
import type { Account, CloudError, CloudResult } from '../ports/cloud.ts';
import { conditionOf } from './condition.ts';
import { type Line, reasonOf, says } from './picture/line.ts';
import type { AnyConfig } from './providerconfig.ts';

/**
 * The status after the account was asked for. What an account was stays while nobody can tell: only an answer changes
 * it. `Ready` is always there; `Stalled` only while somebody has to change something first, so that whoever waits for
 * the config fails at once and not when its patience ends. `now` is wall time.
 */
export function nextConfigStatus(
  { object }: AnyConfig,
  account: CloudResult<Pick<Account, 'accountId' | 'arn'>>,
  now: Millis,
): ProviderConfigStatus {
  const before = object.status ?? {};
  const { generation } = object.metadata;
  const ready = lineOf(account);
  const condition = (type: 'Ready' | 'Stalled', [status, reason, message]: Line): Condition => {
    const old = conditionOf(before, type);
    return {
      type,
      status,
      reason,
      // Half a character would come back from the API server as another one, and be written again for ever.
      message: message.slice(0, 1024).toWellFormed(),
      observedGeneration: generation,
      lastTransitionTime:
        old?.status === status ? old.lastTransitionTime : `${new Date(now).toISOString().slice(0, 19)}Z`,
    };
  };
  const stalled: Line | undefined = ready[0] === 'False' ? ['True', ready[1], ready[2]] : undefined;
  return {
    ...before,
    ...(account.kind === 'ok' ? { accountId: account.value.accountId, arn: account.value.arn } : {}),
    observedGeneration: generation,
    conditions: [
      condition('Ready', ready),
      ...(stalled === undefined ? [] : [condition('Stalled', stalled)]),
    ],
  };
}

/**
 * Whether an answer denies what the status says, so that it is time to look at the config anew: its credentials are
 * refused, or allowed again, or of another account. An answer that nobody got denies nothing.
 */
export function contradicts(
  { object: { status } }: AnyConfig,
  account: CloudResult<Pick<Account, 'accountId' | 'arn'>>,
): boolean {
  const [truth] = lineOf(account);
  if (truth === 'Unknown') return false;
  const moved = account.kind === 'ok' && account.value.accountId !== status?.accountId;
  return moved || conditionOf(status, 'Ready')?.status !== truth;
}

function lineOf(account: CloudResult<Pick<Account, 'accountId' | 'arn'>>): Line {
  if (account.kind === 'ok') {
    return ['True', 'CredentialsValid', `The credentials work: ${account.value.arn}`];
  }
  const { error } = account;
  return refuses(error) ? ['False', reasonOf(error), says(error)] : ['Unknown', reasonOf(error), says(error)];
}

/** Whether the answer will be the same until somebody changes something. */
function refuses({ kind }: CloudError): boolean {
  switch (kind) {
    case 'credentials':
    case 'denied':
    case 'refused':
      return true;
    case 'throttled':
    case 'busy':
    case 'indeterminate':
    case 'tokenSpent':
    case 'notFound':
    case 'inUse':
    case 'exhausted':
      return false;
  }
}
