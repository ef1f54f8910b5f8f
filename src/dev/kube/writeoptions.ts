import { APPLY } from './address.ts';
import type { FieldValidation } from './decoding.ts';
import { type Failure, failed, invalid, type Outcome, ok } from './failure.ts';
import { isJsonObject } from './object.ts';
import type { Resource } from './resource.ts';
import { violation } from './violation.ts';
import type { WriteOptions } from './write.ts';

/** Verbs that write. */
export type WriteVerb = 'create' | 'update' | 'patch' | 'apply' | 'delete';

const OPTIONS: Readonly<Record<WriteVerb, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  apply: 'PatchOptions',
  delete: 'DeleteOptions',
};

/** Reads `dryRun`, `fieldValidation` and `fieldManager`; a delete may say `dryRun` in its body. 422 when they are wrong. */
export function writeOptionsOf(
  verb: WriteVerb,
  parameters: URLSearchParams,
  body: unknown,
): Outcome<WriteOptions> {
  const inBody: unknown = verb === 'delete' && isJsonObject(body) ? body.dryRun : undefined;
  const dryRuns: readonly unknown[] = [
    ...parameters.getAll('dryRun'),
    ...(Array.isArray(inBody) ? inBody : []),
  ];
  const wrong = dryRuns.find((value) => value !== 'All');
  if (wrong !== undefined) {
    const detail = 'supported values: "All"';
    const cause = violation('FieldValueNotSupported', 'dryRun', { shown: [wrong], detail });
    return failed(invalid('meta.k8s.io', OPTIONS[verb], '', [cause]));
  }
  const fieldManager = parameters.get('fieldManager') ?? '';
  if (verb === 'apply' && fieldManager === '') {
    const cause = violation('FieldValueRequired', 'fieldManager', { detail: 'is required for apply patch' });
    return failed(invalid('meta.k8s.io', OPTIONS[verb], '', [cause]));
  }
  return ok({ dryRun: dryRuns.length > 0, fieldValidation: fieldValidation(parameters), fieldManager });
}

function fieldValidation(parameters: URLSearchParams): FieldValidation {
  const mode = parameters.get('fieldValidation');
  return mode === 'Strict' || mode === 'Ignore' ? mode : 'Warn';
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const PLAIN: ReadonlySet<string> = new Set(['', 'application/json', 'application/yaml']);

/** 415 for a body in a form that is not understood here: custom resources have no strategic merge patch. */
export function unsupportedMediaType(
  verb: WriteVerb,
  resource: Resource,
  contentType: string,
): Failure | undefined {
  const patches =
    resource.custom === undefined ? [JSON_PATCH, MERGE, STRATEGIC, APPLY] : [JSON_PATCH, MERGE, APPLY];
  const accepted = verb === 'patch' || verb === 'apply' ? patches : [...PLAIN];
  if (accepted.includes(contentType)) return undefined;
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.filter((type) => type !== '').join(', ')}`;
  return { code: 415, reason: 'UnsupportedMediaType', message };
}
