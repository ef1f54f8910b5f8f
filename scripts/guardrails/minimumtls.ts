import { GROUP } from '../../src/api/group.ts';
import { TLS_VERSIONS } from '../../src/domain/tls.ts';
import { bindingOf, type Document, lines, listed, onlyWhatChanges, policyOf, quoted } from './manifest.ts';

const NAME = 'albsp-minimum-tls';
const LABEL = `${GROUP}/minimum-tls`;
const PREFIX = 'TLSv';

/** Refuses versions of TLS below the one that a label of the namespace names. */
export function minimumTls(): readonly Document[] {
  return [
    {
      comment: `The label ${LABEL} of a namespace names the oldest version that its policies may offer.`,
      manifest: policyOf({
        name: NAME,
        operations: ['CREATE', 'UPDATE'],
        parameters: false,
        matchConditions: [
          ...onlyWhatChanges(['tlsVersions']),
          { name: 'lists-versions', expression: 'has(object.spec.tlsVersions)' },
        ],
        variables: [
          {
            name: 'minimum',
            expression: `namespaceObject.metadata.?labels[?${quoted(LABEL)}].orValue(${quoted(oldest())})`,
          },
          {
            // The names sort as the versions do; numbers() sees to it.
            name: 'tooOld',
            expression: `object.spec.tlsVersions.filter(v, v < ${quoted(PREFIX)} + variables.minimum)`,
          },
        ],
        validations: [
          {
            expression: `variables.minimum in ${listed(numbers())}`,
            message: `The label ${LABEL} of the namespace must be one of ${numbers().join(', ')}`,
            messageExpression: lines(
              `'label ${LABEL} of namespace ' + object.metadata.namespace + ' is "' + variables.minimum +`,
              `'", must be one of ${numbers().join(', ')}: until it is, no spec.tlsVersions is accepted there. ' +`,
              `'Fix: kubectl label --overwrite namespace ' + object.metadata.namespace + ' ${LABEL}=1.2'`,
            ),
          },
          {
            expression: 'size(variables.tooOld) == 0',
            message: `spec.tlsVersions lists versions below the label ${LABEL} of the namespace`,
            messageExpression: lines(
              `'spec.tlsVersions lists ' + variables.tooOld.join(', ') + ', and namespace ' + object.metadata.namespace +`,
              `' asks for ${PREFIX}' + variables.minimum + ' or later (label ${LABEL}). ' +`,
              `'Fix: take ' + (size(variables.tooOld) == 1 ? 'it' : 'them') + ' out of spec.tlsVersions, ' +`,
              `(size(variables.tooOld) == size(object.spec.tlsVersions) ? 'list ${PREFIX}' + variables.minimum + ' there, ' : '') +`,
              `'and take out of spec.ciphers what no other version can use ("albsp ciphers" shows which)'`,
            ),
          },
        ],
      }),
    },
    { comment: 'Namespaces without the label are free.', manifest: bindingOf(NAME, LABEL) },
  ];
}

/** `1.0` to `1.3`, oldest first. */
function numbers(): readonly string[] {
  const sorted = TLS_VERSIONS.toSorted().every((version, index) => version === TLS_VERSIONS[index]);
  if (!sorted || TLS_VERSIONS.some((version) => !version.startsWith(PREFIX)))
    throw new Error(`TLS_VERSIONS must start with '${PREFIX}' and sort as texts, oldest first`);
  return TLS_VERSIONS.map((version) => version.slice(PREFIX.length));
}

function oldest(): string {
  return numbers()[0] ?? '';
}
