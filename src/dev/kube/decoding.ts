/**
 * From the JSON of a request to an object as it is stored.
 * @module
 */
import type { Address } from './address.ts';
import { storedEvent } from './event.ts';
import { badRequest, failed, invalid, type Outcome, ok } from './failure.ts';
import { isJsonObject, type JsonObject } from './object.ts';
import type { Resource } from './resource.ts';
import { prune, withDefaults } from './schema.ts';
import { storedSecret } from './secret.ts';
import { violation } from './violation.ts';

/** What the query says about unknown fields. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** A decoded object; its metadata may lack what only the server sets. */
export interface Decoded {
  readonly object: JsonObject & { readonly metadata: JsonObject };
  readonly warnings: readonly string[];
}

/** `group/version`, or `version` in the core group. */
export function apiVersionOf(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** Checks that the body is for this address, prunes and sets defaults. 400 when it is not. */
export function decode(address: Address, body: unknown, mode: FieldValidation): Outcome<Decoded> {
  const { resource } = address;
  if (!isJsonObject(body))
    return failed(badRequest('the object provided is unrecognized (must be of type Object)'));
  const apiVersion = apiVersionOf(resource);
  const bar = resource.custom === undefined ? undefined : identityBar(resource, body);
  if (bar !== undefined) return bar;
  const { apiVersion: saidVersion = apiVersion, kind: saidKind = resource.kind } = body;
  if (saidVersion !== apiVersion) {
    const message = `the API version in the data (${String(saidVersion)}) does not match the expected API version (${apiVersion})`;
    return failed(badRequest(message));
  }
  if (saidKind !== resource.kind) {
    const message = `the kind in the data (${String(saidKind)}) does not match the expected kind (${resource.kind})`;
    return failed(badRequest(message));
  }
  const metadata = isJsonObject(body.metadata) ? withoutNulls(body.metadata) : {};
  const { namespace = address.namespace } = metadata;
  if (namespace !== address.namespace) {
    const message = 'the namespace of the provided object does not match the namespace sent on the request';
    return failed(badRequest(message));
  }
  const placed = { ...metadata, ...(namespace === undefined ? {} : { namespace }) };
  return shaped(resource, { ...body, apiVersion, kind: resource.kind, metadata: placed }, mode);
}

/** A custom resource must say what it is; of built-in kinds the path is enough. */
function identityBar(resource: Resource, body: JsonObject): Outcome<never> | undefined {
  const { kind } = resource;
  const missing = ['kind', 'apiVersion'].find((field) => (body[field] ?? '') === '');
  if (missing !== undefined) {
    const text = JSON.stringify(body);
    const said = missing === 'kind' ? 'Kind' : missing;
    const short = text.length > 30 ? `${text.slice(0, 30)} ...` : text;
    const why = `Object '${said}' is missing in '${text}' (${short})`;
    return failed(badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why}`));
  }
  if (body.kind === kind) return undefined;
  const name = isJsonObject(body.metadata) ? String(body.metadata.name ?? '') : '';
  const cause = violation('FieldValueInvalid', 'kind', { shown: body.kind, detail: `must be ${kind}` });
  return failed(invalid(resource.group, String(body.kind), name, [cause]));
}

function shaped(resource: Resource, body: Decoded['object'], mode: FieldValidation): Outcome<Decoded> {
  const { metadata } = body;
  if (resource.storage === 'events') return ok({ object: { ...storedEvent(body), metadata }, warnings: [] });
  if (resource.storage === 'secrets')
    return ok({ object: { ...storedSecret(body), metadata }, warnings: [] });
  if (resource.custom === undefined) return ok({ object: body, warnings: [] });
  const dropped: string[] = [];
  const object = withDefaults(prune(body, resource.custom.schema, dropped), resource.custom.schema);
  const unknown = dropped.map((path) => `unknown field "${path}"`);
  if (mode === 'Strict' && unknown.length > 0) {
    const { kind, version } = resource;
    const what = `${kind} in version "${version}" cannot be handled as a ${kind}`;
    return failed(badRequest(`${what}: strict decoding error: ${unknown.join(', ')}`));
  }
  const shapedObject = isJsonObject(object) ? object : body;
  return ok({ object: { ...shapedObject, metadata }, warnings: mode === 'Warn' ? unknown : [] });
}

function withoutNulls(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}
