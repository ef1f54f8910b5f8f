/**
 * As much of OpenAPI v3 as kubectl needs to leave the validation of fields to the server.
 * @module
 */
import { apiVersionOf } from './decoding.ts';
import type { JsonObject } from './object.ts';
import type { Resource } from './resource.ts';

const ROOT = '/openapi/v3';

function pathOf(resource: Resource): string {
  return `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;
}

/** The answer to a path below `/openapi/v3`; `undefined` when the path is not one. */
export function openApi(path: string, resources: readonly Resource[]): JsonObject | undefined {
  if (path === ROOT) {
    const paths = resources.map(pathOf).map((one) => [one, { serverRelativeURL: `${ROOT}/${one}` }]);
    return { paths: Object.fromEntries(paths) };
  }
  const served = resources.filter((resource) => path === `${ROOT}/${pathOf(resource)}`);
  if (served.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Stand-in', version: 'unversioned' },
    paths: Object.fromEntries(served.map(patchable)),
    components: { schemas: Object.fromEntries(served.flatMap(schemaOf)) },
  };
}

/** The schema of a custom kind under a name like that of the real server: its group backwards, version, kind. */
function schemaOf({ custom, group, version, kind }: Resource): readonly [string, JsonObject][] {
  if (custom === undefined) return [];
  const name = [...group.split('.').reverse(), version, kind].join('.');
  return [[name, { ...custom.schema, 'x-kubernetes-group-version-kind': [{ group, version, kind }] }]];
}

/** kubectl looks at one thing: that a PATCH of the kind takes `fieldValidation`. */
function patchable(resource: Resource): [string, JsonObject] {
  const { group, version, kind, plural, namespaced } = resource;
  const place = namespaced ? '/namespaces/{namespace}' : '';
  const parameter = { name: 'fieldValidation', in: 'query', schema: { type: 'string' } };
  const patch = {
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
    parameters: [parameter],
    responses: {},
  };
  return [`/${pathOf(resource)}${place}/${plural}/{name}`, { patch }];
}
