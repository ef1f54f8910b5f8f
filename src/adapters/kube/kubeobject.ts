import { isRecord, shareTexts } from '../texts.ts';
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

/** What `kubectl apply` keeps for itself: the whole object once more, as text. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Takes a value that the server sent for an object, or undefined when it has no name, uid or resource version.
 * Changes it in place: leaves out `metadata.managedFields`, often half of the object, and kubectl's copy of it, since
 * nobody here reads them, and shares its texts with other objects. What else the object holds is the CRD's business;
 * the API server has checked it.
 */
export function asObject<T extends KubeObject>(value: unknown): T | undefined {
  const metadata = field(value, 'metadata');
  if (
    text(metadata, 'name') === '' ||
    text(metadata, 'uid') === '' ||
    text(metadata, 'resourceVersion') === ''
  )
    return undefined;
  if (!isRecord(value) || !isRecord(metadata)) return undefined;
  // Made anew without them: an object from which a field is deleted takes more memory.
  const kept = without(metadata, 'managedFields');
  if (isRecord(kept.annotations)) kept.annotations = without(kept.annotations, LAST_APPLIED);
  value.metadata = kept;
  const object: unknown = shareTexts(value);
  return object as T;
}

function without(record: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const { [name]: _, ...kept } = record;
  return kept;
}
