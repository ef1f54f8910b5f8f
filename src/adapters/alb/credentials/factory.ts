/**
 * From what a configuration says to the one provider that it means. No kind ever falls through to another.
 * @module
 */
import type { Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { SecretAnswer, SecretName } from '../../../ports/secret.ts';
import { type Credentials, environmentCredentials } from '../credentials.ts';
import type { Endpoints } from '../endpoints.ts';
import type { Exchange } from '../exchange.ts';
import { ecsRamRoleCredentials } from './ecsramrole.ts';
import { rrsaCredentials, rrsaFromEnvironment, rrsaTokenFile } from './rrsa.ts';
import { type SecretKeys, secretCredentials } from './secret.ts';

/**
 * Where keys come from.
 * - `environment`: keys in variables of the process.
 * - `rrsa`: the role that is named, else the one that the pod-identity webhook's variables name.
 * - `ecsRamRole`: the role of the node, that of this name if one is given.
 * - `secretRef`: a Secret.
 * - `none`: nothing; whoever asks is told to name a provider config.
 */
export type CredentialSource =
  | { readonly kind: 'environment' }
  | {
      readonly kind: 'rrsa';
      readonly role?: { readonly roleArn: string; readonly oidcProviderArn: string };
    }
  | { readonly kind: 'ecsRamRole'; readonly roleName?: string }
  | { readonly kind: 'secretRef'; readonly secret: SecretName; readonly keys?: SecretKeys | undefined }
  | { readonly kind: 'none' };

/** What the providers need of the process. */
export interface CredentialDependencies {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Made with `metadata` set to `metadataEndpoint`, where `ecsRamRole` is used. */
  readonly exchange: Exchange;
  /** Of the identity whose keys these are. */
  readonly endpoints: Pick<Endpoints, 'sts'>;
  /** As `checkMetadataEndpoint` gives it; default `METADATA_ENDPOINT`. */
  readonly metadataEndpoint?: string | undefined;
  readonly userAgent: string;
  /** Names sessions in the cloud's audit log, such as the name of the pod. */
  readonly sessionName: string;
  /** Aborts what is under way at shutdown. */
  readonly signal: AbortSignal;
  /** Reads a text file; may reject. */
  readonly readFile: (path: string) => Promise<string>;
  /** One get of one Secret. */
  readonly readSecret: (secret: SecretName) => Promise<SecretAnswer>;
}

/** The provider of one configuration. Nothing is fetched before its `current()` is called. */
export function credentialsFor(source: CredentialSource, dependencies: CredentialDependencies): Credentials {
  switch (source.kind) {
    case 'environment':
      return environmentCredentials(dependencies.environment);
    case 'rrsa':
      return rrsaOf(source, dependencies);
    case 'ecsRamRole': {
      const { metadataEndpoint, ...rest } = dependencies;
      return ecsRamRoleCredentials({
        ...rest,
        ...(source.roleName === undefined ? {} : { roleName: source.roleName }),
        ...(metadataEndpoint === undefined ? {} : { endpoint: metadataEndpoint }),
      });
    }
    case 'secretRef': {
      const { clock, log } = dependencies;
      const readSecret = () => dependencies.readSecret(source.secret);
      return secretCredentials({ secret: source.secret, keys: source.keys, readSecret, clock, log });
    }
    case 'none':
      return failing(
        'NoIdentity',
        'The operator was started with --credentials none: each object must name a provider config',
      );
  }
}

function rrsaOf(
  { role }: Extract<CredentialSource, { kind: 'rrsa' }>,
  dependencies: CredentialDependencies,
): Credentials {
  const { environment } = dependencies;
  if (role !== undefined)
    return rrsaCredentials({ ...dependencies, ...role, tokenFile: rrsaTokenFile(environment) });
  const found = rrsaFromEnvironment(environment);
  switch (found.kind) {
    case 'ok':
      return rrsaCredentials({ ...dependencies, ...found.role });
    case 'missing':
      return failing('CredentialMissing', found.message);
  }
}

/** Always the same error. */
function failing(code: string, message: string): Credentials {
  return { current: async () => ({ kind: 'error', code, message }), refused: () => {} };
}
