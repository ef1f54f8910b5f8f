import type { CloudErrorKind } from '../ports/cloud.ts';

/**
 * The values that labels may have. Each distinct value is a time series for ever in every Prometheus that scrapes us,
 * so that a value outside of these lists, which may come from elsewhere, is counted as `other`.
 */
export const OTHER = 'other';

/** Stands for all namespaces beyond the bound; no namespace can be called so. */
export const REST = '(other)';

/** How a pass can go. */
export const RESULTS = ['settled', 'again', 'retry', 'error'] as const;

/** Operations of ALB, STS and the resource manager that the operator calls. */
const ACTIONS: ReadonlySet<string> = new Set([
  'ListSecurityPolicies',
  'ListSecurityPolicyRelations',
  'ListSystemSecurityPolicies',
  'CreateSecurityPolicy',
  'UpdateSecurityPolicyAttribute',
  'DeleteSecurityPolicy',
  'TagResources',
  'UnTagResources',
  'ListTagResources',
  'MoveResourceGroup',
  'GetCallerIdentity',
  'AssumeRole',
  'AssumeRoleWithOIDC',
]);

const OUTCOMES: Readonly<Record<CloudErrorKind | 'ok', true>> = {
  ok: true,
  throttled: true,
  busy: true,
  indeterminate: true,
  tokenSpent: true,
  notFound: true,
  inUse: true,
  denied: true,
  credentials: true,
  exhausted: true,
  refused: true,
};

const VERBS: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']);

const RESOURCES: ReadonlySet<string> = new Set([
  'securitypolicies',
  'securitypolicies/status',
  'providerconfigs',
  'providerconfigs/status',
  'clusterproviderconfigs',
  'clusterproviderconfigs/status',
  'leases',
  'events',
  'secrets',
  'namespaces',
  'customresourcedefinitions',
]);

/** HTTP status codes that an API server or a proxy before it answers with. */
const CODES: ReadonlySet<string> = new Set(
  [200, 201, 202, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504].map(String),
);

/** The label for a cloud operation. */
export function actionLabel(action: string): string {
  return ACTIONS.has(action) ? action : OTHER;
}

/** The label for how a cloud call went. */
export function outcomeLabel(outcome: string): string {
  return Object.hasOwn(OUTCOMES, outcome) ? outcome : OTHER;
}

/** The label for a verb of the Kubernetes API. */
export function verbLabel(verb: string): string {
  return VERBS.has(verb) ? verb : OTHER;
}

/** The label for a resource of the Kubernetes API, with its subresource. */
export function resourceLabel(resource: string): string {
  return RESOURCES.has(resource) ? resource : OTHER;
}

/** The label for an HTTP status; `none` when no answer came. */
export function codeLabel(code: number | undefined): string {
  if (code === undefined) return 'none';
  const label = String(code);
  return CODES.has(label) ? label : OTHER;
}

/** Every value that the labels of calls and passes can have, for the documentation. */
export function labelValues(): ReadonlyMap<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    ['action', [...ACTIONS, OTHER]],
    ['outcome', [...Object.keys(OUTCOMES), OTHER]],
    ['verb', [...VERBS, OTHER]],
    ['resource', [...RESOURCES, OTHER]],
    ['code', [...CODES, 'none', OTHER]],
    ['result', RESULTS],
  ]);
}
