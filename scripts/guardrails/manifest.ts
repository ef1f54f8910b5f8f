import { GROUP, VERSION } from '../../src/api/group.ts';

/** Where the parameters are: the operator's own namespace, in which no tenant may write. */
export const PARAMETERS_NAMESPACE = 'albsp-system';

const ADMISSION = 'admissionregistration.k8s.io/v1';
const PARAM_KIND = { apiVersion: 'v1', kind: 'ConfigMap' };

type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** A rule that refuses, in CEL. */
export interface Validation {
  readonly expression: string;
  /** Shown when `messageExpression` cannot be: too long, or with a line break that came from the object. */
  readonly message: string;
  readonly messageExpression: string;
}

/** A named expression in CEL. */
export interface Named {
  readonly name: string;
  readonly expression: string;
}

/** A ValidatingAdmissionPolicy as its file needs it. */
export interface Guardrail {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly parameters: boolean;
  readonly matchConditions: readonly Named[];
  readonly variables: readonly Named[];
  readonly validations: readonly Validation[];
}

/** One document of a file, with what is said above it. */
export interface Document {
  readonly comment: string;
  readonly manifest: object;
}

/** The policy itself. Only fields that admissionregistration.k8s.io/v1 has in Kubernetes 1.30. */
export function policyOf(guardrail: Guardrail): object {
  const { name, operations, parameters, matchConditions, variables, validations } = guardrail;
  return {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      ...(parameters ? { paramKind: PARAM_KIND } : {}),
      matchConstraints: { resourceRules: [resourceRule(operations)] },
      matchConditions,
      ...(variables.length === 0 ? {} : { variables }),
      validations: validations.map((one) => ({ ...one, reason: 'Forbidden' })),
    },
  };
}

/** A binding of a policy without parameters. `labelled`: only for namespaces that have this label. */
export function bindingOf(policyName: string, labelled?: string): object {
  const matchExpressions = [{ key: labelled, operator: 'Exists' }];
  return binding(policyName, {
    policyName,
    validationActions: ['Deny', 'Audit'],
    ...(labelled === undefined ? {} : { matchResources: { namespaceSelector: { matchExpressions } } }),
  });
}

/**
 * The two bindings of a policy with parameters. What `parameterNotFoundAction` denies is denied before any condition
 * is looked at: on UPDATE that would be the operator's own finalizers too, so there a missing ConfigMap lets pass.
 */
export function bindingsOf(policyName: string): readonly Document[] {
  const one = (suffix: string, operation: Operation, parameterNotFoundAction: 'Allow' | 'Deny') =>
    binding(`${policyName}${suffix}`, {
      policyName,
      validationActions: ['Deny', 'Audit'],
      paramRef: { name: policyName, namespace: PARAMETERS_NAMESPACE, parameterNotFoundAction },
      matchResources: { resourceRules: [resourceRule([operation])] },
    });
  return [
    {
      comment: 'Without its ConfigMap nothing new is accepted.',
      manifest: one('', 'CREATE', 'Deny'),
    },
    {
      comment:
        "What parameterNotFoundAction denies is denied before matchConditions are looked at, the operator's finalizers\nincluded. So a missing ConfigMap stops new objects only, and never the life of those that are there.",
      manifest: one('-update', 'UPDATE', 'Allow'),
    },
  ];
}

/** Parameters: text by key. */
export function parametersOf(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: PARAMETERS_NAMESPACE }, data };
}

/** Conditions of a guardrail on the spec: what it judges is new, or changed, or about to be sent to the cloud. */
export function onlyWhatChanges(fields: readonly string[]): readonly Named[] {
  const changed = fields.map((field) => `object.spec.?${field} != oldObject.spec.?${field}`);
  return [
    { name: 'not-being-deleted', expression: '!has(object.metadata.deletionTimestamp)' },
    { name: 'writes-to-the-cloud', expression: `${management('object')} != 'Observe'` },
    {
      name: 'changes-what-is-judged',
      expression: lines(
        'oldObject == null ||',
        ...changed.map((one) => `${one} ||`),
        `${management('object')} != ${management('oldObject')}`,
      ),
    },
  ];
}

/** An expression of several lines. */
export function lines(...all: readonly string[]): string {
  return all.join('\n');
}

/** A text of CEL. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A list of texts of CEL. */
export function listed(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}

/** Name of the object's parameters in a message. */
export const PARAMETERS_NAME = "'ConfigMap ' + params.metadata.namespace + '/' + params.metadata.name";

function management(which: string): string {
  return `${which}.spec.?managementPolicy.orValue('Managed')`;
}

function binding(name: string, spec: object): object {
  return { apiVersion: ADMISSION, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec };
}

function resourceRule(operations: readonly Operation[]): object {
  // Without the subresource: status is never judged.
  return { apiGroups: [GROUP], apiVersions: [VERSION], operations, resources: ['securitypolicies'] };
}
