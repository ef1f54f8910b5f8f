import { describe, expect, test } from 'vitest';
import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import { observedOf } from '../../../src/domain/policy.ts';
import type { CloudPolicy } from '../../../src/ports/cloud.ts';
import { changedSince } from '../../../src/reconcile/resync.ts';
import {
  bound,
  CLUSTER,
  DELETING,
  ID,
  object,
  own,
  pending,
  stranger,
  TARGET,
  twinOfOtherCluster,
} from '../domain/situation.ts';

const REST = object(bound({ observed: observedOf(own()) }));

/** What is only observed carries no mark of ours. */
const OBSERVING = object(
  bound({ binding: 'Observed', observed: observedOf(stranger()) }),
  {},
  { managementPolicy: 'Observe', adopt: { securityPolicyId: ID } },
);

/** Whether the object is to be looked at when the list shows these. */
function changed(policy: SecurityPolicy, policies: readonly CloudPolicy[], region = TARGET.region): boolean {
  return changedSince([policy], region, { sentAt: 0, policies }, CLUSTER).length === 1;
}

describe('changedSince()', () => {
  test.each<readonly [string, SecurityPolicy, readonly CloudPolicy[], boolean]>([
    ['leaves an object alone whose policy is as its status says', REST, [own()], false],
    [
      'leaves it alone when only the order of the list differs',
      REST,
      [own({ tags: Object.fromEntries(Object.entries(own().tags).reverse()) })],
      false,
    ],
    ['leaves it alone whatever strangers do', REST, [own(), stranger({ id: 'spy-9' })], false],
    [
      'leaves it alone for the twin of another cluster (I6)',
      REST,
      [own(), twinOfOtherCluster({ id: 'spy-9' })],
      false,
    ],
    ['wants it when its policy is not shown', REST, [], true],
    ['wants it when its policy lost our marks', REST, [stranger()], true],
    ['wants it when it has two', REST, [own(), own({ id: 'spy-2' })], true],
    ['wants it when another id carries its marks', REST, [own({ id: 'spy-2' })], true],
    ['wants it when the ciphers differ', REST, [own({ ciphers: ['AES128-SHA'] })], true],
    [
      'wants it when a tag of others appeared, for status shows them',
      REST,
      [own({ tags: { ...own().tags, cost: '7' } })],
      true,
    ],
    ['wants it when it is Configuring', REST, [own({ status: 'Configuring' })], true],
    ['wants it when its status never saw the policy', object(bound()), [own()], true],
    ['leaves alone what was never bound', object({}), [], false],
    [
      'leaves alone what has an announced create, which has a time of its own',
      object(bound({ pendingCreate: pending() })),
      [],
      false,
    ],
    [
      'leaves alone what is being deleted, which has a time of its own',
      object(REST.status, DELETING),
      [],
      false,
    ],
    ['leaves alone what it observes and finds as it was', OBSERVING, [stranger()], false],
    ['wants what it observes when it differs', OBSERVING, [stranger({ ciphers: ['AES128-SHA'] })], true],
    ['wants what it observes when it is gone', OBSERVING, [stranger({ id: 'spy-9' })], true],
  ])('%s', (_what, policy, policies, expected) => {
    expect(changed(policy, policies)).toBe(expected);
  });

  test('leaves the objects of other regions alone', () => {
    expect(changed(REST, [], 'cn-beijing')).toBe(false);
  });

  test('answers with those that changed and no others, in one pass over the list', () => {
    const other = object(bound({ securityPolicyId: 'spy-2' }), { uid: 'other', name: 'other' });
    const snapshot = { sentAt: 0, policies: [own()] };
    expect(changedSince([REST, other], TARGET.region, snapshot, CLUSTER)).toEqual([other]);
  });
});
