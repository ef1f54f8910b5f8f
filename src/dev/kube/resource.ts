import type { Schema } from './schema.ts';
import type { Validation } from './validation.ts';

/** What a served resource is: from the table below, or from a CustomResourceDefinition. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly statusSubresource: boolean;
  /** True for kinds whose `metadata.generation` the server counts. */
  readonly generation: boolean;
  /** True when a PUT without resourceVersion replaces whatever is there. */
  readonly unconditionalUpdate: boolean;
  /** Table and event log in the store; equal for two groups that show the same objects. */
  readonly storage: string;
  /** Only of custom resources. */
  readonly custom?: { readonly schema: Schema; readonly validation: Validation };
}

function builtIn(
  group: string,
  version: string,
  plural: string,
  kind: string,
  more: Partial<Resource> = {},
): Resource {
  return {
    group,
    version,
    plural,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    shortNames: [],
    categories: [],
    namespaced: true,
    statusSubresource: false,
    generation: false,
    unconditionalUpdate: true,
    storage: group === '' ? plural : `${plural}.${group}`,
    ...more,
  };
}

/** The built-in resources. Both groups of Events show the same table, as in the real server. */
export function builtInResources(): readonly Resource[] {
  return [
    builtIn('', 'v1', 'namespaces', 'Namespace', { namespaced: false, shortNames: ['ns'] }),
    builtIn('', 'v1', 'secrets', 'Secret'),
    builtIn('', 'v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] }),
    builtIn('', 'v1', 'events', 'Event', { shortNames: ['ev'] }),
    builtIn('events.k8s.io', 'v1', 'events', 'Event', { shortNames: ['ev'], storage: 'events' }),
    builtIn('coordination.k8s.io', 'v1', 'leases', 'Lease', { unconditionalUpdate: false }),
    builtIn('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', {
      namespaced: false,
      generation: true,
      unconditionalUpdate: false,
      statusSubresource: true,
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
    }),
  ];
}
