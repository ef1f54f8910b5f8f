/**
 * The kind `SecurityPolicy`: the one source of its TypeScript types, its CRD and its field table.
 * Only types are imported at run time; the schemas are used when `crds/` is generated.
 * @module
 */
import { z } from 'zod';
import { SUITES_MAX, UNLISTED_MAX } from '../domain/check/suites.ts';
import { TAG_MAX, TAGS_MAX } from '../domain/check/tags.ts';
import { NAME_MAX, NAME_MIN, NAME_PATTERN } from '../domain/name.ts';
import { SUITES, TLS_VERSIONS } from '../domain/tls.ts';
import { atomic, described } from './field.ts';
import { adoptRules, specRules, tagKeyRules, tagValueRules, uniqueRule } from './rules.ts';
import { statusSchema } from './status.ts';
import { region, resourceName } from './words.ts';

const cipherNames = SUITES.map((suite) => suite.name);

const adopt = z.object({
  securityPolicyId: described(z.string(), {
    about:
      'Id of the policy to adopt, as the console and ListSecurityPolicies show it. Ids are not validated by their prefix, since the cloud uses several.',
    example: 'spy-n0kn923xxxx',
    minLength: 1,
    maxLength: 128,
  }).optional(),
  securityPolicyName: described(z.string(), {
    about:
      'Name of the policy to adopt. Names are not unique in the cloud: when more than one policy has it, nothing is adopted.',
    example: 'legacy-clients',
    minLength: NAME_MIN,
    maxLength: NAME_MAX,
  }).optional(),
  previousOwnerUID: described(z.string(), {
    about:
      'UID of the SecurityPolicy that owned the policy before, as its tag `alb.alicloud.dev/uid` says. Needed only when that tag is still there; refused while an object with that UID lives.',
    example: '5c7b1e0a-2f35-4a8e-9a0f-3f0d3c1b7a52',
    minLength: 1,
    maxLength: 64,
    pattern: '^[A-Za-z0-9-]+$',
  }).optional(),
});

const providerConfigRef = z.object({
  kind: described(z.enum(['ProviderConfig', 'ClusterProviderConfig']), {
    about:
      'Kind of the config: ProviderConfig is of the namespace of this object, ClusterProviderConfig of the cluster.',
    example: 'ClusterProviderConfig',
  }),
  name: described(z.string(), { about: 'Name of the config.', example: 'production', ...resourceName }),
});

export const securityPolicySpec = z.object({
  securityPolicyName: described(z.string(), {
    about:
      'Name of the policy in the cloud: letters, digits, `.`, `_` and `-`, a letter first. Default: `metadata.name`, with `sp-` before it when it starts with a digit. Names need not be unique in the cloud.',
    example: 'strict-tls13',
    minLength: NAME_MIN,
    maxLength: NAME_MAX,
    pattern: NAME_PATTERN,
  }).optional(),
  tlsVersions: atomic(
    z.array(
      described(z.string(), {
        about: 'A version of TLS.',
        example: 'TLSv1.2',
        enum: TLS_VERSIONS,
        maxLength: 16,
      }),
    ),
    {
      about:
        'Versions of TLS that listeners with this policy offer. Required unless managementPolicy is Observe. TLSv1.0 and TLSv1.1 are deprecated by RFC 8996.',
      example: '[TLSv1.2, TLSv1.3]',
      minItems: 1,
      maxItems: TLS_VERSIONS.length,
      rules: [uniqueRule],
    },
  ).optional(),
  ciphers: atomic(
    z.array(
      described(z.string(), {
        about: 'A cipher suite by the name that ALB gives it.',
        example: 'ECDHE-RSA-AES128-GCM-SHA256',
        enum: cipherNames,
        maxLength: 64,
      }),
    ),
    {
      about:
        'Cipher suites that listeners with this policy accept. Each must be usable with one of tlsVersions, and TLSv1.3 needs one of its own suites. Required unless managementPolicy is Observe. `albsp ciphers` shows which go together and which are weak.',
      example: '[TLS_AES_128_GCM_SHA256, ECDHE-RSA-AES128-GCM-SHA256]',
      minItems: 1,
      maxItems: SUITES_MAX,
      rules: [uniqueRule],
    },
  ).optional(),
  unlistedCiphers: atomic(
    z.array(
      described(z.string(), {
        about: 'A cipher suite by the name that ALB gives it.',
        example: 'ECC-SM2-WITH-SM4-SM3',
        minLength: 2,
        maxLength: 64,
        pattern: '^[A-Z0-9][A-Za-z0-9_-]+$',
      }),
    ),
    {
      about:
        'Cipher suites that the cloud knows and this version does not. They are sent as they are and judged by the cloud alone; with ciphers they may be at most 32.',
      example: '[ECC-SM2-WITH-SM4-SM3]',
      maxItems: UNLISTED_MAX,
      rules: [uniqueRule],
    },
  ).optional(),
  resourceGroupId: described(z.string(), {
    about: 'Resource group of the policy. The policy is moved when this changes. Unset: not managed.',
    example: 'rg-acfmxazb4phxxxx',
    minLength: 1,
    maxLength: 64,
  }).optional(),
  tags: described(
    z.record(
      z.string(),
      described(z.string(), {
        about:
          'Value of the tag: 1 to 128 characters, not starting with `aliyun` or `acs:`, without `http://` and `https://`.',
        example: 'payments',
        minLength: 1,
        maxLength: TAG_MAX,
        rules: tagValueRules,
      }),
    ),
    {
      about:
        'Tags of the policy. Keys and values have 1 to 128 characters, do not start with `aliyun` or `acs:` and contain no `http://` or `https://`; keys that start with `alb.alicloud.dev/` are reserved. Tags that others set on the policy are left alone.',
      example: '{team: payments}',
      maxProperties: TAGS_MAX,
      rules: tagKeyRules,
    },
  ).optional(),
  region: described(z.string(), {
    about:
      'Region of the policy, which must be that of the load balancers that use it. Default: the region of the provider config, then that of the operator. Frozen once `status.target` is set.',
    ...region,
  }).optional(),
  providerConfigRef: described(providerConfigRef, {
    about:
      "Whose credentials and network to use. Default: the operator's own identity. Frozen once `status.target` is set.",
    example: '{kind: ClusterProviderConfig, name: production}',
  }).optional(),
  managementPolicy: described(z.enum(['Managed', 'Observe', 'DryRun']), {
    about:
      'Managed creates the policy and keeps it equal to the spec. Observe reads and reports, and never writes to the cloud; it needs adopt, or an object that is bound already. DryRun only asks the cloud whether it would take the spec; it can be left, not entered, once `status.target` is set.',
    example: 'Observe',
    default: 'Managed',
  }).optional(),
  deletionPolicy: described(z.enum(['Delete', 'Retain']), {
    about:
      'What happens to the policy in the cloud when this object is deleted. Unset: Delete for a policy that the operator created, Retain for one that it adopted. Retain takes our tags off, so that the policy can be adopted again.',
    example: 'Retain',
  }).optional(),
  driftPolicy: described(z.enum(['Correct', 'Report']), {
    about:
      'What happens when somebody changes the policy outside: Correct changes it back, Report lists the drift in the status and leaves it.',
    example: 'Report',
    default: 'Correct',
  }).optional(),
  adopt: described(adopt, {
    about:
      'An existing policy to take over instead of creating one: exactly one of securityPolicyId and securityPolicyName. Can be set until `status.target` is set, then it is frozen. Policies that another Alibaba Cloud service manages are refused.',
    example: '{securityPolicyId: spy-n0kn923xxxx}',
    rules: adoptRules,
  }).optional(),
});

/** The rules that hold between the fields of a spec. */
export const securityPolicySpecRules = specRules;

export const securityPolicyStatus = statusSchema;

/** What the user asks for. */
export type SecurityPolicySpec = z.infer<typeof securityPolicySpec>;
/** What the operator knows. Evidence, never permission. */
export type SecurityPolicyStatus = z.infer<typeof securityPolicyStatus>;
/** One condition of a status, in the form of `metav1.Condition`. */
export type Condition = NonNullable<SecurityPolicyStatus['conditions']>[number];

/** The metadata that the operator reads. Times are RFC 3339. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A `SecurityPolicy` as the API server holds it. */
export interface SecurityPolicy {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: SecurityPolicySpec;
  readonly status?: SecurityPolicyStatus;
}
