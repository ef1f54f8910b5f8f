import { field, text } from './answer.ts';

/** What the cache needs of any object. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

/** `namespace/name`, or `name` when the kind is not namespaced. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/**
 * Takes a value that the server sent for an object, or undefined when it has no name, uid or resource version.
 * Drops `metadata.managedFields` in place: it is often half of the object, and nobody here reads it. What else the
 * object holds is the CRD's business; the API server has checked it.
 */
export function asObject<T extends KubeObject>(value: unknown): T | undefined {
  const metadata = field(value, 'metadata');
  if (
    text(metadata, 'name') === '' ||
    text(metadata, 'uid') === '' ||
    text(metadata, 'resourceVersion') === ''
  )
    return undefined;
  delete (metadata as { managedFields?: unknown }).managedFields;
  return value as T;
}
