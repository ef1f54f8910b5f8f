/**
 * Words for writing a kind down: zod schemas that carry, besides the type, what Kubernetes and the docs want to know.
 * Imported by the schemas of the kinds only, never at run time.
 * @module
 */
import type { z } from 'zod';

/** A validation rule in CEL, as the CRD has it. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired';
  readonly optionalOldSelf?: boolean;
}

/** What a field says beside its type. Everything but `about`, `example` and `rules` goes into the CRD as it is. */
export interface Field {
  /** What the field is for: sentences, without an example. */
  readonly about: string;
  /** A value that the field may have, as YAML flow text. */
  readonly example: string;
  readonly rules?: readonly Rule[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
}

/** `schema` with what `field` says of it. */
export function described<T extends z.ZodType>(schema: T, field: Field): T {
  const { about, example, rules, ...hints } = field;
  return schema.meta({
    ...hints,
    description: about,
    example,
    ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
  });
}

/** `described` for lists, which are atomic: with server-side apply a set would be the union of its managers. */
export function atomic<T extends z.ZodType>(schema: T, field: Field & { readonly maxItems: number }): T {
  return described(schema, { ...field, 'x-kubernetes-list-type': 'atomic' });
}
