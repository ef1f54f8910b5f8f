/**
 * What each verb but watch answers.
 * @module
 */
import type { Address, Verb } from './address.ts';
import { parseBody } from './body.ts';
import { deletionOf } from './deletion.ts';
import { notFound } from './failure.ts';
import { listed } from './list.ts';
import type { JsonObject, KubeObject } from './object.ts';
import { type Rendering, shown, shownList } from './rendering.ts';
import { PAGE_NOT_FOUND, type Reply, refusal } from './reply.ts';
import type { Store } from './store.ts';
import { keyOf, type Writes, type Written } from './write.ts';
import { unsupportedMediaType, type WriteVerb, writeOptionsOf } from './writeoptions.ts';

/** A request to a resource, read to its end. */
export interface Query {
  readonly address: Address;
  readonly parameters: URLSearchParams;
  readonly contentType: string;
  readonly body: Buffer;
  readonly rendering: Rendering;
}

/** The answer to a request; what it writes is stored on return. */
export function replyTo(verb: Exclude<Verb, 'watch'>, query: Query, store: Store, writes: Writes): Reply {
  const { resource, namespace, name } = query.address;
  const misplaced = resource.namespaced && namespace === undefined;
  if (misplaced && (name !== undefined || verb === 'create')) return PAGE_NOT_FOUND;
  switch (verb) {
    case 'get':
      return get(query, store);
    case 'list':
      return list(query, store);
    case 'deletecollection':
      return deleteCollection(query, store, writes);
    case 'create':
    case 'update':
    case 'patch':
    case 'apply':
    case 'delete':
      return write(verb, query, writes);
  }
}

function get({ address, rendering }: Query, store: Store): Reply {
  const { resource, namespace, name = '' } = address;
  const object = store.get(resource.storage, keyOf(namespace, name));
  if (object === undefined) return refusal(notFound(resource, name));
  return { code: 200, body: shown(resource, object, rendering) };
}

function list({ address, parameters, rendering }: Query, store: Store): Reply {
  const page = listed(store, address, parameters);
  if (page.kind === 'failed') return refusal(page.failure);
  const { objects, metadata } = page.value;
  return { code: 200, body: shownList(address.resource, objects, metadata, rendering) };
}

function write(verb: WriteVerb, query: Query, writes: Writes): Reply {
  const { address, parameters, contentType, rendering } = query;
  const unsupported = unsupportedMediaType(verb, address.resource, contentType);
  if (unsupported !== undefined) return refusal(unsupported);
  const body = parseBody(query.body, contentType);
  if (body.kind === 'failed') return refusal(body.failure);
  const options = writeOptionsOf(verb, parameters, body.value);
  if (options.kind === 'failed') return refusal(options.failure);
  const written =
    verb === 'delete'
      ? writes.delete(address, deletionOf(body.value), options.value.dryRun)
      : writes[verb](address, body.value, options.value);
  if (written.kind === 'failed') return refusal(written.failure);
  const { code, object, warnings, gone } = written.value;
  if (gone === true) return { code, body: success(address, written.value) };
  return { code, body: shown(address.resource, object, rendering), warnings };
}

/** What a delete says of an object that is gone. */
function success({ resource }: Address, { object }: Written): JsonObject {
  const { name, uid } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  const details = { name, ...group, kind: resource.plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function deleteCollection(query: Query, store: Store, writes: Writes): Reply {
  const { address, parameters, rendering } = query;
  const page = listed(store, address, parameters);
  if (page.kind === 'failed') return refusal(page.failure);
  const { resource } = address;
  const deleted: KubeObject[] = [];
  for (const { metadata } of page.value.objects) {
    const { name, namespace } = metadata;
    const one = { resource, name, ...(namespace === undefined ? {} : { namespace }) };
    const written = writes.delete(one, {}, parameters.has('dryRun'));
    if (written.kind === 'ok') deleted.push(written.value.object);
  }
  const more = resource.custom === undefined ? {} : { continue: '' };
  const metadata = { resourceVersion: String(store.revision), ...more };
  return { code: 200, body: shownList(resource, deleted, metadata, rendering) };
}
