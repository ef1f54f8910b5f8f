/**
 * Kubernetes as one pass of `reconcile` sees it: reads from the watch cache, writes with the resourceVersion that was read.
 * @module
 */
import type { SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';

/** `namespace/name` of an object. */
export type Key = string;

/**
 * The answer to a write.
 * - `ok`: stored, or found equal and not stored; `object` is what the server answered.
 * - `conflict`: the object has changed since it was read.
 * - `gone`: no such object (any more), or another one by the same name.
 * - `refused`: the server will not take it (403, 422); `message` says why.
 * - `unavailable`: no answer that can be believed; the write may or may not have happened.
 */
export type WriteResult =
  | { readonly kind: 'ok'; readonly object: SecurityPolicy }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string };

/** What the cache holds of a key; `stale` while it is older than this process's own last write of it. */
export type Cached =
  | { readonly kind: 'found'; readonly object: SecurityPolicy }
  | { readonly kind: 'absent' }
  | { readonly kind: 'stale' };

/** *Guarantees*: no method throws or rejects. Objects are shared and never changed in place. */
export interface PolicyStore {
  read(key: Key): Cached;
  /** Replaces the finalizers; carries uid and resourceVersion, so that a stale view gets `conflict`. */
  writeFinalizers(object: SecurityPolicy, finalizers: readonly string[]): Promise<WriteResult>;
  /** Whether an object with this UID lives in the watched namespaces, whatever its labels: read live, never from the cache. */
  lives(uid: string): Promise<'alive' | 'gone' | 'unknown'>;
  /** Replaces the whole status through the status subresource; carries uid and resourceVersion. */
  writeStatus(object: SecurityPolicy, status: SecurityPolicyStatus): Promise<WriteResult>;
}

/** Events of an object, written on transitions only; never waited for, never failing the pass. */
export interface Events {
  publish(
    object: SecurityPolicy,
    event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
  ): void;
}
