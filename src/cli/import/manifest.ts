/**
 * The manifest by which a policy that exists comes under an object.
 * @module
 */
import { API_VERSION } from '../../api/group.ts';
import type { SecurityPolicySpec } from '../../api/securitypolicy.ts';
import { checkManifest } from '../../domain/check/manifest.ts';
import { TAG_MAX, TAG_PARTS, TAG_RESERVED, TAG_STARTS, TAGS_MAX } from '../../domain/check/tags.ts';
import { fieldOf, type Violation } from '../../domain/check/violation.ts';
import { policyName } from '../../domain/check.ts';
import { SUITES, TLS_VERSIONS } from '../../domain/tls.ts';
import type { CloudPolicy } from '../../ports/cloud.ts';

/** A manifest as it is written. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'SecurityPolicy';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: SecurityPolicySpec;
}

/** How the object is to hold the policy. */
export interface Wanted {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly region: string;
  readonly managementPolicy: 'Managed' | 'Observe';
  readonly resourceGroup: boolean;
}

/** A manifest that `albsp lint` accepts, with what it leaves out; or why there is none. */
export type Written =
  | { readonly kind: 'manifest'; readonly manifest: Manifest; readonly notes: readonly string[] }
  | { readonly kind: 'impossible'; readonly why: string };

/** Equal policies give equal manifests: nothing depends on the order in which the cloud lists suites or tags. */
export function manifestOf(policy: CloudPolicy, wanted: Wanted): Written {
  const { tags, left } = userTags(policy.tags);
  const notes = left.map((key) => `tag "${key}" is left out: no spec may hold it; on the policy it stays`);
  const whole = build(policy, wanted, tags, true);
  const broken = violationsOf(whole);
  if (broken.length === 0) return { kind: 'manifest', manifest: whole, notes };
  const suites = build(policy, wanted, tags, false);
  if (wanted.managementPolicy === 'Observe' && violationsOf(suites).length === 0) {
    const note = `tlsVersions and ciphers are left out, which Observe does not need: ${describe(broken)}`;
    return { kind: 'manifest', manifest: suites, notes: [...notes, note] };
  }
  return { kind: 'impossible', why: describe(broken) };
}

function build(
  policy: CloudPolicy,
  { name, namespace, region, managementPolicy, resourceGroup }: Wanted,
  tags: Readonly<Record<string, string>>,
  withSuites: boolean,
): Manifest {
  const { resourceGroupId } = policy;
  return {
    apiVersion: API_VERSION,
    kind: 'SecurityPolicy',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      ...(policyName(name, {}) === policy.name ? {} : { securityPolicyName: policy.name }),
      region,
      managementPolicy,
      deletionPolicy: 'Retain',
      adopt: { securityPolicyId: policy.id },
      ...(withSuites ? suitesOf(policy) : {}),
      ...(resourceGroup && resourceGroupId !== undefined ? { resourceGroupId } : {}),
      ...(Object.keys(tags).length === 0 ? {} : { tags }),
    },
  };
}

/** In the order of the tables; what they do not know goes, sorted, into `unlistedCiphers`. */
function suitesOf(
  policy: CloudPolicy,
): Pick<SecurityPolicySpec, 'tlsVersions' | 'ciphers' | 'unlistedCiphers'> {
  const seen = new Set(policy.ciphers);
  const known = SUITES.map(({ name }) => name);
  const unlisted = [...seen].filter((name) => !known.includes(name)).toSorted();
  const versions: readonly string[] = TLS_VERSIONS;
  return {
    tlsVersions: [
      ...versions.filter((one) => policy.tlsVersions.includes(one)),
      ...policy.tlsVersions.filter((one) => !versions.includes(one)).toSorted(),
    ],
    ciphers: known.filter((name) => seen.has(name)),
    ...(unlisted.length === 0 ? {} : { unlistedCiphers: unlisted }),
  };
}

/** The tags that a spec may hold, sorted by key, and the keys of the others but for our own. */
function userTags(tags: Readonly<Record<string, string>>) {
  const keys = Object.keys(tags).filter((key) => !key.startsWith(TAG_RESERVED));
  const allowed = (text: string): boolean =>
    text !== '' &&
    [...text].length <= TAG_MAX &&
    !TAG_STARTS.some((start) => text.startsWith(start)) &&
    !TAG_PARTS.some((part) => text.includes(part));
  const kept = keys.filter((key) => allowed(key) && allowed(tags[key] ?? '')).toSorted();
  const written = kept.slice(0, TAGS_MAX);
  return {
    tags: Object.fromEntries(written.map((key) => [key, tags[key] ?? ''])),
    left: keys.filter((key) => !written.includes(key)).toSorted(),
  };
}

function violationsOf(manifest: Manifest): readonly Violation[] {
  const verdict = checkManifest(manifest);
  return verdict.kind === 'judged' ? verdict.violations : [];
}

function describe(violations: readonly Violation[]): string {
  return violations
    .map(
      ({ pointer, value, message }) => `${fieldOf(pointer)}${value === '' ? '' : ` "${value}"`}: ${message}`,
    )
    .join('; ');
}
