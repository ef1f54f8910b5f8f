/**
 * The kind `SecurityPolicy`: the one source of its TypeScript types, its CRD and its field table.
 * Only types are imported at run time; the schemas are used when `crds/` is generated.
 * @module
 */
import { z } from 'zod';

export const securityPolicySpec = z.object({
  securityPolicyName: z.string().optional(),
  tlsVersions: z.array(z.string()).optional(),
  ciphers: z.array(z.string()).optional(),
  unlistedCiphers: z.array(z.string()).optional(),
  resourceGroupId: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  region: z.string().optional(),
  providerConfigRef: z
    .object({ kind: z.enum(['ProviderConfig', 'ClusterProviderConfig']), name: z.string() })
    .optional(),
  managementPolicy: z.enum(['Managed', 'Observe', 'DryRun']).optional(),
  deletionPolicy: z.enum(['Delete', 'Retain']).optional(),
  driftPolicy: z.enum(['Correct', 'Report']).optional(),
  adopt: z
    .object({
      securityPolicyId: z.string().optional(),
      securityPolicyName: z.string().optional(),
      previousOwnerUID: z.string().optional(),
    })
    .optional(),
});

const tag = z.object({ key: z.string(), value: z.string() });

export const securityPolicyStatus = z.object({
  securityPolicyId: z.string().optional(),
  securityPolicyName: z.string().optional(),
  target: z.object({ accountId: z.string(), region: z.string(), endpoint: z.string() }).optional(),
  binding: z.enum(['Created', 'Adopted', 'Observed']).optional(),
  observed: z
    .object({
      name: z.string(),
      tlsVersions: z.array(z.string()),
      ciphers: z.array(z.string()),
      resourceGroupId: z.string().optional(),
      status: z.string(),
      tags: z.array(tag),
    })
    .optional(),
  drift: z.array(z.object({ field: z.string(), desired: z.string(), observed: z.string() })).optional(),
  relatedListeners: z
    .array(
      z.object({ loadBalancerId: z.string(), listenerId: z.string(), port: z.int(), protocol: z.string() }),
    )
    .optional(),
  createAttempt: z.int().optional(),
  pendingCreate: z
    .object({
      uid: z.string(),
      clientToken: z.string(),
      parameters: z.object({
        name: z.string(),
        tlsVersions: z.array(z.string()),
        ciphers: z.array(z.string()),
        resourceGroupId: z.string().optional(),
        tags: z.array(tag),
      }),
      announcedAt: z.string(),
    })
    .optional(),
  boundAt: z.string().optional(),
  lastApplied: z
    .object({ generation: z.int(), hash: z.string(), tagKeys: z.array(z.string()), at: z.string() })
    .optional(),
  lastHandledReconcileAt: z.string().optional(),
  observedGeneration: z.int().optional(),
  conditions: z
    .array(
      z.object({
        type: z.string(),
        status: z.enum(['True', 'False', 'Unknown']),
        reason: z.string(),
        message: z.string(),
        observedGeneration: z.int().optional(),
        lastTransitionTime: z.string(),
      }),
    )
    .optional(),
});

/** What the user asks for. */
export type SecurityPolicySpec = z.infer<typeof securityPolicySpec>;
/** What the operator knows. Evidence, never permission (DESIGN 2.5). */
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
