/**
 * What a request's method and path mean.
 * @module
 */
import type { Resource } from './resource.ts';

/** The verbs as the real server's audit log names them. */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'apply'
  | 'delete'
  | 'deletecollection';

/** A request to a resource. */
export interface Address {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** `/api/v1/...` or `/apis/GROUP/VERSION/...` as the resource it names; `undefined` when nothing serves it. */
export function addressOf(path: string, resources: readonly Resource[]): Address | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  const core = segments[0] === 'api';
  const group = core ? '' : (segments[1] ?? '');
  const version = core ? segments[1] : segments[2];
  const rest = segments.slice(core ? 2 : 3).map(decoded);
  // `/namespaces/NAME` itself, and its status, are a namespace; anything deeper is inside it.
  const inside = rest[0] === 'namespaces' && rest.length > 2 && !(core && rest[2] === 'status');
  const [plural, name, subresource, more] = inside ? rest.slice(2) : rest;
  const resource = resources.find(
    (one) => one.group === group && one.version === version && one.plural === plural,
  );
  if (resource === undefined || more !== undefined) return undefined;
  if (inside && !resource.namespaced) return undefined;
  if (subresource !== undefined && !(subresource === 'status' && resource.statusSubresource))
    return undefined;
  return {
    resource,
    ...(inside && rest[1] !== undefined ? { namespace: rest[1] } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The verb of a request; `undefined` for a method that resources do not have. */
export function verbOf(
  method: string,
  named: boolean,
  parameters: URLSearchParams,
  contentType: string,
): Verb | undefined {
  switch (method) {
    case 'GET':
      if (isTrue(parameters.get('watch'))) return 'watch';
      return named ? 'get' : 'list';
    case 'POST':
      return named ? undefined : 'create';
    case 'PUT':
      return named ? 'update' : undefined;
    case 'PATCH':
      if (!named) return undefined;
      return contentType === APPLY ? 'apply' : 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

/** Content type of server-side apply; its body may be JSON, which is YAML too. */
export const APPLY = 'application/apply-patch+yaml';

/** How query parameters say true. */
export function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1';
}
