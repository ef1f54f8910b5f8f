import { describe, expect, test } from 'vitest';
import type { SecurityPolicySpec, SecurityPolicyStatus } from '../../../src/api/securitypolicy.ts';
import { bearingOn } from '../../../src/reconcile/shelf.ts';
import {
  anotherOwners,
  bound,
  object,
  own,
  pending,
  SPEC,
  stranger,
  TARGET,
  twinOfOtherCluster,
} from '../domain/situation.ts';

const LIST = {
  sentAt: 0,
  policies: [
    own({ id: 'own', name: 'renamed' }),
    twinOfOtherCluster({ id: 'twin', name: 'twin' }),
    anotherOwners({ id: 'anothers', name: 'anothers' }),
    stranger({ id: 'namesake', name: 'web' }),
    stranger({ id: 'wanted', name: 'wanted' }),
    stranger({ id: 'bound', name: 'bound' }),
    stranger({ id: 'unrelated', name: 'unrelated' }),
  ],
};

describe('bearingOn()', () => {
  const rows: readonly (readonly [string, SecurityPolicyStatus, SecurityPolicySpec, readonly string[]])[] = [
    ['what carries its UID, of whatever cluster', {}, SPEC, ['own', 'twin']],
    ['the id in its status', bound({ securityPolicyId: 'bound' }), SPEC, ['own', 'twin', 'bound']],
    [
      'the name of an announced create',
      { pendingCreate: pending(), target: TARGET },
      SPEC,
      ['own', 'twin', 'namesake'],
    ],
    ['an id to adopt', {}, { ...SPEC, adopt: { securityPolicyId: 'wanted' } }, ['own', 'twin', 'wanted']],
    ['a name to adopt', {}, { ...SPEC, adopt: { securityPolicyName: 'wanted' } }, ['own', 'twin', 'wanted']],
    [
      'what the previous owner has',
      {},
      { ...SPEC, adopt: { securityPolicyId: 'x', previousOwnerUID: 'other-uid' } },
      ['own', 'twin', 'anothers'],
    ],
    ['each once', bound({ securityPolicyId: 'own' }), SPEC, ['own', 'twin']],
  ];
  test.each(rows)('shows %s', (_what, status, spec, ids) => {
    expect(bearingOn(object(status, {}, spec), LIST).map(({ id }) => id)).toEqual(ids);
  });
});
