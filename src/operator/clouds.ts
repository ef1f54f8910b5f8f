/**
 * The clouds of one operator: its own, and those of the provider configs.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { createBuckets } from '../adapters/alb/bucket.ts';
import { type AlbCloud, createCloud } from '../adapters/alb/cloud.ts';
import { METADATA_ENDPOINT } from '../adapters/alb/credentials/ecsramrole.ts';
import { type CredentialSource, credentialsFor } from '../adapters/alb/credentials/factory.ts';
import { createEndpoints } from '../adapters/alb/endpoints.ts';
import { createUndiciExchange } from '../adapters/alb/undici.ts';
import { systemClock } from '../adapters/clock.ts';
import type { Place } from '../adapters/identities.ts';
import type { RunConfig } from '../config/settings.ts';
import type { Log } from '../ports/log.ts';
import type { SecretAnswer, SecretName } from '../ports/secret.ts';
import type { CloudCall } from '../runtime/metrics.ts';

/** What clouds are made with. */
export interface CloudsOptions {
  readonly config: Pick<RunConfig, 'albEndpoint' | 'stsEndpoint' | 'metadataEndpoint'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly userAgent: string;
  /** Names sessions in the cloud's audit log. */
  readonly instance: string;
  /** Asked right before a mutating request is written. */
  mayWrite(): boolean;
  onCall(call: CloudCall): void;
  readFile(path: string): Promise<string>;
  readSecret(secret: SecretName): Promise<SecretAnswer>;
}

/** Makes clouds that share connections and rate limits, and nothing else. */
export interface Clouds {
  make(source: CredentialSource, place: Place): AlbCloud;
  close(): Promise<void>;
}

export function createClouds(options: CloudsOptions): Clouds {
  const { config, environment, log, userAgent } = options;
  const proxy = {
    httpsProxy: environment.HTTPS_PROXY ?? environment.https_proxy ?? '',
    noProxy: environment.NO_PROXY ?? environment.no_proxy ?? '',
  };
  const api = createUndiciExchange({ proxy });
  // The only one that may speak to the metadata service of the node.
  const metadata = createUndiciExchange({
    proxy,
    metadata: config.metadataEndpoint ?? METADATA_ENDPOINT,
  });
  const buckets = createBuckets(systemClock);
  const abort = new AbortController();
  return {
    make(source, { region, network, endpoint }) {
      const alb = endpoint ?? config.albEndpoint;
      // The operator's STS endpoint is for identities that have no endpoint of their own.
      const sts = endpoint === undefined ? config.stsEndpoint : undefined;
      const endpoints = createEndpoints({
        network,
        region,
        ...(alb === undefined ? {} : { alb }),
        ...(sts === undefined ? {} : { sts }),
      });
      const credentials = credentialsFor(source, {
        environment,
        clock: systemClock,
        log,
        exchange: source.kind === 'ecsRamRole' ? metadata.exchange : api.exchange,
        endpoints,
        metadataEndpoint: config.metadataEndpoint,
        userAgent,
        sessionName: options.instance,
        signal: abort.signal,
        readFile: options.readFile,
        readSecret: options.readSecret,
      });
      return createCloud({
        credentials,
        endpoints,
        exchange: api.exchange,
        clock: systemClock,
        log,
        nonce: () => randomBytes(16).toString('hex'),
        userAgent,
        mayWrite: options.mayWrite,
        onCall: ({ action, kind, ms }) => options.onCall({ action, outcome: kind, duration: ms }),
        buckets,
        signal: abort.signal,
      });
    },
    async close() {
      abort.abort();
      await Promise.all([api.close(), metadata.close()]);
    },
  };
}
