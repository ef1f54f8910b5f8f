import type { CredentialSource } from '../adapters/alb/credentials/factory.ts';
import type { Millis } from '../ports/clock.ts';

/** The settings of `albsp run`. Durations in milliseconds. */
export interface RunConfig {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespaces: readonly string[];
  readonly selector: string | undefined;
  /** The operator's own identity. */
  readonly credentials: CredentialSource;
  /** Whether objects without a provider config may adopt. */
  readonly adoption: boolean;
  readonly region: string;
  readonly network: 'public' | 'vpc';
  readonly albEndpoint: string | undefined;
  readonly stsEndpoint: string | undefined;
  readonly metadataEndpoint: string | undefined;
  readonly clusterId: string | undefined;
  readonly acceptClusterId: string | undefined;
  readonly resync: Millis;
  readonly workers: number;
  readonly visibilityWindow: Millis;
  readonly leaderElect: boolean;
  readonly leaseName: string;
  readonly leaseNamespace: string | undefined;
  readonly leaseDuration: Millis;
  readonly renewDeadline: Millis;
  readonly retryPeriod: Millis;
  readonly listen: { readonly host: string; readonly port: number };
  readonly readOnly: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'json' | 'pretty';
}
