/**
 * The shape of a spec: what the structural part of the CRD says, as data, and the walk that judges a value by it.
 * The shapes are generated from the same source as the CRD, so that the two cannot differ.
 * @module
 */
import { nearest } from './nearest.ts';
import { shown, step, type Violation } from './violation.ts';

/** The part of a structural schema that decides a verdict. Lengths count Unicode code points, as the API server does. */
export interface Shape {
  readonly type: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

/** An object of JSON: own keys only are looked at. */
export type Json = Readonly<Record<string, unknown>>;

/** True for what YAML and JSON call an object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own property; a null property counts as absent, since the API server prunes it before it validates. */
export function property(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? (value[key] ?? undefined) : undefined;
}

/**
 * All violations of `shape` in `value`. Total: never throws. Linear in the size of `value` up to its bounds:
 * what is past a bound is counted, not looked at. Unknown fields are not violations here.
 */
export function checkShape(shape: Shape, value: unknown, pointer: string): readonly Violation[] {
  if (!hasType(shape.type, value)) {
    return [
      violation(
        pointer,
        value,
        'type',
        `Must be ${article(shape.type)}, is ${article(typeName(value))}`,
        typeFix(shape, value),
      ),
    ];
  }
  if (typeof value === 'string') return checkText(shape, value, pointer);
  if (Array.isArray(value)) return checkList(shape, value, pointer);
  return isObject(value) ? checkObject(shape, value, pointer) : [];
}

/** `checkShape` for the spec itself, which may be missing; null counts as missing. */
export function checkWhole(shape: Shape, value: unknown, pointer: string): readonly Violation[] {
  if (value !== undefined && value !== null) return checkShape(shape, value, pointer);
  return [violation(pointer, undefined, 'required', 'Missing: this field is required')];
}

function checkText(shape: Shape, value: string, pointer: string): readonly Violation[] {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = shape;
  if (shape.enum !== undefined) return checkEnum(shape.enum, value, pointer);
  // A string has at least half as many code points as UTF-16 units: past twice the bound nothing needs counting.
  const length = value.length > 2 * maxLength ? value.length : [...value].length;
  if (length > maxLength) {
    return [violation(pointer, value, 'maxLength', `Has ${length} characters, may have ${maxLength}`)];
  }
  const found: Violation[] = [];
  if (length < minLength) {
    found.push(violation(pointer, value, 'minLength', `Has ${length} characters, must have ${minLength}`));
  }
  // Patterns run on bounded input only, so that none can be made slow by its input.
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) {
    found.push(violation(pointer, value, 'pattern', `Must match ${pattern}`));
  }
  return found;
}

function checkEnum(known: readonly string[], value: string, pointer: string): readonly Violation[] {
  if (known.includes(value)) return [];
  const near = nearest(value, known);
  const list = known.length <= 8 ? `must be one of ${known.join(', ')}` : 'is not a known value';
  const fix = near === undefined ? undefined : `Write ${near}`;
  return [violation(pointer, value, 'enum', `Unknown value: ${list}`, fix)];
}

function checkList(shape: Shape, value: readonly unknown[], pointer: string): readonly Violation[] {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = shape;
  const found: Violation[] = [];
  if (value.length < minItems) {
    found.push(violation(pointer, value, 'minItems', `Has ${value.length} items, must have ${minItems}`));
  }
  if (value.length > maxItems) {
    found.push(violation(pointer, value, 'maxItems', `Has ${value.length} items, may have ${maxItems}`));
  }
  if (items === undefined) return found;
  const looked = value.slice(0, maxItems);
  return [...found, ...looked.flatMap((item, index) => checkShape(items, item, step(pointer, index)))];
}

function checkObject(shape: Shape, value: Json, pointer: string): readonly Violation[] {
  const { properties = {}, required = [], additionalProperties } = shape;
  const missing = required
    .filter((key) => property(value, key) === undefined)
    .map((key) => violation(step(pointer, key), undefined, 'required', 'Missing: this field is required'));
  const inner = Object.entries(properties).flatMap(([key, of]) => {
    const one = property(value, key);
    return one === undefined ? [] : checkShape(of, one, step(pointer, key));
  });
  return [...missing, ...inner, ...checkMap(shape, additionalProperties, value, pointer)];
}

function checkMap(
  { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY }: Shape,
  of: Shape | undefined,
  value: Json,
  pointer: string,
): readonly Violation[] {
  const keys = Object.keys(value).filter((key) => property(value, key) !== undefined);
  const found: Violation[] = [];
  if (keys.length > maxProperties) {
    found.push(
      violation(pointer, value, 'maxProperties', `Has ${keys.length} entries, may have ${maxProperties}`),
    );
  }
  if (keys.length < minProperties) {
    found.push(
      violation(pointer, value, 'minProperties', `Has ${keys.length} entries, must have ${minProperties}`),
    );
  }
  if (of === undefined) return found;
  const looked = keys.slice(0, maxProperties);
  return [...found, ...looked.flatMap((key) => checkShape(of, property(value, key), step(pointer, key)))];
}

function hasType(type: Shape['type'], value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  return typeof value === type;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function article(type: string): string {
  if (type === 'null') return 'null';
  return /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}

function typeFix(shape: Shape, value: unknown): string | undefined {
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  if (shape.type === 'string' && scalar) return 'Put it in quotes';
  if (shape.type === 'array' && typeof value === 'string') return `Make it a list: [${shown(value)}]`;
  return undefined;
}

/** Puts a violation together; without `fix` the key is left out. */
export function violation(
  pointer: string,
  value: unknown,
  rule: string,
  message: string,
  fix?: string,
): Violation {
  return { pointer, value: shown(value), rule, message, ...(fix === undefined ? {} : { fix }) };
}
