/**
 * By whose credentials an object is looked after.
 * @module
 */
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import type { Cloud } from './cloud.ts';

/** One identity: the operator's own, or that of a provider config. */
export interface Identity {
  readonly cloud: Cloud;
  /** Region of objects that name none. */
  readonly region: string;
  /** Whether its objects may adopt policies that exist: whoever can adopt can delete. */
  readonly adoption: boolean;
}

/** Why an object has no identity; words of `domain/reason.ts`. */
export type IdentityReason = 'ProviderConfigNotFound' | 'NamespaceNotAllowed';

/** The identity of an object, or what to mend: `message` names the config and the rule. */
export type IdentityResult =
  | { readonly kind: 'ok'; readonly identity: Identity }
  | { readonly kind: 'error'; readonly reason: IdentityReason; readonly message: string };

/** *Guarantees*: an object never gets another identity than the one it names; nothing of a config that does not allow its namespace is read. */
export interface Identities {
  of(policy: SecurityPolicy): IdentityResult;
  /** The operator's own, if it has one, and that of every provider config. */
  all(): Iterable<Identity>;
}
