/**
 * Which resources are served: the built-in ones, and those that CustomResourceDefinitions bring.
 * @module
 */
import { type Cause, failed, invalid, type Outcome, ok } from './failure.ts';
import { isJsonObject, type KubeObject } from './object.ts';
import { builtInResources, type Resource } from './resource.ts';
import type { Schema } from './schema.ts';
import { compileValidation } from './validation.ts';
import { violation } from './violation.ts';

/** Storage name of the definitions themselves. */
export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** The served resources; changes when a definition is stored or removed. */
export class Catalogue {
  readonly #builtIn = builtInResources();
  readonly #custom = new Map<string, readonly Resource[]>();

  /** All resources, built-in ones first. */
  resources(): readonly Resource[] {
    return [...this.#builtIn, ...[...this.#custom.values()].flat()];
  }

  /** Serves what a definition describes from now on. */
  serve(definition: KubeObject, resources: readonly Resource[]): void {
    this.#custom.set(definition.metadata.name, resources);
  }

  /** Stops serving it. */
  drop(name: string): readonly Resource[] {
    const dropped = this.#custom.get(name) ?? [];
    this.#custom.delete(name);
    return dropped;
  }
}

interface Names {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

/** The resources of a definition, one a served version, with schema and rules compiled; 422 when it cannot be. */
export function resourcesOf(definition: KubeObject): Outcome<readonly Resource[]> {
  const { name } = definition.metadata;
  const refused = (causes: readonly Cause[]): Outcome<never> =>
    failed(invalid('apiextensions.k8s.io', 'CustomResourceDefinition', name, causes));
  const spec = isJsonObject(definition.spec) ? definition.spec : {};
  const group = text(spec.group);
  const names = namesOf(spec.names);
  if (group === '') return refused([violation('FieldValueRequired', 'spec.group')]);
  if (name !== `${names.plural}.${group}`) {
    const detail = `must be spec.names.plural+"."+spec.group`;
    return refused([violation('FieldValueInvalid', 'metadata.name', { shown: name, detail })]);
  }
  const versions: readonly unknown[] = Array.isArray(spec.versions) ? spec.versions : [];
  const resources: Resource[] = [];
  for (const version of versions) {
    if (!isJsonObject(version) || version.served !== true) continue;
    const schema = schemaOf(version);
    const compiled = compileValidation(schema);
    if (compiled.kind === 'failed') return refused(compiled.causes);
    resources.push({
      ...names,
      group,
      version: text(version.name),
      namespaced: spec.scope === 'Namespaced',
      statusSubresource: isJsonObject(version.subresources) && 'status' in version.subresources,
      generation: true,
      unconditionalUpdate: false,
      storage: name,
      custom: { schema, validation: compiled.validation },
    });
  }
  return ok(resources);
}

function schemaOf(version: { readonly [key: string]: unknown }): Schema {
  const holder = isJsonObject(version.schema) ? version.schema : {};
  // The judge of a definition's own form is the real server: here any object is taken for a schema.
  return isJsonObject(holder.openAPIV3Schema) ? (holder.openAPIV3Schema as Schema) : {};
}

function namesOf(value: unknown): Names {
  const names = isJsonObject(value) ? value : {};
  const kind = text(names.kind);
  return {
    plural: text(names.plural),
    singular: text(names.singular) || kind.toLowerCase(),
    kind,
    listKind: text(names.listKind) || `${kind}List`,
    shortNames: texts(names.shortNames),
    categories: texts(names.categories),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** A definition with the status that the real server's controllers give it: its names accepted, established. */
export function established(definition: KubeObject, at: string): KubeObject {
  const spec = isJsonObject(definition.spec) ? definition.spec : {};
  const versions: readonly unknown[] = Array.isArray(spec.versions) ? spec.versions : [];
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: at,
  });
  return {
    ...definition,
    status: {
      acceptedNames: { ...namesOf(spec.names) },
      storedVersions: versions.flatMap((one) =>
        isJsonObject(one) && one.storage === true ? [one.name] : [],
      ),
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
    },
  };
}
