import type { Cause } from './failure.ts';

/** The kinds of field errors that the server tells apart. */
export type ViolationKind =
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueRequired'
  | 'FieldValueNotSupported'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden';

const WORDS: Readonly<Record<ViolationKind, string>> = {
  FieldValueInvalid: 'Invalid value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueRequired: 'Required value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
};

/**
 * One violation as the server words it: what is wrong, the value where one is shown, and the rule.
 * `shown` is left out for objects and lists, which the server does not print.
 */
export function violation(
  reason: ViolationKind,
  field: string,
  said: { readonly shown?: unknown; readonly detail?: string } = {},
): Cause {
  const value = 'shown' in said ? `: ${JSON.stringify(said.shown)}` : '';
  const detail = said.detail === undefined ? '' : `: ${said.detail}`;
  return { reason, message: `${WORDS[reason]}${value}${detail}`, field };
}

/** How the server writes a path that points at the object itself. */
export const ROOT_FIELD = '<nil>';

/** Violations that keep the rules of `x-kubernetes-validations` from being looked at. */
export const BLOCKING: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/** What is added when they are not. */
export const RULES_NOT_CHECKED: Cause = violation('FieldValueInvalid', ROOT_FIELD, {
  shown: null,
  detail:
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
});
