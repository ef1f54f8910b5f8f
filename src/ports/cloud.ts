/**
 * The cloud as one pass of `reconcile` sees it: verbs of the ALB API for one identity and one region.
 * @module
 */
import type { Millis } from './clock.ts';

/** A tag of a cloud resource. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A custom security policy as ListSecurityPolicies shows it. */
export interface CloudPolicy {
  readonly id: string;
  readonly name: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
  /** `Available` or `Configuring`; other words are kept as they are and never taken for Available. */
  readonly status: string;
  readonly resourceGroupId?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** As the cloud wrote it, for example `2023-02-15T07:37:33Z`. */
  readonly createTime?: string;
  /** True for a policy that another Alibaba Cloud service manages. */
  readonly serviceManaged: boolean;
}

/** A listener that uses a policy. */
export interface Listener {
  readonly loadBalancerId: string;
  readonly listenerId: string;
  readonly port: number;
  readonly protocol: string;
}

/** All policies of one region, read by one complete, unfiltered list. */
export interface Snapshot {
  /** Monotonic time at which the request for its first page was sent: what happened later may be missing. */
  readonly sentAt: Millis;
  readonly policies: readonly CloudPolicy[];
}

/** The parameters of CreateSecurityPolicy, as they are announced and replayed. */
export interface CreateParameters {
  readonly name: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
  readonly resourceGroupId?: string | undefined;
  readonly tags: readonly Tag[];
}

/** What UpdateSecurityPolicyAttribute changes; `tlsVersions` and `ciphers` go together. */
export interface UpdateParameters {
  readonly name?: string;
  readonly suites?: { readonly tlsVersions: readonly string[]; readonly ciphers: readonly string[] };
}

/** A write that the cloud is asked to judge, not to make. */
export type Draft =
  | { readonly kind: 'create'; readonly parameters: CreateParameters }
  | { readonly kind: 'update'; readonly id: string; readonly parameters: UpdateParameters };

/**
 * Why a call did not succeed, named by what to do next.
 * - `throttled`: refused by a rate limit; same again after `retryAfter`.
 * - `busy`: the resource or the request is being worked on (IncorrectStatus, IdempotenceProcessing); same again soon.
 * - `indeterminate`: no answer that can be believed; a write may or may not have happened.
 * - `tokenSpent`: the ClientToken was used with other parameters.
 * - `notFound`: the policy does not exist.
 * - `inUse`: listeners use the policy.
 * - `denied`: the identity lacks a permission.
 * - `credentials`: the identity itself is refused, or cannot be obtained.
 * - `exhausted`: a quota is full; `usage` as the refusal tells it.
 * - `refused`: the request can never succeed as it is.
 */
export type CloudErrorKind =
  | 'throttled'
  | 'busy'
  | 'indeterminate'
  | 'tokenSpent'
  | 'notFound'
  | 'inUse'
  | 'denied'
  | 'credentials'
  | 'exhausted'
  | 'refused';

/** A failed call. `code` and `message` are masked: safe for status, events and logs. */
export interface CloudError {
  readonly kind: CloudErrorKind;
  /** The cloud's code, for example `ResourceInUse.SecurityPolicy`; for a call without an answer one of our own, such as `Timeout`. */
  readonly code: string;
  /** The cloud's text without request id, URL, token or key; at most 512 characters. */
  readonly message: string;
  /** How long the cloud asks to wait. */
  readonly retryAfter?: Millis;
  /** The request never left this process: whatever it was to do has not happened. */
  readonly unsent?: true;
  /** Of `exhausted`: the usage that the refusal names (`usage 50/50`). */
  readonly usage?: { readonly used: number; readonly limit: number };
}

/** The answer to a call: a value or an error, never a throw. */
export type CloudResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'error'; readonly error: CloudError };

/** Whom the credentials in use belong to (sts:GetCallerIdentity), and the way to its regions. */
export interface Account {
  readonly accountId: string;
  readonly arn: string;
  /**
   * The ALB API of one region, by these credentials and no others: once the configuration gives other ones, every call
   * is `busy` with the code `IdentityChanged` and nothing is sent. So what was decided for one account cannot reach
   * another one. `region` matches `^[a-z]{2}(-[a-z0-9]+)+$`.
   * The same object for the same region while the credentials are the same, so that its snapshot is shared.
   */
  region(region: string): Region;
}

/**
 * One identity. *Guarantees*: no method throws or rejects; each settles within its own deadline (at most 60 s).
 */
export interface Cloud {
  /** The account behind the credentials, learned once a credential and remembered. */
  account(): Promise<CloudResult<Account>>;
}

/**
 * The ALB API of one identity in one region.
 *
 * *Guarantees*: one call of `precheck`, `create`, `update`, `delete`, `tag`, `untag` or `move` sends at most one request;
 * an answer that cannot be believed is `indeterminate`. Reads may be repeated and are shared.
 * *Caveat*: a list never proves absence.
 */
export interface Region {
  readonly region: string;
  /** Scheme and host that requests go to, as written to `status.target.endpoint`. */
  readonly endpoint: string;
  /**
   * A complete list whose first page was sent at or after `notBefore` (monotonic). Served from the shared snapshot
   * when that is fresh enough, else by the next list, which all waiting callers share.
   */
  list(notBefore: Millis): Promise<CloudResult<Snapshot>>;
  /** The policies of these ids, by a shared ListSecurityPolicies of up to 20 ids sent after this call. */
  sight(id: string): Promise<CloudResult<CloudPolicy | undefined>>;
  /** The listeners that use the policy; `notFound` only when the cloud answers 404 for this id. */
  relations(id: string): Promise<CloudResult<readonly Listener[]>>;
  /** Lets the cloud judge a write (`DryRun=true`, never a ClientToken): `ok` when it would be accepted. */
  precheck(draft: Draft): Promise<CloudResult<void>>;
  create(parameters: CreateParameters, clientToken: string): Promise<CloudResult<{ readonly id: string }>>;
  update(id: string, parameters: UpdateParameters): Promise<CloudResult<void>>;
  delete(id: string): Promise<CloudResult<void>>;
  tag(id: string, tags: readonly Tag[]): Promise<CloudResult<void>>;
  /** Removes tags by key and value, so that a late call cannot strip what someone else has set since. */
  untag(id: string, tags: readonly Tag[]): Promise<CloudResult<void>>;
  move(id: string, resourceGroupId: string): Promise<CloudResult<void>>;
}
