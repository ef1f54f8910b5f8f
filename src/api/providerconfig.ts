/**
 * The kinds `ProviderConfig` (a tenant's own) and `ClusterProviderConfig`: the one source of their TypeScript types,
 * CRDs and field tables. Only types are imported at run time.
 * @module
 */
import { z } from 'zod';
import { atomic, described, type Rule } from './field.ts';
import type { ObjectMeta } from './securitypolicy.ts';
import type { providerConfigStatus } from './status.ts';
import { region, resourceName } from './words.ts';

/** Keys of a Secret (`[-._a-zA-Z0-9]+`, Kubernetes API, Secret.data). */
const secretKey = { minLength: 1, maxLength: 253, pattern: '^[-._a-zA-Z0-9]+$' } as const;
/** Label keys and values (Kubernetes API, LabelSelector). */
const labelKey = { minLength: 1, maxLength: 317 } as const;
const labelValue = { maxLength: 63 } as const;

const keys = described(
  z.object({
    accessKeyId: described(z.string(), {
      about: 'Key that holds the AccessKey id. Default: `accessKeyId`.',
      example: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
      ...secretKey,
    }).optional(),
    accessKeySecret: described(z.string(), {
      about: 'Key that holds the AccessKey secret. Default: `accessKeySecret`.',
      example: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
      ...secretKey,
    }).optional(),
    securityToken: described(z.string(), {
      about:
        'Key that holds the token of a session; it may be missing in the Secret. Default: `securityToken`.',
      example: 'ALIBABA_CLOUD_SECURITY_TOKEN',
      ...secretKey,
    }).optional(),
  }),
  {
    about: 'Names of the keys in the Secret, where they are not the usual ones.',
    example: '{accessKeyId: AK_ID}',
  },
);

const secretName = described(z.string(), {
  about: 'Name of the Secret.',
  example: 'alicloud-credentials',
  ...resourceName,
});

const regionField = described(z.string(), {
  about: 'Region of the policies whose spec names none. Default: the region of the operator.',
  ...region,
});

export const providerConfigSpec = z.object({
  region: regionField.optional(),
  secretRef: described(z.object({ name: secretName, keys: keys.optional() }), {
    about:
      'The Secret with an AccessKey, in the namespace of this object. It is read with get only; the operator needs a Role for it.',
    example: '{name: alicloud-credentials}',
  }),
});

const credentials = z.object({
  rrsa: described(
    z.object({
      roleArn: described(z.string(), {
        about: 'Role to assume with the token of the operator ServiceAccount.',
        example: 'acs:ram::1234567890123456:role/albsp',
        minLength: 1,
        maxLength: 256,
        pattern: '^acs:ram::[0-9]+:role/[A-Za-z0-9._/-]+$',
      }),
      oidcProviderArn: described(z.string(), {
        about: 'OIDC provider of the cluster.',
        example: 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c12345',
        minLength: 1,
        maxLength: 256,
        pattern: '^acs:ram::[0-9]+:oidc-provider/[A-Za-z0-9._-]+$',
      }),
    }),
    {
      about: 'RAM Roles for Service Accounts: no stored secret.',
      example:
        '{roleArn: "acs:ram::1234567890123456:role/albsp", oidcProviderArn: "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c12345"}',
    },
  ).optional(),
  secretRef: described(
    z.object({
      namespace: described(z.string(), {
        about: 'Namespace of the Secret.',
        example: 'albsp-system',
        minLength: 1,
        maxLength: 63,
        pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      }),
      name: secretName,
      keys: keys.optional(),
    }),
    {
      about: 'A Secret with an AccessKey. It is read with get only; the operator needs a Role for it.',
      example: '{namespace: albsp-system, name: alicloud-credentials}',
    },
  ).optional(),
  ecsRamRole: described(
    z.object({
      roleName: described(z.string(), {
        about: 'Name of the RAM role of the nodes.',
        example: 'KubernetesWorkerRole-albsp',
        minLength: 1,
        maxLength: 64,
        pattern: '^[A-Za-z0-9._-]+$',
      }),
    }),
    {
      about: 'The RAM role of the node, from the metadata service.',
      example: '{roleName: KubernetesWorkerRole-albsp}',
    },
  ).optional(),
  environment: described(z.object({}), {
    about: 'The AccessKey in the environment of the operator.',
    example: '{}',
  }).optional(),
});

const requirement = z.object({
  key: described(z.string(), { about: 'Key of the label.', example: 'tier', ...labelKey }),
  operator: described(z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']), {
    about: 'How the label is compared with values.',
    example: 'In',
  }),
  values: atomic(z.array(described(z.string(), { about: 'A value.', example: 'prod', ...labelValue })), {
    about: 'Values of In and NotIn; none for Exists and DoesNotExist.',
    example: '[prod]',
    maxItems: 32,
  }).optional(),
});

const selector = z.object({
  matchLabels: described(
    z.record(
      z.string(),
      described(z.string(), { about: 'Value of the label.', example: 'prod', ...labelValue }),
    ),
    { about: 'Labels that the namespace must have.', example: '{tier: prod}', maxProperties: 32 },
  ).optional(),
  matchExpressions: atomic(
    z.array(
      described(requirement, {
        about: 'A requirement.',
        example: '{key: tier, operator: In, values: [prod]}',
        rules: requirementRules(),
      }),
    ),
    {
      about: 'Requirements, all of which must hold.',
      example: '[{key: tier, operator: In, values: [prod]}]',
      maxItems: 16,
    },
  ).optional(),
});

export const clusterProviderConfigSpec = z.object({
  region: regionField.optional(),
  network: described(z.enum(['public', 'vpc']), {
    about: 'Which endpoints are used: those of the internet, or those inside a VPC of the region.',
    example: 'vpc',
    default: 'public',
  }).optional(),
  endpoint: described(z.string(), {
    about: 'Endpoint of the ALB API in place of the one built from the region: https, or http to loopback.',
    example: 'https://alb.cn-hangzhou.aliyuncs.com',
    minLength: 1,
    maxLength: 256,
    pattern: '^(https://[A-Za-z0-9.-]+|http://(127[.]0[.]0[.]1|localhost|\\[::1\\]))(:[0-9]{1,5})?$',
  }).optional(),
  credentials: described(credentials, {
    about:
      'Where the credentials come from: exactly one of them. A config never falls through to another source.',
    example: '{secretRef: {namespace: albsp-system, name: alicloud-credentials}}',
    minProperties: 1,
    maxProperties: 1,
  }),
  allowedNamespaces: described(selector, {
    about: 'Namespaces whose objects may use this config. Unset: none. `{}`: all.',
    example: '{matchLabels: {tier: prod}}',
  }).optional(),
  adoption: described(z.enum(['Enabled', 'Disabled']), {
    about: 'Whether objects with this config may adopt existing policies: whoever can adopt can delete.',
    example: 'Enabled',
    default: 'Disabled',
  }).optional(),
});

/** What a ProviderConfig says. */
export type ProviderConfigSpec = z.infer<typeof providerConfigSpec>;
/** What a ClusterProviderConfig says. */
export type ClusterProviderConfigSpec = z.infer<typeof clusterProviderConfigSpec>;
/** What the operator knows of a config of either kind. */
export type ProviderConfigStatus = z.infer<typeof providerConfigStatus>;
/** `allowedNamespaces` of a ClusterProviderConfig, in the form of `metav1.LabelSelector`. */
export type NamespaceSelector = z.infer<typeof selector>;

/** A `ProviderConfig` as the API server holds it. */
export interface ProviderConfig {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: ProviderConfigSpec;
  readonly status?: ProviderConfigStatus;
}

/** A `ClusterProviderConfig` as the API server holds it; it has no namespace. */
export interface ClusterProviderConfig {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Omit<ObjectMeta, 'namespace'>;
  readonly spec: ClusterProviderConfigSpec;
  readonly status?: ProviderConfigStatus;
}

function requirementRules(): readonly Rule[] {
  return [
    {
      rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
      message: 'values is needed with In and NotIn, and refused with Exists and DoesNotExist',
    },
  ];
}
