/**
 * The verdict on a whole manifest, as somebody wrote it: what `kubectl apply` would say of it, and unknown fields.
 * @module
 */
import { API_VERSION, GROUP } from '../../api/group.ts';
import type { SecurityPolicySpec } from '../../api/securitypolicy.ts';
import { checkSpec } from '../check.ts';
import { nearest } from './nearest.ts';
import { checkSelector } from './selector.ts';
import { checkShape, checkWhole, isObject, type Json, property, type Shape, violation } from './shape.ts';
import { SHAPES } from './shapes.ts';
import { step, type Violation } from './violation.ts';

/** A manifest of another group is not judged. */
export type Verdict =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'judged'; readonly violations: readonly Violation[] };

/** Kubernetes appends this many characters to `generateName`. */
const GENERATED = 'xxxxx';
/** Keys of one object that are looked at: no object of ours has a tenth of them. */
const KEYS = 200;
/** An object's name is a DNS subdomain (RFC 1123) of at most 253 characters. */
const NAME: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 253,
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
};

/** Everything that is wrong with a manifest of one of our kinds. Total: a manifest may be anything. */
export function checkManifest(manifest: unknown): Verdict {
  const version = property(manifest, 'apiVersion');
  const ours = typeof version === 'string' && (version === GROUP || version.startsWith(`${GROUP}/`));
  if (!isObject(manifest) || !ours) return { kind: 'foreign' };
  return { kind: 'judged', violations: judge(manifest, version) };
}

function judge(manifest: Json, version: string): readonly Violation[] {
  if (version !== API_VERSION) {
    return [violation('/apiVersion', version, 'api-version', 'Unknown version', `Write ${API_VERSION}`)];
  }
  const kind = property(manifest, 'kind');
  const kinds = Object.keys(SHAPES);
  const shape = shapeFor(kind);
  if (typeof kind !== 'string' || shape === undefined) {
    const near = typeof kind === 'string' ? nearest(kind, kinds) : undefined;
    const message = `Unknown kind: must be one of ${kinds.join(', ')}`;
    return [violation('/kind', kind, 'kind', message, near === undefined ? undefined : `Write ${near}`)];
  }
  const spec = property(manifest, 'spec');
  return [
    ...checkRoot(kind, manifest),
    ...checkNames(manifest),
    ...(kind === 'SecurityPolicy'
      ? checkSpec(nameOf(manifest), spec as SecurityPolicySpec)
      : [...checkWhole(shape, spec, '/spec'), ...checkSelector(spec)]),
    ...checkUnknown(shape, spec, '/spec'),
  ];
}

function shapeFor(kind: unknown): Shape | undefined {
  const found = Object.entries<Shape>(SHAPES).find(([name]) => name === kind);
  return found?.[1];
}

function checkRoot(kind: string, manifest: Json): readonly Violation[] {
  const known = ['apiVersion', 'kind', 'metadata', 'spec', ...(kind === 'SecurityPolicy' ? ['status'] : [])];
  return Object.keys(manifest)
    .slice(0, KEYS)
    .filter((key) => !known.includes(key))
    .map((key) => unknownField(step('', key), manifest[key], key, known));
}

function checkNames(manifest: Json): readonly Violation[] {
  const metadata = property(manifest, 'metadata');
  const name = property(metadata, 'name');
  if (name !== undefined) return checkShape(NAME, name, '/metadata/name');
  if (typeof property(metadata, 'generateName') === 'string') return [];
  return [violation('/metadata/name', undefined, 'required', 'Missing: every object needs a name')];
}

function nameOf(manifest: Json): string {
  const metadata = property(manifest, 'metadata');
  const name = property(metadata, 'name');
  if (typeof name === 'string') return name;
  const prefix = property(metadata, 'generateName');
  return typeof prefix === 'string' ? `${prefix}${GENERATED}` : 'unnamed';
}

/** Every field that no shape knows: the API server drops it in silence unless the client asks for strictness. */
function checkUnknown(shape: Shape, value: unknown, pointer: string): readonly Violation[] {
  if (Array.isArray(value)) {
    const { items } = shape;
    return items === undefined
      ? []
      : value.slice(0, KEYS).flatMap((one, index) => checkUnknown(items, one, step(pointer, index)));
  }
  if (!isObject(value) || shape.type !== 'object' || shape.additionalProperties !== undefined) return [];
  const properties = shape.properties ?? {};
  return Object.keys(value)
    .slice(0, KEYS)
    .flatMap((key) => {
      const of = Object.hasOwn(properties, key) ? properties[key] : undefined;
      const inner = step(pointer, key);
      return of === undefined
        ? [unknownField(inner, value[key], key, Object.keys(properties))]
        : checkUnknown(of, value[key], inner);
    });
}

function unknownField(pointer: string, value: unknown, key: string, known: readonly string[]): Violation {
  const near = nearest(key, known);
  const fix = near === undefined ? `Known here: ${known.join(', ') || 'nothing'}` : `Write ${near}`;
  return violation(pointer, value, 'unknown-field', 'Unknown field', fix);
}
