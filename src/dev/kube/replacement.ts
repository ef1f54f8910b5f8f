import type { Decoded } from './decoding.ts';
import { badRequest, type Cause, conflict, failed, invalid, MODIFIED, type Outcome, ok } from './failure.ts';
import { equalJson, type KubeObject, type Metadata, without, withoutUndefined } from './object.ts';
import type { Resource } from './resource.ts';
import { violation } from './violation.ts';

/** How an object is replaced. */
export interface Replacement {
  /** True for the status subresource: everything else is kept. */
  readonly status: boolean;
  /** True for a PUT, whose resourceVersion may be required. */
  readonly versioned: boolean;
}

/**
 * What a PUT or a patched object makes of the current one. The current object itself when nothing differs:
 * then nothing is stored, and the resourceVersion stays.
 */
export function replaced(
  resource: Resource,
  current: KubeObject,
  next: Decoded['object'],
  how: Replacement,
): Outcome<KubeObject> {
  const { metadata } = next;
  const name = metadata.name ?? '';
  if (name !== current.metadata.name) {
    const names = `the name of the object (${String(name)}) does not match the name on the URL (${current.metadata.name})`;
    return failed(badRequest(names));
  }
  const { uid = '', resourceVersion: version = '' } = metadata;
  if (how.versioned && uid !== '' && uid !== current.metadata.uid) {
    return failed(conflict(resource, current.metadata.name, otherUid(resource, current, String(uid))));
  }
  if (version === '' && how.versioned && !resource.unconditionalUpdate) {
    const detail = 'must be specified for an update';
    const cause = violation('FieldValueInvalid', 'metadata.resourceVersion', { shown: 0, detail });
    // The real server names the resource here, where it else names the kind.
    return failed(invalid(resource.group, resource.plural, current.metadata.name, [cause]));
  }
  if (version !== '' && version !== current.metadata.resourceVersion) {
    return failed(conflict(resource, current.metadata.name, MODIFIED));
  }
  const object = how.status ? onlyStatus(current, next) : withoutStatus(resource, current, next);
  const found = metadataViolations(resource, current, object, next);
  const causes = resource.custom?.validation(object, current, found) ?? found;
  if (causes.length > 0) return failed(invalid(resource.group, resource.kind, current.metadata.name, causes));
  return ok(equalJson(object, current) ? current : object);
}

/** The real server lets its storage's words through. */
function otherUid(resource: Resource, { metadata }: KubeObject, uid: string): string {
  const key = [resource.group, resource.plural, metadata.namespace, metadata.name].filter(Boolean).join('/');
  return `StorageError: invalid object, Code: 4, Key: /registry/${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
}

/** What a client may not do to the metadata. The real server looks twice at that of custom resources. */
function metadataViolations(
  resource: Resource,
  current: KubeObject,
  object: KubeObject,
  { metadata }: Decoded['object'],
): readonly Cause[] {
  const immutable = (['uid', 'deletionTimestamp'] as const).flatMap((field) => {
    const value = metadata[field] ?? '';
    if (value === '' || value === current.metadata[field]) return [];
    return [
      violation('FieldValueInvalid', `metadata.${field}`, { shown: value, detail: 'field is immutable' }),
    ];
  });
  const once = [...immutable, ...finalizerViolations(current, object)];
  return resource.custom === undefined ? once : [...once, ...once];
}

function onlyStatus(current: KubeObject, next: Decoded['object']): KubeObject {
  const { status: _, ...rest } = current;
  const kept = { ...rest, apiVersion: current.apiVersion, kind: current.kind, metadata: current.metadata };
  return next.status === undefined ? kept : { ...kept, status: next.status };
}

function withoutStatus(resource: Resource, current: KubeObject, next: Decoded['object']): KubeObject {
  const content = without(next, 'metadata', ...(resource.statusSubresource ? ['status'] : []));
  const kept = resource.statusSubresource && current.status !== undefined ? { status: current.status } : {};
  const { apiVersion, kind } = current;
  const object = { ...content, ...kept, apiVersion, kind, metadata: merged(current.metadata, next.metadata) };
  if (!resource.generation || equalJson(without(object, 'metadata'), without(current, 'metadata')))
    return object;
  const generation = (current.metadata.generation ?? 0) + 1;
  return { ...object, metadata: { ...object.metadata, generation } };
}

/** The metadata that a client may change; all else stays as it was. */
function merged(current: Metadata, next: Decoded['object']['metadata']): Metadata {
  const { labels, annotations, finalizers, ownerReferences } = next;
  const changed = { labels, annotations, finalizers, ownerReferences };
  const set = Object.entries(changed).filter(([, value]) => value !== undefined && !isEmpty(value));
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...kept } = current;
  const { name, uid, resourceVersion, creationTimestamp } = current;
  return withoutUndefined({
    ...kept,
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...Object.fromEntries(set),
  });
}

/** The server does not store empty maps and lists of metadata. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function finalizerViolations(current: KubeObject, next: KubeObject): readonly Cause[] {
  if (current.metadata.deletionTimestamp === undefined) return [];
  const before = new Set(current.metadata.finalizers ?? []);
  const extra = (next.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer)).toSorted();
  if (extra.length === 0) return [];
  const listed = extra.map((finalizer) => `"${finalizer}"`).join(', ');
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed}}`;
  return [violation('FieldValueForbidden', 'metadata.finalizers', { detail })];
}
