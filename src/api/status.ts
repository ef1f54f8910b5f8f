/**
 * The status of each kind. Bounds are wider than what is ever written, and what the cloud says has no enums:
 * a status that the API server refuses would stop the object for good.
 * @module
 */
import { z } from 'zod';
import { atomic, described } from './field.ts';
import { moment } from './words.ts';

/** Longest text from the cloud that a status keeps. */
const TEXT = 1024;

const tag = z.object({
  key: text('Key of the tag.', 'team'),
  value: text('Value of the tag.', 'payments'),
});

const tags = (about: string) =>
  atomic(z.array(described(tag, { about: 'A tag.', example: '{key: team, value: payments}' })), {
    about,
    example: '[{key: team, value: payments}]',
    maxItems: 128,
  });

const target = z.object({
  accountId: text('Account of the credentials.', "'1234567890123456'"),
  region: text('Region of the policy.', 'cn-hangzhou'),
  endpoint: text(
    'Scheme and host of the ALB API that requests go to.',
    'https://alb.cn-hangzhou.aliyuncs.com',
  ),
});

const observed = z.object({
  name: text('Name of the policy.', 'strict-tls13'),
  tlsVersions: words('Versions of TLS that the policy offers, sorted.', 'TLSv1.3'),
  ciphers: words('Cipher suites of the policy, sorted.', 'TLS_AES_128_GCM_SHA256'),
  resourceGroupId: text('Resource group of the policy.', 'rg-acfmxazb4phxxxx').optional(),
  status: text("The cloud's own word for the state of the policy.", 'Available'),
  tags: tags('Tags of the policy, sorted by key, those of others included.'),
});

const drift = z.object({
  field: text('Field of the spec.', 'ciphers'),
  desired: text('What the spec asks for.', 'TLS_AES_128_GCM_SHA256'),
  observed: text('What the cloud has.', 'AES128-SHA,TLS_AES_128_GCM_SHA256'),
});

const listener = z.object({
  loadBalancerId: text('Id of the load balancer.', 'alb-n5qw04uq8vavfexxxx'),
  listenerId: text('Id of the listener.', 'lsn-0bfuc5qxxxx'),
  port: described(z.int(), { about: 'Port of the listener.', example: '443', minimum: 0, maximum: 65535 }),
  protocol: text('Protocol of the listener.', 'HTTPS'),
});

const parameters = z.object({
  name: text('Name of the policy.', 'strict-tls13'),
  tlsVersions: words('Versions of TLS, in the order in which they are sent.', 'TLSv1.3'),
  ciphers: words('Cipher suites, in the order in which they are sent.', 'TLS_AES_128_GCM_SHA256'),
  resourceGroupId: text('Resource group.', 'rg-acfmxazb4phxxxx').optional(),
  tags: tags('Tags, in the order in which they are sent.'),
});

const pendingCreate = z.object({
  uid: text(
    'UID of the object that announced it: one restored from a backup has another.',
    '5c7b1e0a-2f35-4a8e-9a0f-3f0d3c1b7a52',
  ),
  clientToken: text(
    'ClientToken of the request: a replay with it makes no second policy.',
    '5c7b1e0a-2f35-4a8e-9a0f-3f0d3c1b7a52',
  ),
  parameters: described(parameters, {
    about: 'The exact parameters of the request: it is replayed word for word until its outcome is known.',
    example: '{name: strict-tls13, tlsVersions: [TLSv1.3], ciphers: [TLS_AES_128_GCM_SHA256], tags: []}',
  }),
  announcedAt: described(z.string(), { about: 'When it was announced.', ...moment }),
});

const lastApplied = z.object({
  generation: integer('Generation of the spec that was applied.', '3'),
  hash: text(
    'Hash of the fields that the operator manages, as they were applied; "under way" while a change is sent.',
    '9f86d081884c7d65',
  ),
  tagKeys: words('Keys of the tags that the operator has set, sorted: only these are ever removed.', 'team'),
  at: described(z.string(), { about: 'When it was applied.', ...moment }),
});

/** A condition, with the words that the kind has for `Ready`. */
const condition = (reason: string, message: string) =>
  z.object({
    type: text('What the condition is about.', 'Ready', 316),
    status: described(z.enum(['True', 'False', 'Unknown']), {
      about: 'Whether it holds.',
      example: "'True'",
    }),
    reason: text('Why, as one word of the closed list in docs/conditions.md.', reason),
    message: text('Why, as a sentence.', message, 32768),
    observedGeneration: integer('Generation of the spec that the condition speaks of.', '3').optional(),
    lastTransitionTime: described(z.string(), { about: 'When status changed last.', ...moment }),
  });

const conditions = (about: string, reason: string, message: string) => {
  const example = `{type: Ready, status: 'True', reason: ${reason}, message: ok, lastTransitionTime: 2026-03-01T09:30:00Z}`;
  return described(z.array(described(condition(reason, message), { about: 'A condition.', example })), {
    about,
    example: `[${example}]`,
    maxItems: 16,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });
};

const observedGeneration = described(z.int(), {
  about: 'Generation of the spec that this status speaks of; -1 before the first look.',
  example: '3',
  format: 'int64',
  minimum: -1,
});

export const statusSchema = z.object({
  uid: text(
    'UID of the object that this status was written for: a status restored onto another object is not believed.',
    '5c7b1e0a-2f35-4a8e-9a0f-3f0d3c1b7a52',
  ).optional(),
  securityPolicyId: text(
    'Id of the policy, for listeners and Ingress annotations.',
    'spy-n0kn923xxxx',
  ).optional(),
  securityPolicyName: text('Name of the policy in the cloud.', 'strict-tls13').optional(),
  target: described(target, {
    about:
      'Where the policy is, set before it is created; from then on region, providerConfigRef and adopt are frozen.',
    example:
      "{accountId: '1234567890123456', region: cn-hangzhou, endpoint: 'https://alb.cn-hangzhou.aliyuncs.com'}",
  }).optional(),
  binding: described(z.enum(['Created', 'Adopted', 'Observed']), {
    about: 'How the object came by its policy.',
    example: 'Created',
  }).optional(),
  observed: described(observed, {
    about: 'The policy as the cloud showed it last.',
    example:
      '{name: strict-tls13, tlsVersions: [TLSv1.3], ciphers: [TLS_AES_128_GCM_SHA256], status: Available, tags: []}',
  }).optional(),
  drift: atomic(
    z.array(
      described(drift, {
        about: 'One field that differs.',
        example: '{field: tlsVersions, desired: TLSv1.3, observed: TLSv1.2}',
      }),
    ),
    {
      about:
        'What differs between the spec and the cloud, sorted by field; empty or absent when nothing does.',
      example: '[{field: tlsVersions, desired: TLSv1.3, observed: TLSv1.2}]',
      maxItems: 64,
    },
  ).optional(),
  relatedListeners: atomic(
    z.array(
      described(listener, {
        about: 'A listener that uses the policy.',
        example:
          '{loadBalancerId: alb-n5qw04uq8vavfexxxx, listenerId: lsn-0bfuc5qxxxx, port: 443, protocol: HTTPS}',
      }),
    ),
    {
      about: 'Listeners that use the policy, at most 10, while they block its deletion.',
      example:
        '[{loadBalancerId: alb-n5qw04uq8vavfexxxx, listenerId: lsn-0bfuc5qxxxx, port: 443, protocol: HTTPS}]',
      maxItems: 10,
    },
  ).optional(),
  createAttempt: integer(
    'How often creating was begun anew after a recorded loss or a final refusal.',
    '1',
  ).optional(),
  pendingCreate: described(pendingCreate, {
    about:
      'A create request that may be under way: written before it is sent, removed when its outcome is known.',
    example:
      '{uid: 5c7b1e0a, clientToken: 5c7b1e0a, announcedAt: 2026-03-01T09:30:00Z, parameters: {name: strict-tls13, tlsVersions: [TLSv1.3], ciphers: [TLS_AES_128_GCM_SHA256], tags: []}}',
  }).optional(),
  boundAt: described(z.string(), { about: 'When the object came by its policy.', ...moment }).optional(),
  lastApplied: described(lastApplied, {
    about:
      'What was applied last: a difference at the same hash is drift, at another hash a change of the spec.',
    example: '{generation: 3, hash: 9f86d081884c7d65, tagKeys: [team], at: 2026-03-01T09:30:00Z}',
  }).optional(),
  lastHandledReconcileAt: text(
    'The last value of the annotation `alb.alicloud.dev/reconcile-requested-at` that was acted upon.',
    '2026-03-01T09:30:00Z',
  ).optional(),
  observedGeneration: observedGeneration.optional(),
  conditions: conditions(
    'Ready, Accepted, CredentialsReady and UpToDate always; Reconciling, Stalled, DeletionBlocked and Paused only while they hold.',
    'Available',
    'Policy spy-n0kn923xxxx is available and matches the spec',
  ).optional(),
});

/** The status of a ProviderConfig and of a ClusterProviderConfig: whose credentials they turned out to be. */
export const providerConfigStatus = z.object({
  observedGeneration: observedGeneration.optional(),
  accountId: text(
    'Account that the credentials belong to, in digits, as the cloud told it.',
    "'1234567890123456'",
  ).optional(),
  arn: text(
    'Identity that the credentials belong to, as the cloud told it.',
    'acs:ram::1234567890123456:assumed-role/albsp/albsp',
  ).optional(),
  conditions: conditions(
    'Ready says whether the config can be used; Stalled is there only while somebody has to change something first.',
    'CredentialsValid',
    'The credentials work',
  ).optional(),
});

function text(about: string, example: string, maxLength = TEXT): z.ZodString {
  return described(z.string(), { about, example, maxLength });
}

function integer(about: string, example: string): z.ZodInt {
  return described(z.int(), { about, example, format: 'int64', minimum: 0 });
}

function words(about: string, example: string): z.ZodArray<z.ZodString> {
  const item = text('One of them.', example);
  return atomic(z.array(item), { about, example: `[${example}]`, maxItems: 128 });
}
