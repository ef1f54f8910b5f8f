/**
 * What each outcome says to the user: its conditions, with their reasons and texts.
 * Beside `status.ts` the only file that names a condition.
 * @module
 */
import type { SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import type { CloudError, CloudPolicy, Listener } from '../ports/cloud.ts';
import { conditionOf } from './condition.ts';
import type { Outcome } from './outcome.ts';
import { haltPicture } from './picture/halt.ts';
import {
  ACCEPTED,
  IDENTIFIED,
  type Line,
  names,
  notReady,
  type Picture,
  progress,
  reasonOf,
  says,
} from './picture/line.ts';
import { isDeleting, isFenced } from './plan/life.ts';
import type { Difference } from './policy.ts';
import type { Reason } from './reason.ts';

/** Failed reads in a row after which `UpToDate` is not known any more. */
const UNKNOWN_AFTER = 3;
/** The most listeners that a status names (schema bound of `status.relatedListeners`). */
export const LISTENERS_SHOWN = 10;
const MATCHED: Line = ['True', 'Matched', 'The policy in the cloud matches the spec'];

/** What an outcome says, so that nothing of an older generation is taken for this one. */
export function pictureOf(outcome: Outcome, before: SecurityPolicyStatus, policy: SecurityPolicy): Picture {
  const picture = pictureOfOutcome(outcome, before, policy);
  const ready = conditionOf(before, 'Ready');
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
    case 'paused': {
      const deleting = isDeleting(policy);
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
      return unreadPicture(outcome, before, policy);
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
    case 'prechecked':
      return {
        Ready: [
          'True',
          'PrecheckPassed',
          'DryRun: the cloud would accept this; nothing was created or changed',
        ],
        Accepted: ['True', 'PrecheckPassed', 'The cloud would accept the spec'],
        CredentialsReady: IDENTIFIED,
        UpToDate: ['Unknown', 'PrecheckPassed', 'DryRun compares nothing'],
      };
    case 'precheckFailed':
      return precheckFailedPicture(outcome.error);
    case 'adopting':
      return progress('Adopting', `Taking over policy "${outcome.id}"`);
    case 'observed':
      return observedPicture(outcome.policy, outcome.found);
    case 'announced':
      return progress('Creating', 'The policy is being created');
    case 'bound':
      if (outcome.binding === 'Adopted') return progress('Adopting', `Policy "${outcome.id}" is taken over`);
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
      // It has been said already what is being updated: each further call would be a write for nothing.
      if (isUpdating(before, policy)) return { keepProgress: true };
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

/** Whether it was said that this generation is being applied. */
export function isUpdating(before: SecurityPolicyStatus, policy: SecurityPolicy): boolean {
  const said = conditionOf(before, 'Reconciling');
  return said?.reason === 'Updating' && said.observedGeneration === policy.metadata.generation;
}

function isRefusedForQuota(before: SecurityPolicyStatus, policy: SecurityPolicy): boolean {
  const stalled = conditionOf(before, 'Stalled');
  return stalled?.reason === 'QuotaExceeded' && stalled.observedGeneration === policy.metadata.generation;
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

/** DryRun: the verdict of the cloud, or why there is none yet. */
function precheckFailedPicture(error: CloudError): Picture {
  const reason = reasonOf(error);
  const message = `The precheck failed: ${says(error)}`;
  switch (error.kind) {
    case 'refused':
    case 'tokenSpent':
    case 'notFound':
    case 'inUse':
      return notReady('RejectedByCloud', message, {
        Accepted: ['False', 'RejectedByCloud', says(error)],
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', 'RejectedByCloud', message],
      });
    case 'exhausted':
      return notReady(reason, message, {
        CredentialsReady: IDENTIFIED,
        Stalled: ['True', reason, message],
      });
    case 'denied':
    case 'credentials':
      return notReady(reason, message, {
        CredentialsReady: ['False', reason, message],
        Stalled: ['True', reason, message],
      });
    case 'throttled':
    case 'busy':
    case 'indeterminate':
      return notReady(reason, message, { Reconciling: ['True', reason, message] });
  }
}

function observedPicture(seen: CloudPolicy, found: readonly Difference[]): Picture {
  const said: Picture = {
    Accepted: ACCEPTED,
    CredentialsReady: IDENTIFIED,
    UpToDate: found.length === 0 ? MATCHED : ['False', 'Drifted', `Differs in ${names(found)}`],
  };
  if (seen.status !== 'Available') {
    const message = `The cloud reports the policy as "${seen.status}"`;
    return notReady('Configuring', message, { ...said, Reconciling: ['True', 'Configuring', message] });
  }
  const message =
    found.length === 0
      ? 'Observed: the policy is available'
      : 'Observed: the policy is available; drift is reported and left';
  return { Ready: ['True', 'Available', message], ...said };
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

/** A read that failed says nothing of a generation that is applied already; three in a row, and nobody knows. */
function unreadPicture(
  { error, failures, what }: Extract<Outcome, { kind: 'unread' }>,
  before: SecurityPolicyStatus,
  policy: SecurityPolicy,
): Picture {
  const reason = reasonOf(error);
  const message =
    what === 'list'
      ? `The cloud could not be read: ${says(error)}`
      : `The account of the credentials could not be learned: ${says(error)}`;
  const lost: Line = ['Unknown', reason, message];
  const denied = error.kind === 'denied';
  const anonymous: Picture = denied
    ? { CredentialsReady: ['False', reason, message] }
    : what === 'account'
      ? { CredentialsReady: lost }
      : {};
  const unknown: Picture = failures >= UNKNOWN_AFTER ? { UpToDate: lost, ...anonymous } : {};
  const applied =
    before.lastApplied?.generation === policy.metadata.generation && before.securityPolicyId !== undefined;
  if (applied && !isDeleting(policy)) return { ...unknown, keepProgress: true };
  const doing: Reason = isDeleting(policy) ? 'Deleting' : 'Creating';
  if (denied)
    return notReady(reason, message, { ...unknown, ...anonymous, Stalled: ['True', reason, message] });
  return notReady(reason, message, { ...unknown, ...anonymous, Reconciling: ['True', doing, message] });
}

function waitingPicture(before: SecurityPolicyStatus, policy: SecurityPolicy): Picture {
  if (isDeleting(policy)) {
    return notReady('Deleting', 'Waiting until the cloud does not show the policy any more', {
      Reconciling: ['True', 'Deleting', 'Waiting until the cloud does not show the policy any more'],
    });
  }
  if (isFenced(before) && policy.spec.managementPolicy !== 'Observe') {
    return progress('Adopting', 'Waiting until the cloud shows our tags on the policy');
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
