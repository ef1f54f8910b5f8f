import type { Millis } from '../../ports/clock.ts';

/** A key that may sign requests. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** Session token that must come with it; undefined for a long-lived key. */
  readonly securityToken?: string;
  /** The account it belongs to. */
  readonly account: string;
  /** Wall time after which it is refused. */
  readonly expiresAt?: Millis;
  /** Name of the assumed role, for session keys. */
  readonly role?: string;
  /** Actions that its identity may not use. */
  readonly denied?: readonly string[];
  /** False: the key is switched off. */
  readonly active?: boolean;
}

/** The account of keys that name none. */
export const DEFAULT_ACCOUNT = '1000000000000001';

/** The keys of all accounts. */
export class KeyRing {
  readonly #keys = new Map<string, AccessKey>();

  /** Adds or replaces a key. */
  add(key: AccessKey): void {
    this.#keys.set(key.id, key);
  }

  /** Takes a key away: requests signed with it are refused as InvalidAccessKeyId.NotFound. */
  remove(id: string): void {
    this.#keys.delete(id);
  }

  find(id: string): AccessKey | undefined {
    return this.#keys.get(id);
  }
}
