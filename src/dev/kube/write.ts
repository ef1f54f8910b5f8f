/**
 * The writing verbs. Each decides first and stores last; nothing is stored when it fails, or in a dry run.
 * @module
 */
import type { Address } from './address.ts';
import { type Catalogue, DEFINITIONS, established, resourcesOf } from './catalogue.ts';
import { apiVersionOf, type Decoded, decode, type FieldValidation } from './decoding.ts';
import { type Deletion, precondition } from './deletion.ts';
import {
  alreadyExists,
  badRequest,
  failed,
  forbidden,
  invalid,
  notFound,
  type Outcome,
  ok,
  stillDeleting,
} from './failure.ts';
import { jsonPatch } from './jsonpatch.ts';
import { nameViolations } from './naming.ts';
import { isJsonObject, type JsonObject, type KubeObject } from './object.ts';
import { applied, mergePatch } from './patch.ts';
import { replaced } from './replacement.ts';
import type { Resource } from './resource.ts';
import type { Store } from './store.ts';
import { violation } from './violation.ts';

/** What the query of a write says. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly fieldManager: string;
}

/** The answer to a write. */
export interface Written {
  readonly code: 200 | 201;
  readonly object: KubeObject;
  readonly warnings: readonly string[];
  /** Only of a delete: the object is gone, and a `Status` says so. */
  readonly gone?: boolean;
}

/** What writes need from outside. */
export interface WriteSources {
  /** RFC 3339, whole seconds, as the server writes times. */
  readonly time: () => string;
  readonly uid: () => string;
}

/** Key of an object in its table. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** The writing verbs on one store. */
export class Writes {
  readonly #store: Store;
  readonly #catalogue: Catalogue;
  readonly #sources: WriteSources;
  /** What each manager applied last, by uid, manager and subresource. */
  readonly #applied = new Map<string, JsonObject>();

  constructor(store: Store, catalogue: Catalogue, sources: WriteSources) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#sources = sources;
  }

  /** POST: 201; 409 when the name is taken, 404 without the namespace. */
  create(address: Address, body: unknown, options: WriteOptions): Outcome<Written> {
    const { resource } = address;
    const decoded = decode(address, body, options.fieldValidation);
    if (decoded.kind === 'failed') return decoded;
    const object = this.#newObject(resource, decoded.value);
    const { name } = object.metadata;
    const found = nameViolations(name);
    const causes = resource.custom?.validation(object, undefined, found) ?? found;
    const barred = this.#namespaceBar(address, name);
    if (barred !== undefined) return barred;
    if (decoded.value.object.metadata.resourceVersion !== undefined) {
      const message = 'resourceVersion should not be set on objects to be created';
      return failed({ code: 500, reason: '', message });
    }
    if (causes.length > 0) return failed(invalid(resource.group, resource.kind, name, causes));
    const key = keyOf(address.namespace, name);
    const there = this.#store.get(resource.storage, key)?.metadata;
    if (there?.deletionTimestamp !== undefined) return failed(stillDeleting(resource, name));
    if (there !== undefined) return failed(alreadyExists(resource, name));
    const stored = this.#commit(resource, key, object, options.dryRun);
    if (stored.kind === 'failed') return stored;
    return ok({ code: 201, object: stored.value, warnings: decoded.value.warnings });
  }

  /** What a new object gets from the server; what only the server may set is dropped. */
  #newObject(resource: Resource, { object }: Decoded): KubeObject {
    const { status, ...content } = object;
    const { name, generateName, namespace, labels, annotations, finalizers, ownerReferences } =
      object.metadata;
    const uid = this.#sources.uid();
    const generated = typeof generateName === 'string' ? `${generateName}${suffix(uid)}` : '';
    const given = { generateName, namespace, labels, annotations, finalizers, ownerReferences };
    const metadata = {
      name: typeof name === 'string' && name !== '' ? name : generated,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      uid,
      resourceVersion: '',
      creationTimestamp: this.#sources.time(),
      ...(resource.generation ? { generation: 1 } : {}),
    };
    const created = { ...content, apiVersion: String(object.apiVersion), kind: resource.kind, metadata };
    if (resource.storage === 'namespaces') return activeNamespace(created);
    if (resource.statusSubresource) return withDefaultStatus(resource, created);
    return status === undefined ? created : { ...created, status };
  }

  /** A namespace must exist, and not be on its way out, before anything can be made in it. */
  #namespaceBar(address: Address, name: string): Outcome<never> | undefined {
    const { namespace, resource } = address;
    if (namespace === undefined) return undefined;
    const holder = this.#store.get('namespaces', keyOf(undefined, namespace));
    const namespaces = this.#catalogue.resources().find((one) => one.storage === 'namespaces');
    if (holder === undefined) return failed(notFound(namespaces ?? resource, namespace));
    if (holder.metadata.deletionTimestamp === undefined) return undefined;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const failure = forbidden(resource, name, why);
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    };
    return failed({ ...failure, details: { ...failure.details, causes: [cause] } });
  }

  /** PUT, of the object or its status. */
  update(address: Address, body: unknown, options: WriteOptions): Outcome<Written> {
    const decoded = decode(address, body, options.fieldValidation);
    if (decoded.kind === 'failed') return decoded;
    return this.#replace(address, decoded.value, options, true);
  }

  #replace(address: Address, next: Decoded, options: WriteOptions, versioned: boolean): Outcome<Written> {
    const { resource, namespace, name = '', subresource } = address;
    const key = keyOf(namespace, name);
    const current = this.#store.get(resource.storage, key);
    if (current === undefined) return failed(notFound(resource, name));
    const change = replaced(resource, current, next.object, { status: subresource === 'status', versioned });
    if (change.kind === 'failed') return change;
    const { object, warnings } = { object: change.value, warnings: next.warnings };
    if (object === current) return ok({ code: 200, object, warnings });
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0 && resource.storage !== 'namespaces') {
      if (!options.dryRun) this.#remove(resource, key);
      return ok({ code: 200, object, warnings });
    }
    const stored = this.#commit(resource, key, object, options.dryRun);
    return stored.kind === 'failed' ? stored : ok({ code: 200, object: stored.value, warnings });
  }

  /** PATCH with a merge patch, or with a JSON patch: then the body is the list of its operations. */
  patch(address: Address, body: unknown, options: WriteOptions): Outcome<Written> {
    const { resource, namespace, name = '' } = address;
    const current = this.#store.get(resource.storage, keyOf(namespace, name));
    if (current === undefined) return failed(notFound(resource, name));
    const shown = { ...current, apiVersion: apiVersionOf(resource) };
    if (!Array.isArray(body)) return this.#patched(address, mergePatch(shown, body), options);
    const patched = jsonPatch(shown, body);
    if (patched.kind === 'ok') return this.#patched(address, patched.value, options);
    const { code, reason } = { code: 422, reason: 'Invalid' };
    return failed({
      code,
      reason,
      message: `the server rejected our request due to an error in our request: ${patched.message}`,
    });
  }

  /** Stores what a patch made of an object; unknown fields are 422 here, where they are 400 in a whole object. */
  #patched(address: Address, merged: unknown, options: WriteOptions): Outcome<Written> {
    const { resource, name = '' } = address;
    const decoded = decode(address, merged, options.fieldValidation);
    if (decoded.kind === 'failed') {
      const [, detail] = /: (strict decoding error: .*)$/.exec(decoded.failure.message) ?? [];
      if (detail === undefined) return decoded;
      const cause = violation('FieldValueInvalid', 'patch', { shown: JSON.stringify(merged), detail });
      return failed(invalid(resource.group, resource.kind, name, [cause]));
    }
    return this.#replace(address, decoded.value, options, false);
  }

  /** PATCH with server-side apply: creates, or lays the fields over what is there. */
  apply(address: Address, body: unknown, options: WriteOptions): Outcome<Written> {
    const { resource, namespace, name = '', subresource } = address;
    const fields = isJsonObject(body) ? body : {};
    const metadata = isJsonObject(fields.metadata) ? fields.metadata : {};
    const unnamed = applyBar(fields, metadata, name);
    if (unnamed !== undefined) return unnamed;
    const current = this.#store.get(resource.storage, keyOf(namespace, name));
    if (current === undefined && subresource !== undefined) return failed(notFound(resource, name));
    if (current === undefined) {
      const created = this.create(address, { ...fields, metadata }, options);
      if (created.kind === 'ok' && !options.dryRun)
        this.#remember(created.value.object, address, options, fields);
      return created;
    }
    const last = this.#applied.get(applyKey(current, address, options));
    const merged = applied(resource.custom?.schema ?? {}, current, { ...fields, metadata }, last);
    const decoded = decode(address, merged, options.fieldValidation);
    if (decoded.kind === 'failed') return decoded;
    const written = this.#replace(address, decoded.value, options, false);
    if (written.kind === 'ok' && !options.dryRun) this.#remember(current, address, options, fields);
    return written;
  }

  #remember(object: KubeObject, address: Address, options: WriteOptions, fields: JsonObject): void {
    // Name and namespace say which object it is: leaving one out later does not remove it.
    const given = isJsonObject(fields.metadata) ? fields.metadata : {};
    const { name: _, namespace: __, ...metadata } = given;
    const { apiVersion: _a, kind: _k, ...rest } = fields;
    this.#applied.set(applyKey(object, address, options), { ...rest, metadata });
  }

  /** DELETE: gone at once, or marked until its finalizers are. */
  delete(address: Address, deletion: Deletion, dryRun: boolean): Outcome<Written> {
    const { resource, namespace, name = '' } = address;
    const key = keyOf(namespace, name);
    const current = this.#store.get(resource.storage, key);
    if (current === undefined) return failed(notFound(resource, name));
    const unmet = precondition(resource, current, deletion);
    if (unmet !== undefined) return failed(unmet);
    if (resource.storage === 'namespaces') return this.#deleteNamespace(resource, current, dryRun);
    if ((current.metadata.finalizers ?? []).length === 0) {
      if (!dryRun) this.#remove(resource, key);
      return ok({ code: 200, object: current, warnings: [], gone: true });
    }
    if (current.metadata.deletionTimestamp !== undefined) {
      return ok({ code: 200, object: current, warnings: [] });
    }
    const marked = this.#marked(current);
    const object = dryRun ? marked : this.#store.put(resource.storage, key, marked);
    return ok({ code: 200, object, warnings: [] });
  }

  #marked(object: KubeObject): KubeObject {
    const { generation } = object.metadata;
    return {
      ...object,
      metadata: {
        ...object.metadata,
        deletionTimestamp: this.#sources.time(),
        deletionGracePeriodSeconds: 0,
        ...(generation === undefined ? {} : { generation: generation + 1 }),
      },
    };
  }

  /** Marks a namespace and deletes what is in it; it goes with the last of that. */
  #deleteNamespace(resource: Resource, current: KubeObject, dryRun: boolean): Outcome<Written> {
    const { name } = current.metadata;
    if (dryRun || current.metadata.deletionTimestamp !== undefined) {
      return ok({ code: 200, object: current, warnings: [] });
    }
    const terminating = { ...this.#marked(current), status: { phase: 'Terminating' } };
    const object = this.#store.put(resource.storage, keyOf(undefined, name), terminating);
    for (const inside of this.#catalogue.resources().filter((one) => one.namespaced)) {
      for (const [, held] of [...this.#store.entries(inside.storage)]) {
        if (held.metadata.namespace !== name) continue;
        this.delete({ resource: inside, namespace: name, name: held.metadata.name }, {}, false);
      }
    }
    this.#sweepNamespace(name);
    return ok({ code: 200, object, warnings: [] });
  }

  #sweepNamespace(name: string): void {
    const key = keyOf(undefined, name);
    const holder = this.#store.get('namespaces', key);
    if (holder?.metadata.deletionTimestamp === undefined) return;
    const empty = this.#catalogue
      .resources()
      .every(({ storage }) =>
        [...this.#store.entries(storage).values()].every((held) => held.metadata.namespace !== name),
      );
    if (empty) this.#store.remove('namespaces', key);
  }

  #remove(resource: Resource, key: string): void {
    const removed = this.#store.remove(resource.storage, key);
    const { namespace, name = '' } = removed?.metadata ?? {};
    if (resource.storage === DEFINITIONS) {
      for (const custom of this.#catalogue.drop(name)) {
        for (const held of [...this.#store.entries(custom.storage).keys()])
          this.#store.remove(custom.storage, held);
      }
    }
    if (namespace !== undefined) this.#sweepNamespace(namespace);
  }

  #commit(resource: Resource, key: string, object: KubeObject, dryRun: boolean): Outcome<KubeObject> {
    if (resource.storage !== DEFINITIONS)
      return ok(dryRun ? object : this.#store.put(resource.storage, key, object));
    const resources = resourcesOf(object);
    if (resources.kind === 'failed') return resources;
    const definition = established(object, this.#sources.time());
    if (dryRun) return ok(definition);
    this.#catalogue.serve(definition, resources.value);
    return ok(this.#store.put(resource.storage, key, definition));
  }
}

/** An applied object must say what it is. */
function applyBar(fields: JsonObject, metadata: JsonObject, name: string): Outcome<never> | undefined {
  const { apiVersion = '', kind = '' } = fields;
  if (apiVersion === '' || kind === '') {
    return failed(badRequest(`invalid object type: ${String(apiVersion) || '/'}, Kind=${String(kind)}`));
  }
  if (metadata.name !== undefined) return undefined;
  const why = `the name of the object (${name} based on URL) was undeterminable: name must be provided`;
  return failed(badRequest(why));
}

function applyKey(object: KubeObject, { subresource }: Address, { fieldManager }: WriteOptions): string {
  return `${object.metadata.uid} ${fieldManager} ${subresource ?? ''}`;
}

/** Five characters, as many as the real server adds to `generateName`. */
function suffix(uid: string): string {
  return uid.replaceAll('-', '').slice(0, 5);
}

function activeNamespace(namespace: KubeObject): KubeObject {
  const { labels = {}, name } = namespace.metadata;
  return {
    ...namespace,
    metadata: { ...namespace.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

/** A create cannot set the status, but the schema's default for it shows at once. */
function withDefaultStatus(resource: Resource, object: KubeObject): KubeObject {
  const status = resource.custom?.schema.properties?.status?.default;
  return status === undefined ? object : { ...object, status: structuredClone(status) };
}
