/**
 * The words that every picture is drawn with.
 * @module
 */
import type { CloudError } from '../../ports/cloud.ts';
import type { Difference } from '../policy.ts';
import type { Reason } from '../reason.ts';

type Truth = 'True' | 'False' | 'Unknown';
/** One condition: its status, reason and message. */
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

export const ACCEPTED: Line = ['True', 'Valid', 'The spec is valid'];
export const IDENTIFIED: Line = ['True', 'CredentialsValid', 'The credentials work'];

/** Not ready, and why. */
export function notReady(reason: Reason, message: string, rest: Picture): Picture {
  return { Ready: ['False', reason, message], ...rest };
}

/** Not ready yet: the operator is at work. */
export function progress(reason: Reason, message: string): Picture {
  return notReady(reason, message, {
    Accepted: ACCEPTED,
    CredentialsReady: IDENTIFIED,
    Reconciling: ['True', reason, message],
  });
}

/** The cloud's code and text. */
export function says(error: CloudError): string {
  return `${error.code}: ${error.message}`;
}

/** The fields that differ. */
export function names(found: readonly Difference[]): string {
  return found.map((difference) => difference.field).join(', ');
}

/** Codes of our own for credentials that could not be had, and what they mean. */
const SOURCES: ReadonlyMap<string, Reason> = new Map([
  ['SecretNotFound', 'SecretNotFound'],
  ['SecretKeyMissing', 'SecretNotFound'],
  ['TokenExchangeFailed', 'TokenExchangeFailed'],
]);

/** What the cloud's refusal of a call means to the user. */
export function reasonOf(error: CloudError): Reason {
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
      return SOURCES.get(error.code) ?? 'CredentialsInvalid';
    case 'exhausted':
      return 'QuotaExceeded';
  }
}
