/**
 * What a pass came to: the one thing that is handed from performing to recording.
 * @module
 */
import type { CloudError, CloudPolicy, Listener } from '../ports/cloud.ts';
import type { Violation } from './check.ts';
import type { Desired, Difference } from './policy.ts';
import type { Halt, PendingCreate, Target } from './step.ts';

/** What a pass came to. */
export type Outcome =
  | { readonly kind: 'rejected'; readonly violations: readonly Violation[] }
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'readOnly' }
  | { readonly kind: 'halted'; readonly why: Halt }
  /** `failures` counts the failed reads in a row, this one included. */
  | { readonly kind: 'unread'; readonly error: CloudError; readonly failures: number }
  | { readonly kind: 'awaitingQuota' }
  | { readonly kind: 'announced'; readonly target: Target; readonly pending: PendingCreate }
  | { readonly kind: 'awaiting'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'createFailed'; readonly error: CloudError }
  | { readonly kind: 'abandoned'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'bound'; readonly id: string; readonly target: Target }
  | { readonly kind: 'lost'; readonly id: string }
  | { readonly kind: 'settling'; readonly policy: CloudPolicy }
  | {
      readonly kind: 'updating';
      readonly policy: CloudPolicy;
      readonly found: readonly Difference[];
      readonly tagKeys: readonly string[];
    }
  | { readonly kind: 'updateFailed'; readonly error: CloudError }
  | { readonly kind: 'inSync'; readonly policy: CloudPolicy; readonly desired: Desired }
  | { readonly kind: 'drifted'; readonly policy: CloudPolicy; readonly found: readonly Difference[] }
  | { readonly kind: 'deleting' }
  | { readonly kind: 'deleteFailed'; readonly error: CloudError }
  | { readonly kind: 'blocked'; readonly listeners: readonly Listener[] };
