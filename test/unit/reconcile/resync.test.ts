import { describe, expect, test } from 'vitest';
import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import { observedOf } from '../../../src/domain/policy.ts';
import type { Cloud, CloudPolicy, Region } from '../../../src/ports/cloud.ts';
import { changedSince, resync } from '../../../src/reconcile/resync.ts';
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
import { VirtualClock } from '../virtualclock.ts';

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

describe('resync()', () => {
  test('many tenants whose credentials hang take as long as one of them, not one after the other (S20)', async () => {
    const clock = new VirtualClock();
    const cloud = (): Cloud => ({
      account: () =>
        new Promise((resolve) => {
          const error = { kind: 'indeterminate', code: 'Timeout', message: 'no answer within 10 s' } as const;
          clock.after(10_000, () => resolve({ kind: 'error', error }));
        }),
    });
    const policies = Array.from({ length: 50 }, (_, n) => object(REST.status, { uid: `uid-${n}` }));
    const identities = new Map(
      policies.map((policy) => [policy, { cloud: cloud(), region: '', adoption: false }]),
    );
    const of = (policy: SecurityPolicy) => {
      const identity = identities.get(policy);
      if (identity === undefined) throw new Error('Nobody asked for another object');
      return { kind: 'ok', identity } as const;
    };
    const found = resync(policies, { of, all: () => identities.values() }, clock, CLUSTER, async () => {});
    let due = 0;
    void found.then((answer) => {
      due = answer.due.length;
    });
    await clock.advance(10_000);
    expect(due).toBe(50);
  });

  test('compares many objects in turns, and misses none of them', async () => {
    const clock = new VirtualClock();
    const unread = {
      kind: 'error',
      error: { kind: 'busy', code: 'Busy', message: 'not asked here' },
    } as const;
    const none = async () => unread;
    const region: Region = {
      ...TARGET,
      list: async () => ({ kind: 'ok', value: { sentAt: 0, policies: [] } }),
      sight: none,
      relations: none,
      create: none,
      precheck: none,
      update: none,
      delete: none,
      tag: none,
      untag: none,
      move: none,
    };
    const account = { accountId: TARGET.accountId, arn: 'acs:ram::1:user/albsp', region: () => region };
    const cloud: Cloud = { account: async () => ({ kind: 'ok', value: account }) };
    const identity = { cloud, region: '', adoption: false };
    const policies = Array.from({ length: 600 }, (_, n) =>
      object(REST.status, { uid: REST.metadata.uid, name: `p-${n}` }),
    );
    let pauses = 0;
    const found = await resync(
      policies,
      { of: () => ({ kind: 'ok', identity }), all: () => [identity] },
      clock,
      CLUSTER,
      async () => {
        pauses += 1;
      },
    );
    expect(found.due).toEqual(policies);
    expect(pauses).toBeGreaterThan(1);
  });
});
