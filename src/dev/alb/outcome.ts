/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Why a request is not carried out; `headers` go with the answer. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a committed write changed: the id it made or changed. */
export interface Commit {
  readonly id: string;
}

/**
 * What became of a request inside the model. `commit` stands on the request that changed something, never on a
 * replayed answer.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly body: JsonObject; readonly commit?: Commit }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The answer on the wire. `sequence` is the number of its ledger entry. */
export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  readonly sequence: number;
}

/** An outcome that refuses. `status` is the HTTP status. */
export function refused(
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Outcome {
  return {
    kind: 'refused',
    refusal: { status, code, message, ...(headers === undefined ? {} : { headers }) },
  };
}

/** The refusal of a parameter's value; the code has the form of the NLB family, since ALB documents none. */
export function illegal(parameter: string, rule: string): Outcome {
  return refused(400, `IllegalParam.${parameter}`, `The parameter ${parameter} is illegal: ${rule}.`);
}

/** The refusal of an absent parameter, in the gateway's form. */
export function missing(parameter: string): Outcome {
  return refused(400, `Missing${parameter}`, `${parameter} is mandatory for this action.`);
}

/** The refusal of an id that no policy has (now). */
export function notFound(id: string): Outcome {
  return refused(404, 'ResourceNotFound.SecurityPolicy', `The specified resource ${id} is not found.`);
}
