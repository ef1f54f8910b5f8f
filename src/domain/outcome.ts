/**
 * What a pass came to: the one thing that is handed from performing to recording.
 * @module
 */
import type { Millis } from '../ports/clock.ts';
import type { CloudError, CloudPolicy, Listener } from '../ports/cloud.ts';
import type { Violation } from './check.ts';
import type { Desired, Difference } from './policy.ts';
import type { Binding, Halt, PendingCreate, Target } from './step.ts';

/** What a pass came to. */
export type Outcome =
  | { readonly kind: 'rejected'; readonly violations: readonly Violation[] }
  | { readonly kind: 'paused' }
  | { readonly kind: 'readOnly' }
  | { readonly kind: 'halted'; readonly why: Halt }
  /** `failures` counts the failed reads in a row, this one included. */
  | {
      readonly kind: 'unread';
      readonly what: 'account' | 'list';
      readonly error: CloudError;
      readonly failures: number;
    }
  | { readonly kind: 'awaitingQuota' }
  | { readonly kind: 'announced'; readonly target: Target; readonly pending: PendingCreate }
  | { readonly kind: 'awaiting'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'createFailed'; readonly error: CloudError }
  | { readonly kind: 'abandoned'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'prechecked' }
  | { readonly kind: 'precheckFailed'; readonly error: CloudError }
  /** Our tags are about to be put on a policy that exists. */
  | {
      readonly kind: 'adopting';
      readonly id: string;
      readonly tagKeys: readonly string[];
      /** Wall time at which they go out. */
      readonly at: Millis;
    }
  | {
      readonly kind: 'observed';
      readonly policy: CloudPolicy;
      readonly target: Target;
      readonly found: readonly Difference[];
    }
  | { readonly kind: 'bound'; readonly id: string; readonly target: Target; readonly binding: Binding }
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
