/**
 * The rules of `x-kubernetes-validations`, judged by cel-js.
 * @module
 */
import type { Environment } from '@marcbachmann/cel-js';
import { type CelVariables, celEnvironment, celProgram, celValue } from './cel.ts';
import { oldField, oldItem } from './correlation.ts';
import type { Cause } from './failure.ts';
import { equalJson, isJsonObject, type KubeObject } from './object.ts';
import { type Rule, type Schema, valueSchema } from './schema.ts';
import { ROOT_FIELD, type ViolationKind, violation } from './violation.ts';

type Program = (variables: CelVariables) => unknown;

interface CompiledRule {
  readonly rule: Rule;
  readonly program: Program;
  readonly message?: Program;
  readonly transition: boolean;
}

/** A schema node that has rules, or nodes below it that have. */
interface RuleNode {
  readonly schema: Schema;
  readonly root: boolean;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly values?: RuleNode;
  readonly items?: RuleNode;
}

/** Compiles every rule of a schema; fails when one cannot be parsed. */
export function compileRules(schema: Schema):
  | {
      readonly kind: 'ok';
      readonly check: (object: KubeObject, old?: KubeObject) => readonly Cause[];
    }
  | { readonly kind: 'failed'; readonly causes: readonly Cause[] } {
  const causes: Cause[] = [];
  const root = compileNode(schema, celEnvironment(), causes, 'spec.validation.openAPIV3Schema', true);
  if (causes.length > 0) return { kind: 'failed', causes };
  return { kind: 'ok', check: (object, old) => (root === undefined ? [] : walk(root, object, old, '')) };
}

function compileNode(
  schema: Schema,
  environment: Environment,
  causes: Cause[],
  at: string,
  root = false,
): RuleNode | undefined {
  const below = (child: Schema | undefined, path: string): RuleNode | undefined =>
    child === undefined ? undefined : compileNode(child, environment, causes, path);
  const rules = (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    compileRule(rule, environment, causes, `${at}.x-kubernetes-validations[${index}]`),
  );
  const properties = new Map<string, RuleNode>();
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const node = below(child, `${at}.properties[${name}]`);
    if (node !== undefined) properties.set(name, node);
  }
  const values = below(valueSchema(schema), `${at}.additionalProperties`);
  const items = below(schema.items, `${at}.items`);
  if (rules.length === 0 && properties.size === 0 && values === undefined && items === undefined)
    return undefined;
  return {
    schema,
    root,
    rules,
    properties,
    ...(values === undefined ? {} : { values }),
    ...(items === undefined ? {} : { items }),
  };
}

function compileRule(
  rule: Rule,
  environment: Environment,
  causes: Cause[],
  at: string,
): readonly CompiledRule[] {
  try {
    const { run, transition } = celProgram(environment, rule.rule);
    const compiled = { rule, transition, program: run };
    if (rule.messageExpression === undefined) return [compiled];
    return [{ ...compiled, message: celProgram(environment, rule.messageExpression).run }];
  } catch (error) {
    const detail = `compilation failed: ${firstLine(error)}`;
    causes.push(violation('FieldValueInvalid', `${at}.rule`, { shown: rule.rule, detail }));
    return [];
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}

/** Rules of the node itself first, then those below. `old` is undefined where nothing comparable was there. */
function walk(node: RuleNode, value: unknown, old: unknown, path: string): readonly Cause[] {
  if (value === null || value === undefined) return [];
  const causes = node.rules.length === 0 ? [] : [...judged(node, value, old, path)];
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return causes;
    for (const [index, item] of value.entries()) {
      causes.push(...walk(items, item, oldItem(node.schema, old, item), `${path}[${index}]`));
    }
  } else if (isJsonObject(value)) {
    for (const [key, field] of Object.entries(value)) {
      const named = node.properties.get(key);
      const child = named ?? (node.schema.properties?.[key] === undefined ? node.values : undefined);
      if (child === undefined) continue;
      const at = named === undefined ? `${path}[${key}]` : fieldOf(path, key);
      causes.push(...walk(child, field, oldField(node.schema, old, key), at));
    }
  }
  return causes;
}

function judged(node: RuleNode, value: unknown, old: unknown, path: string): readonly Cause[] {
  const self = celValue(node.schema, value, node.root);
  const oldSelf = old === undefined || old === null ? undefined : celValue(node.schema, old, node.root);
  const unchanged = old !== undefined && equalJson(value, old);
  return node.rules.flatMap((compiled) => {
    const { rule, transition } = compiled;
    if (transition && oldSelf === undefined && rule.optionalOldSelf !== true) return [];
    const cause = failureOf(compiled, self, oldSelf, node.schema, path);
    // Ratcheting: what was there before is not held against an update, unless the rule is about the change.
    return cause === undefined || (unchanged && !transition) ? [] : [cause];
  });
}

function failureOf(
  compiled: CompiledRule,
  self: unknown,
  oldSelf: unknown,
  schema: Schema,
  path: string,
): Cause | undefined {
  const { rule } = compiled;
  const variables = { self, old: oldSelf, optional: rule.optionalOldSelf === true };
  const told = rule.message?.trim() ?? '';
  try {
    if (compiled.program(variables) === true) return undefined;
  } catch (error) {
    const detail = `${firstLine(error)} evaluating rule: ${told === '' ? rule.rule.trim() : told}`;
    return violation('FieldValueInvalid', path === '' ? ROOT_FIELD : path, { shown: schema.type, detail });
  }
  const detail =
    expressed(compiled, { ...variables, optional: false }) ??
    (told === '' ? `failed rule: ${rule.rule.trim()}` : told);
  const shown = schema.type === 'object' || schema.type === 'array' ? {} : { shown: printed(self) };
  return violation(reasonOf(rule), fieldOf(path, rule.fieldPath), { ...shown, detail });
}

function expressed(compiled: CompiledRule, variables: CelVariables): string | undefined {
  if (compiled.message === undefined) return undefined;
  try {
    const text = compiled.message(variables);
    // The server falls back to `message` when the expression gives nothing that fits one line.
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}

function printed(self: unknown): unknown {
  return typeof self === 'bigint' ? Number(self) : self;
}

function reasonOf(rule: Rule): ViolationKind {
  switch (rule.reason) {
    case 'FieldValueForbidden':
    case 'FieldValueRequired':
    case 'FieldValueDuplicate':
      return rule.reason;
    case undefined:
    case 'FieldValueInvalid':
      return 'FieldValueInvalid';
  }
  return 'FieldValueInvalid';
}

function fieldOf(path: string, relative: string | undefined): string {
  const below = relative?.replace(/^\./, '') ?? '';
  if (below === '') return path === '' ? ROOT_FIELD : path;
  if (path === '') return below;
  return below.startsWith('[') ? `${path}${below}` : `${path}.${below}`;
}
