/**
 * Every reason that a condition or an event can carry; each stands in `docs/conditions.md` with what to do about it.
 */
export const REASONS = [
  'Available',
  'Pending',
  'Valid',
  'CredentialsValid',
  'Creating',
  'Updating',
  'Configuring',
  'Deleting',
  'Released',
  'InvalidSpec',
  'NotSupportedYet',
  'RejectedByCloud',
  'CredentialsInvalid',
  'AccountChanged',
  'AccessDenied',
  'Throttled',
  'CloudUnavailable',
  'QuotaExceeded',
  'Conflict',
  'ExternallyDeleted',
  'OwnershipLost',
  'NotListed',
  'Matched',
  'Drifted',
  'UpdateFailed',
  'InUse',
  'ReconcilePaused',
  'ReadOnly',
] as const;

/** A reason of a condition or an event, in the form of `metav1.Condition`. */
export type Reason = (typeof REASONS)[number];
