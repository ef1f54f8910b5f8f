/**
 * A policy as the user wants it and as the cloud shows it, and the difference between the two.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { OWNER_TAGS } from '../api/group.ts';
import type { SecurityPolicy, SecurityPolicyStatus } from '../api/securitypolicy.ts';
import type { CloudPolicy, CreateParameters, Tag } from '../ports/cloud.ts';
import { policyName } from './check.ts';

/** What the spec asks for, with every default filled in. */
export interface Desired {
  readonly name: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
  /** Unset: the group is not managed. */
  readonly resourceGroupId?: string | undefined;
  /** The user's tags and our own. */
  readonly tags: Readonly<Record<string, string>>;
}

/** One difference between what is wanted and what is there. */
export interface Difference {
  readonly field: 'securityPolicyName' | 'tlsVersions' | 'ciphers' | 'resourceGroupId' | `tags.${string}`;
  readonly desired: string;
  readonly observed: string;
}

/** The longest value of a tag (ALB CreateSecurityPolicy, Tag.N.Value). */
const TAG_VALUE_LENGTH = 128;

/** The tags that mark a policy as this object's (ALB keeps them; they are set by the create call itself). */
export function ownerTags(policy: SecurityPolicy, clusterId: string): Record<string, string> {
  const { uid, namespace, name } = policy.metadata;
  const object = `${namespace}/${name}`;
  const short = object.length <= TAG_VALUE_LENGTH ? object : `${object.slice(0, 111)}-${digest(object, 16)}`;
  return { [OWNER_TAGS.uid]: uid, [OWNER_TAGS.cluster]: clusterId, [OWNER_TAGS.object]: short };
}

/** What the spec asks for. The spec must have passed `checkSpec`. */
export function desiredOf(policy: SecurityPolicy, clusterId: string): Desired {
  const { spec, metadata } = policy;
  return {
    name: policyName(metadata.name, spec),
    tlsVersions: sorted(spec.tlsVersions ?? []),
    ciphers: sorted([...(spec.ciphers ?? []), ...(spec.unlistedCiphers ?? [])]),
    ...(spec.resourceGroupId === undefined ? {} : { resourceGroupId: spec.resourceGroupId }),
    tags: { ...spec.tags, ...ownerTags(policy, clusterId) },
  };
}

/** The create call that makes `desired`, in one canonical order, so that a replay is word for word. */
export function createParameters(desired: Desired): CreateParameters {
  const { tags, ...rest } = desired;
  return { ...rest, tags: tagList(tags) };
}

/** What announced parameters ask for: the inverse of `createParameters`. */
export function desiredOfParameters(parameters: CreateParameters): Desired {
  const { tags, ...rest } = parameters;
  return { ...rest, tags: Object.fromEntries(tags.map((tag) => [tag.key, tag.value])) };
}

/** A hash of the managed fields: equal exactly when two specs ask for the same. 32 hexadecimal digits. */
export function managedHash(desired: Desired): string {
  return digest(
    JSON.stringify([
      desired.name,
      sorted(desired.tlsVersions),
      sorted(desired.ciphers),
      desired.resourceGroupId ?? null,
      tagList(desired.tags).map((tag) => [tag.key, tag.value]),
    ]),
    32,
  );
}

/** Whether the cloud's policy carries this object's UID and this cluster's id: the only permission to change it. */
export function isOwn(cloud: CloudPolicy, uid: string, clusterId: string): boolean {
  return tagOf(cloud, OWNER_TAGS.uid) === uid && tagOf(cloud, OWNER_TAGS.cluster) === clusterId;
}

/** Whether any owner's mark is on the policy. */
export function isMarked(cloud: CloudPolicy): boolean {
  return tagOf(cloud, OWNER_TAGS.uid) !== undefined;
}

/**
 * What differs, sorted by field. `appliedTagKeys` are keys that we have set before: those that left the spec and are
 * still there differ too; tags of others never do.
 */
export function differences(
  desired: Desired,
  cloud: CloudPolicy,
  appliedTagKeys: readonly string[],
): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (field: Difference['field'], wanted: string, seen: string) => {
    if (wanted !== seen) found.push({ field, desired: wanted, observed: seen });
  };
  compare('securityPolicyName', desired.name, cloud.name);
  compare('tlsVersions', sorted(desired.tlsVersions).join(','), sorted(cloud.tlsVersions).join(','));
  compare('ciphers', sorted(desired.ciphers).join(','), sorted(cloud.ciphers).join(','));
  if (desired.resourceGroupId !== undefined) {
    compare('resourceGroupId', desired.resourceGroupId, cloud.resourceGroupId ?? '');
  }
  const keys = new Set([...Object.keys(desired.tags), ...appliedTagKeys]);
  for (const key of sorted([...keys])) {
    compare(`tags.${key}`, own(desired.tags, key) ?? '', tagOf(cloud, key) ?? '');
  }
  return found;
}

/** The cloud's policy as it stands in `status.observed`; sorted, so that equal content is equal text. */
export function observedOf(cloud: CloudPolicy): NonNullable<SecurityPolicyStatus['observed']> {
  return {
    name: cloud.name,
    tlsVersions: sorted(cloud.tlsVersions),
    ciphers: sorted(cloud.ciphers),
    ...(cloud.resourceGroupId === undefined ? {} : { resourceGroupId: cloud.resourceGroupId }),
    status: cloud.status,
    tags: tagList(cloud.tags),
  };
}

/** Tags as a list, sorted by key. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return sorted(Object.keys(tags)).map((key) => ({ key, value: tags[key] ?? '' }));
}

/** The value of a tag that is really there, also for keys such as `__proto__`. */
export function tagOf(cloud: CloudPolicy, key: string): string | undefined {
  return own(cloud.tags, key);
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function sorted(values: readonly string[]): string[] {
  return [...values].sort();
}

function digest(text: string, digits: number): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, digits);
}
