import { clusterProviderConfigSpec, providerConfigSpec } from '../../src/api/providerconfig.ts';
import { objectRules } from '../../src/api/rules.ts';
import {
  securityPolicySpec,
  securityPolicySpecRules,
  securityPolicyStatus,
} from '../../src/api/securitypolicy.ts';
import { providerConfigStatus } from '../../src/api/status.ts';
import type { Column, Kind } from './crd.ts';
import { schemaOf } from './schema.ts';

const AGE: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since the object was created',
};

const REGION: Column = {
  name: 'Region',
  type: 'string',
  jsonPath: '.spec.region',
  description: 'Region of policies whose spec names none',
};

const USABLE = condition('Ready', 'Ready', 'status', 'Whether the config can be used');

const ACCOUNT: Column = {
  name: 'Account',
  type: 'string',
  jsonPath: '.status.accountId',
  description: 'Account that the credentials belong to',
};

const WHY: Column = { ...condition('Reason', 'Ready', 'reason', 'Why it can be used or not'), priority: 1 };

/** What both kinds of config say of their status. */
const CONFIG_STATUS = {
  status: schemaOf(providerConfigStatus),
  statusAbout: "What the operator knows of the credentials. Example: `{accountId: '1234567890123456'}`.",
} as const;

/** The three kinds, in the order in which the docs show them. */
export const KINDS: readonly Kind[] = [
  {
    kind: 'SecurityPolicy',
    plural: 'securitypolicies',
    shortNames: ['albsp'],
    scope: 'Namespaced',
    about:
      'A custom TLS security policy of Alibaba Cloud ALB: the TLS versions and cipher suites that HTTPS listeners accept. Full name: securitypolicies.alb.alicloud.dev.',
    specAbout:
      'What the policy shall be. Example: `{tlsVersions: [TLSv1.3], ciphers: [TLS_AES_128_GCM_SHA256]}`.',
    spec: { ...schemaOf(securityPolicySpec), 'x-kubernetes-validations': securityPolicySpecRules },
    status: schemaOf(securityPolicyStatus),
    statusAbout:
      'What the operator knows: evidence, never permission. Example: `{securityPolicyId: spy-n0kn923xxxx}`.',
    rules: objectRules,
    columns: [
      condition('Ready', 'Ready', 'status', 'Whether the policy exists, is available and matches the spec'),
      condition('Reason', 'Ready', 'reason', 'Why it is ready or not'),
      { name: 'ID', type: 'string', jsonPath: '.status.securityPolicyId', description: 'Id of the policy' },
      {
        name: 'TLS',
        type: 'string',
        jsonPath: '.spec.tlsVersions',
        description: 'Versions of TLS asked for',
      },
      AGE,
      {
        ...condition('Up-to-date', 'UpToDate', 'status', 'Whether the last read matched the spec'),
        priority: 1,
      },
      {
        name: 'Region',
        type: 'string',
        jsonPath: '.status.target.region',
        description: 'Region of the policy',
        priority: 1,
      },
      { ...condition('Message', 'Ready', 'message', 'Why, as a sentence'), priority: 1 },
    ],
  },
  {
    kind: 'ProviderConfig',
    plural: 'providerconfigs',
    scope: 'Namespaced',
    about: "A tenant's own credentials for the SecurityPolicies of its namespace.",
    specAbout:
      'Region and credentials. Example: `{region: cn-hangzhou, secretRef: {name: alicloud-credentials}}`.',
    spec: schemaOf(providerConfigSpec),
    ...CONFIG_STATUS,
    columns: [USABLE, ACCOUNT, REGION, AGE, WHY],
  },
  {
    kind: 'ClusterProviderConfig',
    plural: 'clusterproviderconfigs',
    scope: 'Cluster',
    about:
      'Credentials and network of one Alibaba Cloud account, for the SecurityPolicies of the namespaces that it allows.',
    specAbout:
      'Region, network and credentials. Example: `{region: cn-hangzhou, credentials: {environment: {}}, allowedNamespaces: {}}`.',
    spec: schemaOf(clusterProviderConfigSpec),
    ...CONFIG_STATUS,
    columns: [
      USABLE,
      ACCOUNT,
      REGION,
      { name: 'Network', type: 'string', jsonPath: '.spec.network', description: 'Which endpoints are used' },
      {
        name: 'Adoption',
        type: 'string',
        jsonPath: '.spec.adoption',
        description: 'Whether objects may adopt',
      },
      AGE,
      WHY,
    ],
  },
];

function condition(name: string, type: string, field: string, description: string): Column {
  return { name, type: 'string', jsonPath: `.status.conditions[?(@.type=="${type}")].${field}`, description };
}
