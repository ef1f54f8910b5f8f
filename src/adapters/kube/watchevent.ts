import { field, readStatus, type StatusFailure, text } from './answer.ts';
import { asObject, type KubeObject } from './kubeobject.ts';

/** One line of a watch. */
export type WatchEvent<T extends KubeObject> =
  | { readonly kind: 'present'; readonly object: T }
  | { readonly kind: 'deleted'; readonly object: T }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string; readonly initialEnd: boolean }
  | { readonly kind: 'error'; readonly failure: StatusFailure }
  /** No event: a line cut short, or something that is no Kubernetes watch. */
  | { readonly kind: 'garbled' };

/** Annotation of the bookmark that ends the initial events of a WatchList (KEP-3157). */
const INITIAL_END = 'k8s.io/initial-events-end';

/** Reads one line of a watch; never throws. */
export function readWatchEvent<T extends KubeObject>(line: Buffer): WatchEvent<T> {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return { kind: 'garbled' };
  }
  const inside = field(value, 'object');
  switch (text(value, 'type')) {
    case 'ADDED':
    case 'MODIFIED':
      return withObject('present', inside);
    case 'DELETED':
      return withObject('deleted', inside);
    case 'BOOKMARK':
      return readBookmark(inside);
    case 'ERROR':
      return { kind: 'error', failure: readStatus(inside, 500) };
    default:
      return { kind: 'garbled' };
  }
}

function withObject<T extends KubeObject>(kind: 'present' | 'deleted', value: unknown): WatchEvent<T> {
  const object = asObject<T>(value);
  return object === undefined ? { kind: 'garbled' } : { kind, object };
}

function readBookmark(value: unknown): { readonly kind: 'garbled' } | WatchEvent<never> {
  const metadata = field(value, 'metadata');
  const resourceVersion = text(metadata, 'resourceVersion');
  if (resourceVersion === '') return { kind: 'garbled' };
  return {
    kind: 'bookmark',
    resourceVersion,
    initialEnd: text(field(metadata, 'annotations'), INITIAL_END) === 'true',
  };
}
