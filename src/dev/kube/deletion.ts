import { conflict, type Failure } from './failure.ts';
import { isJsonObject, type KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/** What of `DeleteOptions` is honoured. `propagationPolicy` is not: nothing is collected here. */
export interface Deletion {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Reads the preconditions of a `DeleteOptions` body. */
export function deletionOf(body: unknown): Deletion {
  const options = isJsonObject(body) && isJsonObject(body.preconditions) ? body.preconditions : {};
  const { uid, resourceVersion } = options;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

/** 409 when the object is not the one, or not as it was, that the request is about. */
export function precondition(
  resource: Resource,
  object: KubeObject,
  deletion: Deletion,
): Failure | undefined {
  const { uid, resourceVersion } = object.metadata;
  // The real server names the kind here, where it else names the resource.
  const named = { ...resource, plural: resource.kind };
  const unmet = (what: string, wanted: string, is: string, hint: string): Failure => {
    const why = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${is}). ${hint}`;
    return conflict(named, object.metadata.name, why);
  };
  if (deletion.uid !== undefined && deletion.uid !== uid) {
    return unmet('UID', deletion.uid, uid, 'The object might have been deleted and then recreated');
  }
  if (deletion.resourceVersion !== undefined && deletion.resourceVersion !== resourceVersion) {
    return unmet(
      'ResourceVersion',
      deletion.resourceVersion,
      resourceVersion,
      'The object might have been modified',
    );
  }
  return undefined;
}
