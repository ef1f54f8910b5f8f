/**
 * Validates custom resources. The judging is done by libraries: ajv for the structural schema, cel-js for the rules.
 * @module
 */
import type { Cause } from './failure.ts';
import { duplicates } from './listtype.ts';
import type { KubeObject } from './object.ts';
import { compileRules } from './rules.ts';
import type { Schema } from './schema.ts';
import { compileSchema } from './structure.ts';
import { BLOCKING, RULES_NOT_CHECKED } from './violation.ts';

/**
 * All violations of an object, `found` (those of its metadata) first; `old` is what it replaces. Empty when it is valid.
 */
export type Validation = (
  object: KubeObject,
  old: KubeObject | undefined,
  found: readonly Cause[],
) => readonly Cause[];

/** A schema or a rule that cannot be compiled. */
export type CompiledValidation =
  | { readonly kind: 'ok'; readonly validation: Validation }
  | { readonly kind: 'failed'; readonly causes: readonly Cause[] };

/** Compiles the schema of one version of a CustomResourceDefinition. */
export function compileValidation(schema: Schema): CompiledValidation {
  const structure = compileSchema(schema);
  if (structure.kind === 'failed') return structure;
  const rules = compileRules(schema);
  if (rules.kind === 'failed') return rules;
  return {
    kind: 'ok',
    validation: (object, old, found) => {
      const causes = [...found, ...structure.check(object, old)];
      if (old === undefined || duplicates(schema, old).length === 0)
        causes.push(...duplicates(schema, object));
      if (causes.some((cause) => BLOCKING.has(cause.reason))) return [...causes, RULES_NOT_CHECKED];
      return [...causes, ...rules.check(object, old)];
    },
  };
}
