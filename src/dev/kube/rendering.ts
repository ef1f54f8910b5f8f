import { apiVersionOf } from './decoding.ts';
import { shownEvent } from './event.ts';
import { type JsonObject, type KubeObject, without } from './object.ts';
import type { Resource } from './resource.ts';

/** How a client wants objects: whole, or their metadata only (`Accept: ...;as=PartialObjectMetadata`). */
export interface Rendering {
  readonly metadataOnly: boolean;
}

/** Reads the `Accept` header; the first form that is known here wins. */
export function renderingOf(accept: string): Rendering {
  const first = accept.split(',').find((form) => !form.includes('as=Table'));
  return { metadataOnly: /as=PartialObjectMetadata(;|$|List)/.test(first ?? '') };
}

/** An object as one resource shows it. */
export function shown(resource: Resource, object: KubeObject, { metadataOnly }: Rendering): KubeObject {
  if (metadataOnly) {
    return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
  }
  const versioned = object.metadata.resourceVersion === '' ? unstored(object) : object;
  return resource.group === 'events.k8s.io' ? shownEvent(versioned) : versioned;
}

/** What was only rehearsed has no resourceVersion. */
function unstored(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}

/** A list; items of built-in kinds carry no kind of their own there, as in the real server. */
export function shownList(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  rendering: Rendering,
): JsonObject {
  const bare = resource.custom === undefined && !rendering.metadataOnly;
  return {
    kind: rendering.metadataOnly ? 'PartialObjectMetadataList' : resource.listKind,
    apiVersion: rendering.metadataOnly ? 'meta.k8s.io/v1' : apiVersionOf(resource),
    metadata,
    items: objects.map((object) => {
      const one = shown(resource, object, rendering);
      return bare ? without(one, 'kind', 'apiVersion') : one;
    }),
  };
}
