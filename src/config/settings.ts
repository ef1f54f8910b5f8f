import type { CredentialSource } from '../adapters/alb/credentials/factory.ts';
import type { Millis } from '../ports/clock.ts';

/** Which cluster, whose credentials, and which cloud: what every command that meets one of them is told. */
export interface Connection {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** None: all. */
  readonly namespaces: readonly string[];
  /** The operator's own identity. */
  readonly credentials: CredentialSource;
  readonly region: string;
  readonly network: 'public' | 'vpc';
  readonly albEndpoint: string | undefined;
  readonly stsEndpoint: string | undefined;
  readonly metadataEndpoint: string | undefined;
  readonly clusterId: string | undefined;
}

/** The settings of `albsp run`. Durations in milliseconds. */
export interface RunConfig extends Connection {
  readonly selector: string | undefined;
  /** Whether objects without a provider config may adopt. */
  readonly adoption: boolean;
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
