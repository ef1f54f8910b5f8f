import type { JsonObject } from './object.ts';

/** What a failure says of a resource. */
export interface Named {
  /** Empty for the core group. */
  readonly group: string;
  readonly plural: string;
}

/** One entry of `details.causes`. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** A `metav1.Status` of a request that did not succeed, as the real server words it. */
export interface Failure {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: JsonObject;
  /** Only of a 410 for a continue token: the token that goes on. */
  readonly metadata?: JsonObject;
  /** Seconds, sent as `Retry-After`. */
  readonly retryAfter?: number;
}

/** An outcome inside the server: what to answer, or why not. */
export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Wraps a value. */
export function ok<T>(value: T): Outcome<T> {
  return { kind: 'ok', value };
}

/** Wraps a failure. */
export function failed(failure: Failure): Outcome<never> {
  return { kind: 'failed', failure };
}

/** The body of a failure. */
export function statusBody(failure: Failure): JsonObject {
  const { code, reason, message, details, metadata = {} } = failure;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** `securitypolicies.alb.alicloud.dev`, or `secrets` in the core group. */
export function qualified(resource: Named): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function details(resource: Named, name: string): JsonObject {
  return { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
}

/** 404 for an object. */
export function notFound(resource: Named, name: string): Failure {
  return {
    code: 404,
    reason: 'NotFound',
    message: `${qualified(resource)} "${name}" not found`,
    details: details(resource, name),
  };
}

/** 409 for a name that is taken. */
export function alreadyExists(resource: Named, name: string): Failure {
  return {
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualified(resource)} "${name}" already exists`,
    details: details(resource, name),
  };
}

/** 409 for a name that is still taken by an object on its way out. */
export function stillDeleting(resource: Named, name: string): Failure {
  const failure = alreadyExists(resource, name);
  return { ...failure, message: `object is being deleted: ${failure.message}` };
}

/** What a 409 says when the resourceVersion is not the current one. */
export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 409 for a write that was based on another state of the object. */
export function conflict(resource: Named, name: string, why: string): Failure {
  return {
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    details: details(resource, name),
  };
}

/** 403 for an object. */
export function forbidden(resource: Named, name: string, why: string): Failure {
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${qualified(resource)} "${name}" is forbidden: ${why}`,
    details: details(resource, name),
  };
}

/** 400 for a request that cannot be read. */
export function badRequest(message: string): Failure {
  return { code: 400, reason: 'BadRequest', message };
}

/** 422 with one cause a violation; equal sentences are said once. */
export function invalid(group: string, kind: string, name: string, causes: readonly Cause[]): Failure {
  const sentences = [...new Set(causes.map((cause) => `${cause.field ?? ''}: ${cause.message}`))];
  const said = sentences.length === 1 ? (sentences[0] ?? '') : `[${sentences.join(', ')}]`;
  const qualifiedKind = group === '' ? kind : `${kind}.${group}`;
  return {
    code: 422,
    reason: 'Invalid',
    message: `${qualifiedKind} "${name}" is invalid: ${said}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind,
      causes: causes.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  };
}

/** 410 for a resourceVersion that the event log no longer reaches. */
export function expired(message: string): Failure {
  return { code: 410, reason: 'Expired', message };
}

/** 405 for a verb that this resource does not have. */
export const METHOD_NOT_ALLOWED: Failure = {
  code: 405,
  reason: 'MethodNotAllowed',
  message: 'the server does not allow this method on the requested resource',
  details: {},
};

/** 504 for a resourceVersion of the future. */
export function tooLarge(asked: number, current: number): Failure {
  const message = `Too large resource version: ${asked}, current: ${current}`;
  return {
    code: 504,
    reason: 'Timeout',
    message: `Timeout: ${message}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
    retryAfter: 1,
  };
}
