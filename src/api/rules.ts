/**
 * The rules of a SecurityPolicy in CEL. `src/domain/check.ts` has the same ones in TypeScript; a test lets the real
 * API server judge both. A rule that would name the offenders with `filter` and `join` is over the cost budget by a
 * factor of a hundred; a sum of one conditional a suite is not.
 * @module
 */

import { SUITES_MAX } from '../domain/check/suites.ts';
import { TAG_MAX, TAG_PARTS, TAG_RESERVED, TAG_STARTS } from '../domain/check/tags.ts';
import { DIGIT_PREFIX, NAME_MAX, NAME_MIN } from '../domain/name.ts';
import { GROUP_VERSIONS, type SuiteGroup, suitesOf } from '../domain/tls.ts';
import type { Rule } from './field.ts';

/** On a list: no value stands twice. */
export const uniqueRule: Rule = {
  rule: 'self.all(x, self.exists_one(y, x == y))',
  // Not FieldValueDuplicate: with it the API server leaves the message out.
  message: 'No value may stand twice',
};

/** On the spec: what holds between its fields. */
export const specRules: readonly Rule[] = [
  requiredRule('tlsVersions'),
  requiredRule('ciphers'),
  matrixRule('tls13'),
  matrixRule('tls12'),
  matrixRule('legacy'),
  {
    rule: `!has(self.tlsVersions) || !has(self.ciphers) || !('TLSv1.3' in self.tlsVersions) || self.ciphers.exists(c, c in [${quoted(suitesOf('tls13'))}])`,
    message: `TLSv1.3 is chosen and none of its suites is listed: add one of ${suitesOf('tls13').join(', ')}`,
    fieldPath: '.ciphers',
  },
  {
    rule: `!has(self.unlistedCiphers) || !has(self.ciphers) || size(self.ciphers) + size(self.unlistedCiphers) <= ${SUITES_MAX}`,
    message: `ciphers and unlistedCiphers may have ${SUITES_MAX} entries together`,
    fieldPath: '.unlistedCiphers',
  },
  {
    rule: '!has(self.unlistedCiphers) || !has(self.ciphers) || !self.unlistedCiphers.exists(c, c in self.ciphers)',
    message: 'A suite may stand in one of ciphers and unlistedCiphers, not in both',
    fieldPath: '.unlistedCiphers',
  },
];

/** On `adopt`. */
export const adoptRules: readonly Rule[] = [
  {
    rule: 'has(self.securityPolicyId) != has(self.securityPolicyName)',
    message: 'Exactly one of securityPolicyId and securityPolicyName is needed',
  },
];

/** On `tags`: its keys, which a structural schema cannot bound. */
export const tagKeyRules: readonly Rule[] = [
  {
    rule: `self.all(k, size(k) >= 1 && size(k) <= ${TAG_MAX})`,
    message: `A tag's key must have 1 to ${TAG_MAX} characters`,
  },
  {
    rule: `self.all(k, !k.startsWith('${TAG_RESERVED}'))`,
    message: `Keys that start with '${TAG_RESERVED}' mark the policies of this operator`,
  },
  {
    rule: `self.all(k, ${wordsRule('k')})`,
    message: `A tag's key may not start with ${TAG_STARTS.join(' or ')}, nor contain ${TAG_PARTS.join(' or ')}`,
  },
];

/** On a value of `tags`. */
export const tagValueRules: readonly Rule[] = [
  {
    rule: wordsRule('self'),
    message: `A tag's value may not start with ${TAG_STARTS.join(' or ')}, nor contain ${TAG_PARTS.join(' or ')}`,
  },
];

const oldSpec = 'oldSelf.value().spec';

/**
 * On the object: what depends on its name or status. They look at the old object, so that a status can still be
 * written to an object that is older than the rule.
 */
export const objectRules: readonly Rule[] = [
  {
    rule: `has(self.spec.securityPolicyName) || (oldSelf.hasValue() && !has(${oldSpec}.securityPolicyName)) || (self.metadata.name.matches('^[0-9]') ? size(self.metadata.name) <= ${NAME_MAX - DIGIT_PREFIX.length} : size(self.metadata.name) >= ${NAME_MIN} && size(self.metadata.name) <= ${NAME_MAX})`,
    message: `securityPolicyName is required, since metadata.name is not a possible name: it must have ${NAME_MIN} to ${NAME_MAX} characters, '${DIGIT_PREFIX}' before a digit included`,
    fieldPath: '.spec.securityPolicyName',
    reason: 'FieldValueRequired',
    optionalOldSelf: true,
  },
  {
    rule: `!has(self.spec.managementPolicy) || self.spec.managementPolicy != 'Observe' || has(self.spec.adopt) || (oldSelf.hasValue() && ((has(oldSelf.value().status) && has(oldSelf.value().status.securityPolicyId)) || (has(${oldSpec}.managementPolicy) && ${oldSpec}.managementPolicy == 'Observe' && !has(${oldSpec}.adopt))))`,
    message:
      'managementPolicy Observe creates nothing: adopt must name the policy to observe, unless the object is bound to one already',
    fieldPath: '.spec.adopt',
    reason: 'FieldValueRequired',
    optionalOldSelf: true,
  },
  frozenRule('region', 'region is frozen once status.target is set: delete the object and create it anew'),
  frozenRule(
    'providerConfigRef',
    'providerConfigRef is frozen once status.target is set: delete the object and create it anew',
  ),
  frozenRule('adopt', 'adopt can be neither set, changed nor removed once status.target is set'),
  {
    rule: "!has(oldSelf.status) || !has(oldSelf.status.target) || !has(self.spec.managementPolicy) || self.spec.managementPolicy != 'DryRun' || (has(oldSelf.spec.managementPolicy) && oldSelf.spec.managementPolicy == 'DryRun')",
    message: 'DryRun can be left, not entered, once status.target is set',
    fieldPath: '.spec.managementPolicy',
    reason: 'FieldValueForbidden',
  },
];

/** A rule of the parent, since a field's own transition rule does not fire when it is added or removed. */
function frozenRule(field: string, message: string): Rule {
  const same = `has(self.spec.${field}) ? has(oldSelf.spec.${field}) && self.spec.${field} == oldSelf.spec.${field} : !has(oldSelf.spec.${field})`;
  return {
    rule: `!has(oldSelf.status) || !has(oldSelf.status.target) || (${same})`,
    message,
    fieldPath: `.spec.${field}`,
    reason: 'FieldValueForbidden',
  };
}

function requiredRule(field: string): Rule {
  return {
    rule: `has(self.${field}) || (has(self.managementPolicy) && self.managementPolicy == 'Observe')`,
    message: `${field} is required unless managementPolicy is Observe`,
    fieldPath: `.${field}`,
    reason: 'FieldValueRequired',
  };
}

function matrixRule(group: SuiteGroup): Rule {
  const names = suitesOf(group);
  const chosen = GROUP_VERSIONS[group].map((version) => `'${version}' in self.tlsVersions`).join(' || ');
  const needs = GROUP_VERSIONS[group].join(' or ');
  const sum = names.map((name) => `('${name}' in self.ciphers ? ' ${name}' : '')`).join(' + ');
  return {
    rule: `!has(self.tlsVersions) || !has(self.ciphers) || ${chosen} || !self.ciphers.exists(c, c in [${quoted(names)}])`,
    message: `tlsVersions must have ${needs} for these ciphers: ${names.join(', ')}`,
    messageExpression: `'Not usable without ${needs} in tlsVersions:' + ${sum}`,
    fieldPath: '.ciphers',
  };
}

function wordsRule(text: string): string {
  return [
    ...TAG_STARTS.map((start) => `!${text}.startsWith('${start}')`),
    ...TAG_PARTS.map((part) => `!${text}.contains('${part}')`),
  ].join(' && ');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
