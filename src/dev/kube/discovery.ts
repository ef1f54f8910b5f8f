/**
 * Discovery, enough for kubectl to find the resources.
 * @module
 */
import { apiVersionOf } from './decoding.ts';
import type { JsonObject } from './object.ts';
import type { Resource } from './resource.ts';

/** The version that the stand-in says it is: the newest one that it was compared with. */
export const KUBERNETES_VERSION = 'v1.37.2';

/** The answer to a discovery path; `undefined` when the path is not one. */
export function discovery(path: string, resources: readonly Resource[]): JsonObject | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  const [root, first, second, ...rest] = segments;
  if (rest.length > 0) return undefined;
  if (root === 'version' && first === undefined) return version();
  if (root === 'api' && first === undefined) return { kind: 'APIVersions', versions: ['v1'] };
  if (root === 'api' && first !== undefined && second === undefined)
    return resourceList('', first, resources);
  if (root !== 'apis') return undefined;
  if (first === undefined) {
    const groups = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== '');
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((one) => group(one, resources)) };
  }
  if (second !== undefined) return resourceList(first, second, resources);
  if (!resources.some((one) => one.group === first)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...group(first, resources) };
}

function version(): JsonObject {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? [];
  return { major, minor, gitVersion: KUBERNETES_VERSION, platform: 'stand-in' };
}

function group(name: string, resources: readonly Resource[]): JsonObject {
  const versions = [...new Set(resources.filter((one) => one.group === name).map((one) => one.version))].map(
    (one) => ({ groupVersion: `${name}/${one}`, version: one }),
  );
  return { name, versions, preferredVersion: versions[0] };
}

// In the order of the real server.
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function resourceList(
  groupName: string,
  version: string,
  resources: readonly Resource[],
): JsonObject | undefined {
  const served = resources.filter((one) => one.group === groupName && one.version === version);
  const [one] = served;
  if (one === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(one),
    resources: served.flatMap((resource) => [
      entry(resource),
      ...(resource.statusSubresource ? [statusEntry(resource)] : []),
    ]),
  };
}

function statusEntry({ plural, namespaced, kind }: Resource): JsonObject {
  const verbs = ['get', 'patch', 'update'];
  return { name: `${plural}/status`, singularName: '', namespaced, kind, verbs };
}

function entry({ plural, singular, namespaced, kind, shortNames, categories }: Resource): JsonObject {
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}
