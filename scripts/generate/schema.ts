import { z } from 'zod';
import type { Rule } from '../../src/api/field.ts';

/** A node of an OpenAPI schema as a CRD has it, with the example that the description does not have yet. */
export interface Node {
  type?: string;
  description?: string;
  example?: string;
  enum?: readonly string[];
  default?: unknown;
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  items?: Node;
  properties?: Record<string, Node>;
  required?: readonly string[];
  additionalProperties?: Node;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-validations'?: readonly Rule[];
}

/** Keys of zod's output that a structural schema may not have, or that say nothing. */
const DROPPED = new Set(['$schema', 'propertyNames']);

/**
 * The schema of a zod type: zod's own output without what a structural schema refuses (`additionalProperties: false`,
 * bounds of safe integers, `propertyNames`).
 */
export function schemaOf(type: z.ZodType): Node {
  return clean(z.toJSONSchema(type, { target: 'openapi-3.0', io: 'input', reused: 'inline' })) as Node;
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => !DROPPED.has(key) && !meaningless(key, inner),
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, clean(inner)]));
}

function meaningless(key: string, value: unknown): boolean {
  if (key === 'additionalProperties') return typeof value === 'boolean';
  return (key === 'minimum' || key === 'maximum') && typeof value === 'number' && Math.abs(value) > 2 ** 52;
}

/** The same schema with the example at the end of each description, as `kubectl explain` shows it. */
export function explained(node: Node): Node {
  const { example, ...rest } = node;
  const description =
    example === undefined ? rest.description : `${rest.description ?? ''} Example: \`${example}\`.`;
  return {
    ...(description === undefined ? {} : { description }),
    ...rest,
    ...(description === undefined ? {} : { description }),
    ...(node.items === undefined ? {} : { items: explained(node.items) }),
    ...(node.additionalProperties === undefined
      ? {}
      : { additionalProperties: explained(node.additionalProperties) }),
    ...(node.properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(node.properties).map(([key, one]) => [key, explained(one)]),
          ),
        }),
  };
}
