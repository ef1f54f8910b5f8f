import { SUITES, type Suite, TLS_VERSIONS, WEAKNESSES } from '../../src/domain/tls.ts';
import {
  bindingsOf,
  type Document,
  lines,
  listed,
  onlyWhatChanges,
  PARAMETERS_NAME,
  parametersOf,
  policyOf,
  quoted,
} from './manifest.ts';

const NAME = 'albsp-forbidden-suites';
/** The class of what the table does not know. */
const UNLISTED = 'unlisted';
const FORBID = 'forbid';
const ALLOW = 'allow';
const CLASSES = [...WEAKNESSES.keys(), UNLISTED];

/** Refuses the suites of the classes that its ConfigMap forbids. */
export function forbiddenSuites(): readonly Document[] {
  return [
    {
      comment: 'Which suites are in which class comes from the table of the operator (src/domain/tls.ts).',
      manifest: policyOf({
        name: NAME,
        operations: ['CREATE', 'UPDATE'],
        parameters: true,
        matchConditions: onlyWhatChanges(['ciphers', 'unlistedCiphers']),
        variables: [
          {
            name: 'mistakes',
            expression: lines(
              'params.?data.orValue({}).filter(k,',
              `  !(k in ${listed(CLASSES)} && params.data[k] in ${listed([FORBID, ALLOW])}))`,
            ),
          },
          {
            name: 'forbidden',
            expression: `${listed(CLASSES)}.filter(k, params.?data[?k].orValue(${quoted(ALLOW)}) == ${quoted(FORBID)})`,
          },
          { name: 'classes', expression: tableOf(SUITES.filter(isWeak)) },
          {
            name: 'strong',
            expression: lines(
              '[',
              SUITES.filter((one) => !isWeak(one))
                .map(({ name }) => `  ${quoted(name)}`)
                .join(',\n'),
              ']',
            ),
          },
          { name: 'ciphers', expression: offenders('ciphers') },
          { name: 'unlistedCiphers', expression: offenders('unlistedCiphers') },
        ],
        validations: [
          {
            expression: 'size(variables.mistakes) == 0',
            message: `The ConfigMap of this guardrail may have the keys ${CLASSES.join(', ')} with the values ${FORBID} and ${ALLOW} only`,
            messageExpression: lines(
              `${PARAMETERS_NAME} + ' has ' +`,
              `variables.mistakes.map(k, '"' + k + ': ' + params.data[k] + '"').join(', ') +`,
              `', but a key must be one of ${CLASSES.join(', ')} and a value one of ${FORBID}, ${ALLOW}: ' +`,
              `'until it is mended, no spec.ciphers is accepted'`,
            ),
          },
          {
            expression: 'size(variables.ciphers) + size(variables.unlistedCiphers) == 0',
            message:
              'spec.ciphers or spec.unlistedCiphers lists suites that the ConfigMap of this guardrail forbids',
            messageExpression: lines(
              `(size(variables.ciphers) == 0 ? '' : 'spec.ciphers lists ' + variables.ciphers.join(', ') + '; ') +`,
              `(size(variables.unlistedCiphers) == 0 ? '' : 'spec.unlistedCiphers lists ' + variables.unlistedCiphers.join(', ') + '; ') +`,
              `'forbidden by ' + ${PARAMETERS_NAME} + '. Fix: take them out. ${alternatives()}'`,
            ),
          },
        ],
      }),
    },
    {
      comment: `Classes: ${CLASSES.join(', ')} (a suite that the operator's table does not know).\nA class is forbidden by "${FORBID}" and allowed by "${ALLOW}", or by not standing here.`,
      manifest: parametersOf(NAME, Object.fromEntries(CLASSES.map((one) => [one, FORBID]))),
    },
    ...bindingsOf(NAME),
  ];
}

/** What is forbidden in one field, each suite with the classes that make it so. */
function offenders(field: string): string {
  const reasons = `variables.classes[?c].orValue(c in variables.strong ? [] : [${quoted(UNLISTED)}])`;
  const bad = `${reasons}.filter(k, k in variables.forbidden)`;
  return lines(
    `object.spec.?${field}.orValue([])`,
    `  .filter(c, size(${bad}) > 0)`,
    `  .map(c, c + ' (' + ${bad}.join(', ') + ')')`,
  );
}

function tableOf(suites: readonly Suite[]): string {
  const rows = suites.map(({ name, weaknesses }) => `  ${quoted(name)}: ${listed(weaknesses)}`);
  return lines('{', rows.join(',\n'), '}');
}

/** Which suites have no weakness, by version. */
function alternatives(): string {
  const strong = TLS_VERSIONS.map((version) => ({
    version,
    names: SUITES.filter((one) => !isWeak(one) && one.versions.includes(version)).map(({ name }) => name),
  }));
  const some = strong.filter(({ names }) => names.length > 0);
  const none = strong.filter(({ names }) => names.length === 0).map(({ version }) => version);
  const without = some.map(({ version, names }) => `for ${version} ${names.join(', ')}`).join('; ');
  return `Without a weakness are ${without}${none.length === 0 ? '' : `; for ${none.join(' and ')} none`}`;
}

function isWeak({ weaknesses }: Suite): boolean {
  return weaknesses.length > 0;
}
