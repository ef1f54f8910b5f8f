import {
  bindingsOf,
  type Document,
  lines,
  onlyWhatChanges,
  PARAMETERS_NAME,
  parametersOf,
  policyOf,
  quoted,
} from './manifest.ts';

const NAME = 'albsp-required-tags';
const KEY = 'required';
const HOW = `data.${KEY} must have a line for each tag, "key" or "key = value, value"`;

/** Refuses a spec without the tags that its ConfigMap asks for, or with other values. */
export function requiredTags(): readonly Document[] {
  return [
    {
      comment: 'Tags with which policies must be marked, such as for cost centres.',
      manifest: policyOf({
        name: NAME,
        operations: ['CREATE', 'UPDATE'],
        parameters: true,
        matchConditions: onlyWhatChanges(['tags']),
        variables: [
          { name: 'tags', expression: 'object.spec.?tags.orValue({})' },
          {
            name: 'lines',
            expression: lines(
              `params.?data[?${quoted(KEY)}].orValue('').split('\\n')`,
              `  .map(l, l.trim()).filter(l, l != '').map(l, l.split('=', 2))`,
            ),
          },
          {
            // Lists of one text, so that both entries have one type. No value: any will do.
            name: 'rules',
            expression: lines(
              'variables.lines.map(l, {',
              "  'key': [l[0].trim()],",
              "  'values': size(l) == 1 ? [] : l[1].split(',').map(v, v.trim())",
              '})',
            ),
          },
          {
            name: 'missing',
            expression: 'variables.rules.filter(r, !(r.key[0] in variables.tags))',
          },
          {
            name: 'wrong',
            expression: lines(
              'variables.rules.filter(r,',
              '  size(r.values) > 0 && r.key[0] in variables.tags && !(variables.tags[r.key[0]] in r.values))',
            ),
          },
        ],
        validations: [
          {
            expression: lines(
              'size(variables.rules) > 0 &&',
              `params.?data.orValue({}).all(k, k == ${quoted(KEY)}) &&`,
              "variables.rules.all(r, r.key[0] != '' && r.values.all(v, v != ''))",
            ),
            message: `The ConfigMap of this guardrail is not right: ${HOW}, and no other key`,
            messageExpression: lines(
              `${PARAMETERS_NAME} + ' is not right: ${HOW}, and no other key may stand in data; ' +`,
              `'until it is mended, no spec.tags is accepted'`,
            ),
          },
          {
            expression: 'size(variables.missing) + size(variables.wrong) == 0',
            message: 'spec.tags lacks what the ConfigMap of this guardrail asks for',
            messageExpression: lines(
              `variables.missing`,
              `  .map(r, 'spec.tags lacks "' + r.key[0] + '"' + (size(r.values) == 0 ? '' : ' (one of ' + r.values.join(', ') + ')') + '; ')`,
              `  .join('') +`,
              'variables.wrong',
              `  .map(r, 'spec.tags["' + r.key[0] + '"] is "' + variables.tags[r.key[0]] + '", must be one of ' + r.values.join(', ') + '; ')`,
              `  .join('') +`,
              `'asked for by ' + ${PARAMETERS_NAME} + '. Fix: set ' +`,
              `(variables.missing + variables.wrong).map(r, 'spec.tags["' + r.key[0] + '"]').join(', ')`,
            ),
          },
        ],
      }),
    },
    {
      comment:
        'A line for each tag: "key" where any value will do, "key = value, value" where only these will.\nA key with "=" and a value with "," cannot be asked for.',
      manifest: parametersOf(NAME, { [KEY]: 'team\nenvironment = production, staging, development\n' }),
    },
    ...bindingsOf(NAME),
  ];
}
