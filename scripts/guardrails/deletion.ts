import { GROUP } from '../../src/api/group.ts';
import { bindingOf, type Document, lines, policyOf, quoted } from './manifest.ts';

const NAME = 'albsp-deletion';
const ANNOTATION = `${GROUP}/allow-deletion`;

/** Refuses to begin a deletion that would end in the cloud, until somebody has said that it is meant. */
export function deletion(): readonly Document[] {
  const annotation = `oldObject.metadata.?annotations[?${quoted(ANNOTATION)}].orValue('')`;
  return [
    {
      comment:
        'Whether listeners use a policy is not known here: status names them only while they block a deletion.\nSo every deletion is refused that would delete a policy in the cloud.',
      manifest: policyOf({
        name: NAME,
        operations: ['DELETE'],
        parameters: false,
        matchConditions: [
          { name: 'not-being-deleted', expression: '!has(oldObject.metadata.deletionTimestamp)' },
          { name: 'is-bound', expression: 'oldObject.?status.?securityPolicyId.hasValue()' },
          {
            name: 'deletes-in-the-cloud',
            expression: lines(
              "oldObject.spec.?managementPolicy.orValue('Managed') != 'Observe' &&",
              'oldObject.spec.?deletionPolicy.orValue(',
              // retains() of src/domain/plan/life.ts; a test compares the two.
              "  oldObject.status.?binding.orValue(has(oldObject.spec.adopt) ? 'Adopted' : 'Created') == 'Created'",
              "    ? 'Delete' : 'Retain') == 'Delete'",
            ),
          },
        ],
        variables: [],
        validations: [
          {
            expression: `${annotation} == 'true'`,
            message: `metadata.annotations must have ${ANNOTATION}: "true" before the object is deleted`,
            messageExpression: lines(
              `'deleting it would delete policy ' + oldObject.status.securityPolicyId + ' in the cloud, and a deletion cannot be taken back; ' +`,
              `'metadata.annotations["${ANNOTATION}"] is "' + ${annotation} + '", must be "true". ' +`,
              `'Fix: see that no listener uses the policy, then kubectl annotate --overwrite --namespace ' + oldObject.metadata.namespace +`,
              `' albsp ' + oldObject.metadata.name + ' ${ANNOTATION}=true; or set spec.deletionPolicy to Retain to keep it in the cloud'`,
            ),
          },
        ],
      }),
    },
    { comment: 'In every namespace.', manifest: bindingOf(NAME) },
  ];
}
