/** Two clusters, one policy that nobody owns yet, and one owner in the end; the ledger is the witness (I11). */
import { expect, test } from 'vitest';
import { OWNER_TAGS } from '../../src/api/group.ts';
import type { SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { LedgerEntry } from '../../src/dev/alb/ledger.ts';
import { environmentOf } from '../environment/credentials.ts';
import { eventually } from '../environment/eventually.ts';
import { describeTiers, type Tier } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const PLACE = { account: '1000000000000001', region: 'cn-hangzhou' };
const BY_HAND = {
  name: 'by-hand',
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'],
  tags: { team: 'shop' },
};
/** What each of the two wants of it. */
const WISHES: readonly [SecurityPolicySpec, SecurityPolicySpec] = [
  { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES256-GCM-SHA384'] },
  { tlsVersions: ['TLSv1.2'], ciphers: ['AES128-GCM-SHA256'] },
];
/** Lists are late by this, in milliseconds; a process starts within it, and the window of the operators is longer. */
const LATE_MS = 6_000;
const SLOW = { 'visibility-window': '8s', 'leader-elect': 'false' } as const;

interface Contender {
  readonly world: World;
  readonly start: () => ReturnType<World['startOperator']>;
  readonly spec: SecurityPolicySpec;
}

interface Race {
  readonly first: Contender;
  readonly second: Contender;
  /** The cloud of both. */
  readonly alb: World['alb'];
  readonly id: string;
}

/** Two clusters with an operator each, not started yet, at the cloud of the first one. */
async function opened(tier: Tier): Promise<Race> {
  const first = await tier.open({ alb: { listLag: LATE_MS } });
  const second = await tier.open();
  const id = first.alb.console.create(PLACE, BY_HAND);
  const adopt = { securityPolicyId: id };
  second.guard(first.canaries);
  const elsewhere = { 'alb-endpoint': first.alb.url, ...SLOW };
  return {
    alb: first.alb,
    id,
    first: {
      world: first,
      spec: { ...WISHES[0], adopt },
      start: () => first.startOperator({ flags: SLOW }),
    },
    second: {
      world: second,
      spec: { ...WISHES[1], adopt },
      start: () => second.startOperator({ flags: elsewhere, env: environmentOf(first.canaries) }),
    },
  };
}

function taggings({ alb }: Race): readonly LedgerEntry[] {
  return alb.ledger.commits('TagResources');
}

/** Whoever tagged last has it; the other one says so, has changed nothing, and does not try again. */
async function decided(race: Race): Promise<void> {
  const { alb, first, second, id } = race;
  const live = () => alb.model.live().find((policy) => policy.id === id);
  const last = Object.values(taggings(race).at(-1)?.parameters ?? {});
  const [winner, loser] = last.includes(second.world.namespace) ? [second, first] : [first, second];
  const { metadata } = await winner.world.whenReady('web', 40_000);
  const halted = { type: 'Stalled', status: 'True', reason: 'Conflict' } as const;
  const { status } = await loser.world.whenCondition('web', halted, 40_000);
  expect(status.binding).not.toBe('Created');
  await loser.world.patch('web', {
    metadata: { annotations: { 'alb.alicloud.dev/reconcile-requested-at': 'after the race' } },
  });
  await eventually(
    async () => expect((await loser.world.get('web')).status.lastHandledReconcileAt).toBe('after the race'),
    { within: 30_000 },
  );
  await loser.world.whenCondition('web', halted);
  expect(taggings(race)).toHaveLength(2);
  expect(alb.ledger.commits('UpdateSecurityPolicyAttribute').map((one) => one.id)).toEqual([id]);
  expect(live()).toMatchObject({
    ciphers: winner.spec.ciphers,
    tags: { team: 'shop', [OWNER_TAGS.uid]: metadata.uid },
  });
  const before = live();
  await loser.world.delete('web');
  await loser.world.whenGone('web', 30_000);
  expect(live()).toEqual(before);
  expect(alb.ledger.commits('UnTagResources')).toEqual([]);
}

describeTiers('adoption by two clusters at once', (tier) => {
  test('has one owner, and the other says Conflict and never tags again (I11)', async () => {
    const race = await opened(tier);
    const { alb, first, second } = race;
    const rule = alb.faults.add({
      action: 'TagResources',
      times: 2,
      fault: { kind: 'hold', at: 'before' },
    });
    await Promise.all([first.start(), second.start()]);
    await Promise.all([first, second].map(({ world, spec }) => world.apply('web', spec)));
    // Both have found it without an owner before either of them has marked it.
    await eventually(() => expect(alb.faults.held).toEqual([rule, rule]), { within: 30_000 });
    alb.faults.release(rule);
    await eventually(() => expect(taggings(race)).toHaveLength(2), { within: 10_000 });
    await decided(race);
  });

  test('has one owner, also when one observed it before and dies as soon as it has tagged (I11)', async () => {
    const race = await opened(tier);
    const { alb, first, second } = race;
    const [observer] = await Promise.all([first.start(), second.start()]);
    await first.world.apply('web', { managementPolicy: 'Observe', adopt: { securityPolicyId: race.id } });
    await first.world.whenReady('web', 30_000);
    const rule = alb.faults.add({ action: 'TagResources', fault: { kind: 'hold', at: 'after' } });
    await first.world.apply('web', first.spec);
    await alb.faults.whenHeld(rule);
    await observer.kill('SIGKILL');
    alb.faults.release(rule, 'drop');
    // The list shows neither that the first one has tagged, nor then that the second one has.
    await second.world.apply('web', second.spec);
    await eventually(() => expect(taggings(race)).toHaveLength(2), { within: 5_000 });
    await first.start();
    await decided(race);
  });
});
