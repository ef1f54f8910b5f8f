/**
 * The words of the decision: what was seen, what is remembered, and the one step that follows.
 * @module
 */
import type { SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudError, CloudPolicy, Draft, Tag, UpdateParameters } from '../ports/cloud.ts';
import type { IdentityReason } from '../ports/identities.ts';
import type { Violation } from './check.ts';
import type { Desired, Difference } from './policy.ts';

/** The announced create, as status holds it. */
export type PendingCreate = NonNullable<SecurityPolicyStatus['pendingCreate']>;
/** The account, region and endpoint that an object is bound to from its announce on. */
export type Target = NonNullable<SecurityPolicyStatus['target']>;
/** How an object came by its policy. */
export type Binding = NonNullable<SecurityPolicyStatus['binding']>;

/** What the pass saw of the cloud. */
export type Observation =
  /** Nothing was asked yet: the plan says `observe` when it needs to know. */
  | { readonly kind: 'unasked' }
  /** There is no identity to look with: the provider config does not resolve for this object. */
  | { readonly kind: 'unidentified'; readonly reason: IdentityReason; readonly message: string }
  /** The identity could not be told: nothing may be announced, written, lost or gone. */
  | { readonly kind: 'anonymous'; readonly error: CloudError }
  /** The account is known, but no complete list could be read. */
  | { readonly kind: 'unread'; readonly target: Target; readonly error: CloudError }
  | Seen;

/** A complete list of the region, and what was asked about single things besides. */
export interface Seen {
  readonly kind: 'seen';
  readonly target: Target;
  /** Of the list at least what bears on this object: by its UID, by an id or by a name that it speaks of. */
  readonly policies: readonly CloudPolicy[];
  /** How many policies the whole list has. */
  readonly total: number;
  /** What ListSecurityPolicyRelations says of the id in status, asked only when the list does not show it. */
  readonly existence: 'unasked' | 'exists' | 'absent' | 'unknown';
  /** Whether an object with `adopt.previousOwnerUID` lives, read live; asked only where the answer decides. */
  readonly previousOwner: 'unasked' | 'alive' | 'gone' | 'unknown';
  /** Whether the identity lets its objects adopt. */
  readonly adoption: boolean;
}

/** What this process remembers of the object; empty after a restart. */
export interface Recall {
  /** How the announced token fared; undefined when this process did not announce it. */
  readonly token?: TokenRecall | undefined;
  /** The id that the announced create was answered with, until it is written down. */
  readonly created?: { readonly clientToken: string; readonly id: string } | undefined;
  /** The last update, tag or move that the cloud accepted, and what the cloud showed before it. */
  readonly written?: { readonly sinceMs: Millis; readonly before: string } | undefined;
  /** The one managed hash that changes were sent for, answered or not, since a list last showed what was wanted. */
  readonly sent?: string | undefined;
  /**
   * The policy that our tags were sent to, to take it over; `refused` when they certainly did not arrive. `fence` is
   * `lastApplied.at` as the fence wrote it: when status has another, another process has sent its tags since.
   */
  readonly claimed?:
    | { readonly id: string; readonly sinceMs: Millis; readonly refused: boolean; readonly fence: string }
    | undefined;
  /** The id that DeleteSecurityPolicy answered success or 404 for. */
  readonly deleted?: { readonly id: string; readonly sinceMs: Millis } | undefined;
}

/** The sends of one ClientToken, as this process saw them. */
export interface TokenRecall {
  readonly clientToken: string;
  readonly sends: number;
  /** Answers that could not be believed, counting one for a token that another process announced. */
  readonly ambiguous: number;
  /** Time since the last send; since this process first saw the announce, when it never sent. */
  readonly sinceMs: Millis;
  /** The refusal that the last send got, if it got one. */
  readonly refusal?: CloudError | undefined;
}

/** Everything that `plan` decides by. */
export interface Situation {
  readonly policy: SecurityPolicy;
  readonly violations: readonly Violation[];
  readonly clusterId: string;
  /** A former cluster id, whose policies are taken over (`--accept-cluster-id`). */
  readonly acceptClusterId?: string | undefined;
  readonly observation: Observation;
  readonly recall: Recall;
  /** Whether the quota gate of the account and region lets this object announce. */
  readonly quota: 'open' | 'closed';
  readonly now: Millis;
  /** The time within which lists may lag. */
  readonly window: Millis;
}

/** The one thing to do now. */
export type Step =
  | { readonly kind: 'ignore' }
  | { readonly kind: 'observe' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'claim' }
  | { readonly kind: 'reject'; readonly violations: readonly Violation[] }
  | { readonly kind: 'halt'; readonly why: Halt }
  /** `account`: whose credentials these are is not known; `list`: it is, and the policies could not be read. */
  | { readonly kind: 'unread'; readonly what: 'account' | 'list'; readonly error: CloudError }
  | { readonly kind: 'awaitQuota' }
  /** DryRun: the cloud is to judge this write. */
  | { readonly kind: 'precheck'; readonly draft: Draft }
  /** DryRun: the cloud has judged this generation well, and nobody asked again. */
  | { readonly kind: 'prechecked' }
  /** Put our tags on a policy of nobody, of the named previous owner, or of our former cluster id. */
  | { readonly kind: 'adopt'; readonly policy: CloudPolicy; readonly tags: readonly Tag[] }
  /** Observe: tell what is there. */
  | { readonly kind: 'watch'; readonly policy: CloudPolicy; readonly found: readonly Difference[] }
  | { readonly kind: 'announce'; readonly target: Target; readonly pending: PendingCreate }
  | { readonly kind: 'create'; readonly pending: PendingCreate; readonly replay: boolean }
  /** Not seen yet, and still within the window, or a refusal that is not final yet. */
  | { readonly kind: 'await'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'bind'; readonly policy: CloudPolicy; readonly binding: Binding }
  /** The create was answered with this id, and no list has shown it in time. */
  | { readonly kind: 'recordId'; readonly id: string }
  /** The announced create is known not to exist: the next one gets another token. */
  | { readonly kind: 'abandon'; readonly refusal?: CloudError | undefined }
  | { readonly kind: 'recordLoss'; readonly id: string }
  | { readonly kind: 'settle'; readonly policy: CloudPolicy }
  | {
      readonly kind: 'update';
      readonly policy: CloudPolicy;
      readonly change: Change;
      readonly found: readonly Difference[];
    }
  | { readonly kind: 'inSync'; readonly policy: CloudPolicy; readonly desired: Desired }
  | { readonly kind: 'report'; readonly policy: CloudPolicy; readonly found: readonly Difference[] }
  | { readonly kind: 'destroy'; readonly id: string }
  /** Nothing of ours is left in the cloud, or all that is left is to be let go: `untag` first, then the finalizer. */
  | {
      readonly kind: 'release';
      readonly untag?: { readonly id: string; readonly tags: readonly Tag[] } | undefined;
      readonly note?: string | undefined;
    };

/** Why an object is not touched although nothing failed. */
export type Halt =
  | { readonly kind: 'identity'; readonly reason: IdentityReason; readonly message: string }
  | { readonly kind: 'credentials'; readonly error: CloudError }
  | { readonly kind: 'accountChanged'; readonly expected: string; readonly actual: string }
  | { readonly kind: 'regionChanged'; readonly expected: string; readonly actual: string }
  | { readonly kind: 'conflict'; readonly ids: readonly string[] }
  | { readonly kind: 'ownershipLost'; readonly id: string }
  | { readonly kind: 'notListed'; readonly id: string }
  /** Of another cluster by its tag; `id` is unknown while only the announced create says so. */
  | { readonly kind: 'otherCluster'; readonly id: string | undefined; readonly cluster: string }
  /** The policy that is observed does not exist any more. */
  | { readonly kind: 'observedGone'; readonly id: string }
  | AdoptionHalt;

/** Why a policy is not adopted. */
export type AdoptionHalt =
  | { readonly kind: 'adoptionTargetNotFound'; readonly wanted: string }
  | { readonly kind: 'adoptionAmbiguous'; readonly name: string; readonly ids: readonly string[] }
  /** The identity does not let its objects adopt. */
  | { readonly kind: 'adoptionForbidden' }
  | { readonly kind: 'serviceManaged'; readonly id: string }
  | {
      readonly kind: 'ownedByAnother';
      readonly id: string;
      readonly uid: string;
      /** `namespace/name` of the owner, as its tag says; empty without one. */
      readonly object: string;
      readonly cluster: string;
      /** Whether `previousOwnerUID` names this owner, and what stands in the way then. */
      readonly claim: 'none' | 'alive' | 'unknown' | 'otherCluster';
    };

/** One cloud write that brings a policy nearer to the spec. */
export type Change =
  | { readonly kind: 'attributes'; readonly parameters: UpdateParameters }
  | { readonly kind: 'tag'; readonly tags: readonly Tag[] }
  | { readonly kind: 'untag'; readonly tags: readonly Tag[] }
  | { readonly kind: 'move'; readonly resourceGroupId: string };
