/**
 * What each outcome says to the user: its conditions, with their reasons and texts.
 * Beside `status.ts` the only file that names a condition.
 * @module
 */
import type { SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import type { CloudError, Listener } from '../ports/cloud.ts';
import type { Outcome } from './outcome.ts';
import type { Difference } from './policy.ts';
import type { Reason } from './reason.ts';
import type { Halt } from './step.ts';

type Truth = 'True' | 'False' | 'Unknown';
export type Line = readonly [status: Truth, reason: Reason, message: string];

/**
 * The lines of one outcome. What is always present and not said here stays as it was; of the others,
 * what is not said is taken away, but for those in `keep`.
 */
export interface Picture {
  readonly Ready?: Line;
  readonly Accepted?: Line;
  readonly CredentialsReady?: Line;
  readonly UpToDate?: Line;
  readonly Reconciling?: Line;
  readonly Stalled?: Line;
  readonly DeletionBlocked?: Line;
  readonly Paused?: Line;
  readonly keepProgress?: true;
}

/** Failed reads in a row after which `UpToDate` is not known any more. */
const UNKNOWN_AFTER = 3;
/** The most listeners that a status names (schema bound of `status.relatedListeners`). */
export const LISTENERS_SHOWN = 10;
const ACCEPTED: Line = ['True', 'Valid', 'The spec is valid'];
const IDENTIFIED: Line = ['True', 'CredentialsValid', 'The credentials work'];
const MATCHED: Line = ['True', 'Matched', 'The policy in the cloud matches the spec'];

/** What an outcome says, so that nothing of an older generation is taken for this one. */
export function pictureOf(outcome: Outcome, before: SecurityPolicyStatus, policy: SecurityPolicy): Picture {
  const picture = pictureOfOutcome(outcome, before, policy);
  const ready = before.conditions?.find((condition) => condition.type === 'Ready');
  const outdated = ready?.status === 'True' && ready.observedGeneration !== policy.metadata.generation;
  if (picture.Ready !== undefined || !outdated) return picture;
  // What was Ready was an older generation: whoever reads Ready alone must not take it for this one.
  const message = 'This generation is not applied yet';
  if (picture.Paused !== undefined) return { ...picture, Ready: ['False', picture.Paused[1], message] };
  return { ...progress('Updating', message), ...picture };
}

function pictureOfOutcome(outcome: Outcome, before: SecurityPolicyStatus, policy: SecurityPolicy): Picture {
  switch (outcome.kind) {
    case 'rejected': {
      const message = outcome.violations.map((violation) => violation.message).join('; ');
      return notReady('InvalidSpec', message, {
        Accepted: ['False', 'InvalidSpec', message],
        Stalled: ['True', 'InvalidSpec', message],
      });
    }
    case 'unsupported': {
      const message = `This version of the operator does not support ${outcome.what}; nothing was done in the cloud`;
      return notReady('NotSupportedYet', message, { Stalled: ['True', 'NotSupportedYet', message] });
    }
    case 'paused': {
      const deleting = policy.metadata.deletionTimestamp !== undefined;
      const message = deleting
        ? 'Deletion waits: the object is paused by annotation'
        : 'Paused by annotation: the cloud is not written to';
      return { Paused: ['True', 'ReconcilePaused', message] };
    }
    case 'readOnly':
      return {
        Paused: [
          'True',
          'ReadOnly',
          'The operator was started with --read-only: the cloud is not written to',
        ],
      };
    case 'halted':
      return haltPicture(outcome.why);
    case 'unread':
      return unreadPicture(outcome.error, outcome.failures, before, policy);
    case 'awaitingQuota': {
      // The refusal says it better, and a text that changes with each probe is a write for nothing.
      if (isRefusedForQuota(before, policy)) return { keepProgress: true };
      const message = 'Waiting for quota: the region holds as many custom policies as it may';
      return notReady('QuotaExceeded', message, {
        Accepted: ACCEPTED,
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'QuotaExceeded', message],
      });
    }
    case 'announced':
    case 'bound':
      return progress('Creating', 'The policy is being created');
    case 'awaiting':
      return outcome.refusal === undefined
        ? waitingPicture(before, policy)
        : failed('Creating', outcome.refusal);
    case 'createFailed':
      return failed('Creating', outcome.error);
    case 'abandoned':
      return outcome.refusal === undefined
        ? progress('Creating', 'The create is being started anew')
        : refusedPicture(outcome.refusal);
    case 'lost':
      return progress(
        'ExternallyDeleted',
        `Policy "${outcome.id}" was deleted outside; it is being created again`,
      );
    case 'settling':
      return progress('Configuring', `The cloud reports the policy as "${outcome.policy.status}"`);
    case 'updating':
      return {
        ...progress('Updating', `Updating ${names(outcome.found)}`),
        UpToDate: ['False', 'Drifted', `Differs in ${names(outcome.found)}`],
      };
    case 'updateFailed':
      return updateFailedPicture(outcome.error);
    case 'inSync':
      return {
        Ready: ['True', 'Available', 'The policy is available'],
        Accepted: ACCEPTED,
        CredentialsReady: IDENTIFIED,
        UpToDate: MATCHED,
      };
    case 'drifted':
      return {
        Ready: [
          'True',
          'Available',
          'The policy is available; drift is reported and left, as driftPolicy asks',
        ],
        Accepted: ACCEPTED,
        CredentialsReady: IDENTIFIED,
        UpToDate: ['False', 'Drifted', `Differs in ${names(outcome.found)}`],
      };
    case 'deleting':
      return notReady('Deleting', 'The policy is being deleted', {
        CredentialsReady: IDENTIFIED,
        Reconciling: ['True', 'Deleting', 'The policy is being deleted'],
      });
    case 'deleteFailed':
      return failed('Deleting', outcome.error);
    case 'blocked':
      return blockedPicture(outcome.listeners);
  }
}

function isRefusedForQuota(before: SecurityPolicyStatus, policy: SecurityPolicy): boolean {
  const stalled = before.conditions?.find((condition) => condition.type === 'Stalled');
  return stalled?.reason === 'QuotaExceeded' && stalled.observedGeneration === policy.metadata.generation;
}

function notReady(reason: Reason, message: string, rest: Picture): Picture {
  return { Ready: ['False', reason, message], ...rest };
}

function progress(reason: Reason, message: string): Picture {
  return notReady(reason, message, {
    Accepted: ACCEPTED,
    CredentialsReady: IDENTIFIED,
    Reconciling: ['True', reason, message],
  });
}

function says(error: CloudError): string {
  return `${error.code}: ${error.message}`;
}

function names(found: readonly Difference[]): string {
  return found.map((difference) => difference.field).join(', ');
}

/** What the cloud's refusal of a call means to the user. */
function reasonOf(error: CloudError): Reason {
  switch (error.kind) {
    case 'throttled':
      return 'Throttled';
    case 'busy':
      return 'Configuring';
    case 'indeterminate':
      return 'CloudUnavailable';
    case 'tokenSpent':
    case 'refused':
      return 'RejectedByCloud';
    case 'notFound':
      return 'ExternallyDeleted';
    case 'inUse':
      return 'InUse';
    case 'denied':
      return 'AccessDenied';
    case 'credentials':
      return 'CredentialsInvalid';
    case 'exhausted':
      return 'QuotaExceeded';
  }
}

/** A write that failed: retried; stalled when somebody must change something first. */
function failed(doing: 'Creating' | 'Updating' | 'Deleting', error: CloudError): Picture {
  const reason = reasonOf(error);
  const message = `${doing} failed, and is retried: ${says(error)}`;
  switch (error.kind) {
    case 'throttled':
    case 'busy':
    case 'indeterminate':
    case 'tokenSpent':
    case 'notFound':
    case 'inUse':
      return notReady(reason, message, { Reconciling: ['True', doing, message] });
    case 'denied':
    case 'credentials':
      return notReady(reason, message, {
        CredentialsReady: ['False', reason, message],
        Stalled: ['True', reason, message],
      });
    case 'refused':
    case 'exhausted':
      return notReady(reason, message, { Stalled: ['True', reason, message] });
  }
}

/** A create that is finally refused; it is announced anew later. */
function refusedPicture(error: CloudError): Picture {
  const picture = failed('Creating', error);
  const rejected = error.kind === 'refused' || error.kind === 'tokenSpent';
  return rejected ? { ...picture, Accepted: ['False', 'RejectedByCloud', says(error)] } : picture;
}

function updateFailedPicture(error: CloudError): Picture {
  const picture = failed('Updating', error);
  if (error.kind !== 'refused') return picture;
  return {
    ...picture,
    Ready: ['False', 'UpdateFailed', says(error)],
    Accepted: ['False', 'RejectedByCloud', says(error)],
  };
}

function haltPicture(why: Halt): Picture {
  switch (why.kind) {
    case 'credentials': {
      const reason = reasonOf(why.error);
      const message = says(why.error);
      return notReady(reason, message, {
        CredentialsReady: ['False', reason, message],
        Stalled: ['True', reason, message],
      });
    }
    case 'accountChanged': {
      const message = `The credentials are of account "${why.actual}"; this object is bound to account "${why.expected}"; nothing is done until they match`;
      return notReady('AccountChanged', message, {
        CredentialsReady: ['False', 'AccountChanged', message],
        Stalled: ['True', 'AccountChanged', message],
      });
    }
    case 'regionChanged': {
      const message = `spec.region is "${why.actual}"; this object is bound to region "${why.expected}", which cannot change`;
      return notReady('InvalidSpec', message, {
        Accepted: ['False', 'InvalidSpec', message],
        Stalled: ['True', 'InvalidSpec', message],
      });
    }
    case 'conflict': {
      const message = `More than one policy is claimed for this object: ${why.ids.join(', ')}; delete or untag all but one`;
      return notReady('Conflict', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'Conflict', message],
      });
    }
    case 'ownershipLost': {
      const message = `Policy "${why.id}" does not carry the tags of this object any more; it is not touched`;
      return notReady('OwnershipLost', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'OwnershipLost', message],
      });
    }
    case 'notListed': {
      const message = `Policy "${why.id}" exists, but ListSecurityPolicies does not show it to these credentials`;
      return notReady('NotListed', message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'NotListed', message],
      });
    }
  }
}

/** A read that failed says nothing of a generation that is applied already; three in a row, and nobody knows. */
function unreadPicture(
  error: CloudError,
  failures: number,
  before: SecurityPolicyStatus,
  policy: SecurityPolicy,
): Picture {
  const reason = reasonOf(error);
  const message = `The cloud could not be read: ${says(error)}`;
  const unknown: Picture = failures >= UNKNOWN_AFTER ? { UpToDate: ['Unknown', reason, message] } : {};
  const applied =
    before.lastApplied?.generation === policy.metadata.generation && before.securityPolicyId !== undefined;
  if (applied && policy.metadata.deletionTimestamp === undefined) return { ...unknown, keepProgress: true };
  const doing: Reason = policy.metadata.deletionTimestamp === undefined ? 'Creating' : 'Deleting';
  if (error.kind === 'denied')
    return notReady(reason, message, { ...unknown, Stalled: ['True', reason, message] });
  return notReady(reason, message, { ...unknown, Reconciling: ['True', doing, message] });
}

function waitingPicture(before: SecurityPolicyStatus, policy: SecurityPolicy): Picture {
  if (policy.metadata.deletionTimestamp !== undefined) {
    return notReady('Deleting', 'Waiting until the cloud does not show the policy any more', {
      Reconciling: ['True', 'Deleting', 'Waiting until the cloud does not show the policy any more'],
    });
  }
  const settled = before.lastApplied?.hash !== undefined && before.observed !== undefined;
  return settled ? { keepProgress: true } : progress('Creating', 'Waiting until the cloud shows the policy');
}

function blockedPicture(listeners: readonly Listener[]): Picture {
  const shown = listeners
    .slice(0, LISTENERS_SHOWN)
    .map((one) => `${one.listenerId} (${one.loadBalancerId}, ${one.protocol} ${one.port})`);
  const message =
    shown.length === 0
      ? 'The policy is in use'
      : `In use by ${shown.join(', ')}; give these listeners another policy first`;
  return notReady('InUse', message, {
    CredentialsReady: IDENTIFIED,
    Reconciling: ['True', 'Deleting', message],
    DeletionBlocked: ['True', 'InUse', message],
  });
}
