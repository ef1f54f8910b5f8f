/**
 * One cloud for each identity: the operator's own, and one for each provider config as long as it is unchanged.
 * Nothing is shared between them but the rate limits, which are the account's.
 * @module
 */
import { contradicts } from '../domain/configstatus.ts';
import { type AnyConfig, type ConfigViews, resolveConfig } from '../domain/providerconfig.ts';
import type { Cloud } from '../ports/cloud.ts';
import type { Identities, Identity } from '../ports/identities.ts';
import type { CredentialSource } from './alb/credentials/factory.ts';

/** Where calls of an identity go. */
export interface Place {
  readonly region: string;
  readonly network: 'public' | 'vpc';
  /** An ALB endpoint of the identity's own. */
  readonly endpoint?: string | undefined;
}

/** What identities are made of. */
export interface IdentityOptions {
  readonly own: Identity;
  /** Whether `own` has credentials at all. */
  readonly hasOwn: boolean;
  readonly views: ConfigViews & { configs(): Iterable<AnyConfig> };
  /** Region and network of the operator, for what a config does not say. */
  readonly place: Place;
  make(source: CredentialSource, place: Place): Cloud;
  /** Told when a pass was answered what the status of the config denies: refused, allowed again, or another account. */
  onDoubt?(config: AnyConfig): void;
}

/** The identities in use. */
export interface IdentityRegistry extends Identities {
  /** The identity of a config, whoever may use it. */
  ofConfig(config: AnyConfig): Identity;
  /** The cloud of a config for whoever keeps its status: its answers raise no doubt. */
  cloudOf(config: AnyConfig): Cloud;
  /** Drops the cloud of a config that is gone, with its keys and snapshots. */
  forget(config: AnyConfig): void;
}

interface Entry {
  readonly uid: string;
  readonly generation: number;
  readonly cloud: Cloud;
  readonly identity: Identity;
  /** As it was seen last, for its status. */
  config: AnyConfig;
}

/** Makes clouds as they are asked for; a config that was changed or created anew gets another one. */
export function createIdentities(options: IdentityOptions): IdentityRegistry {
  const { own, hasOwn, views } = options;
  const entries = new Map<string, Entry>();

  function entryOf(config: AnyConfig): Entry {
    const { uid, generation } = config.object.metadata;
    const name = nameOf(config);
    const known = entries.get(name);
    if (known?.uid === uid && known.generation === generation) {
      known.config = config;
      return known;
    }
    const made = identityOf(config, options);
    const { cloud } = made;
    const identity = { ...made, cloud: doubting(cloud, (account) => doubt(entry, account)) };
    const entry: Entry = { uid, generation, cloud, identity, config };
    entries.set(name, entry);
    return entry;
  }

  function doubt({ config }: Entry, account: Awaited<ReturnType<Cloud['account']>>): void {
    if (contradicts(config, account)) options.onDoubt?.(config);
  }

  const ofConfig = (config: AnyConfig) => entryOf(config).identity;

  return {
    of(policy) {
      const resolution = resolveConfig(policy, views);
      switch (resolution.kind) {
        case 'own':
          return { kind: 'ok', identity: own };
        case 'config':
          return { kind: 'ok', identity: ofConfig(resolution.config) };
        case 'refused':
          return { kind: 'error', reason: resolution.reason, message: resolution.message };
      }
    },
    *all() {
      if (hasOwn) yield own;
      for (const config of views.configs()) yield ofConfig(config);
    },
    ofConfig,
    cloudOf: (config) => entryOf(config).cloud,
    forget: (config) => {
      if (entries.get(nameOf(config))?.uid === config.object.metadata.uid) entries.delete(nameOf(config));
    },
  };
}

/** The same cloud, whose answers are shown to `look` on their way. */
function doubting(cloud: Cloud, look: (account: Awaited<ReturnType<Cloud['account']>>) => void): Cloud {
  return {
    async account() {
      const account = await cloud.account();
      look(account);
      return account;
    },
  };
}

function nameOf({ kind, object }: AnyConfig): string {
  const namespace = 'namespace' in object.metadata ? object.metadata.namespace : '';
  return `${kind}/${namespace}/${object.metadata.name}`;
}

function identityOf(config: AnyConfig, { make, place }: IdentityOptions): Identity {
  switch (config.kind) {
    case 'ProviderConfig': {
      const { spec, metadata } = config.object;
      const region = spec.region ?? place.region;
      const { name, keys } = spec.secretRef;
      const secret = { namespace: metadata.namespace, name };
      // Whoever has the keys can take over what they reach without us.
      return {
        cloud: make({ kind: 'secretRef', secret, keys }, { ...place, region }),
        region,
        adoption: true,
      };
    }
    case 'ClusterProviderConfig': {
      const { spec } = config.object;
      const region = spec.region ?? place.region;
      const { network = 'public', endpoint } = spec;
      return {
        cloud: make(sourceOf(spec.credentials), { region, network, endpoint }),
        region,
        adoption: spec.adoption === 'Enabled',
      };
    }
  }
}

type ClusterCredentials = Extract<
  AnyConfig,
  { kind: 'ClusterProviderConfig' }
>['object']['spec']['credentials'];

/** The API server lets exactly one be set; an object that is older than that rule means the first here. */
function sourceOf({ rrsa, secretRef, ecsRamRole, environment }: ClusterCredentials): CredentialSource {
  if (rrsa !== undefined) return { kind: 'rrsa', role: rrsa };
  if (secretRef !== undefined) {
    const { namespace, name, keys } = secretRef;
    return { kind: 'secretRef', secret: { namespace, name }, keys };
  }
  if (ecsRamRole !== undefined) return { kind: 'ecsRamRole', roleName: ecsRamRole.roleName };
  return environment === undefined ? { kind: 'none' } : { kind: 'environment' };
}
