/**
 * Provider configs as their reconciler sees them.
 * @module
 */
import type { ProviderConfigStatus } from '../api/providerconfig.ts';
import type { AnyConfig } from '../domain/providerconfig.ts';

/** The answer to a write: `retry` when it may help to look again, `gone` when there is nothing to write to. */
export type ConfigWrite = 'ok' | 'gone' | 'retry';

/** *Guarantees*: no method throws or rejects. Objects are shared and never changed in place. */
export interface ConfigStore {
  /** The config of a key, as the watch shows it. */
  read(key: string): AnyConfig | undefined;
  /** Replaces the whole status; carries uid and resourceVersion, so that a stale view is refused. */
  writeStatus(config: AnyConfig, status: ProviderConfigStatus): Promise<ConfigWrite>;
}
