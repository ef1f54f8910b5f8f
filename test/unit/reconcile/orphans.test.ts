import { describe, expect, test } from 'vitest';
import type { CloudPolicy, Region } from '../../../src/ports/cloud.ts';
import type { Identity } from '../../../src/ports/identities.ts';
import { findOrphans, type OrphanSearch } from '../../../src/reconcile/orphans.ts';
import {
  anotherOwners,
  CLUSTER,
  failure,
  object,
  own,
  stranger,
  TARGET,
  twinOfOtherCluster,
} from '../domain/situation.ts';
import { VirtualClock } from '../virtualclock.ts';

const UNREACHED = (): never => {
  throw new Error('An orphan search only lists');
};

/** An identity whose one region shows these, or cannot be read. */
function identity(policies: readonly CloudPolicy[] | 'unreadable'): Identity {
  const region: Region = {
    region: TARGET.region,
    endpoint: TARGET.endpoint,
    list: async () =>
      policies === 'unreadable'
        ? { kind: 'error', error: failure('indeterminate') }
        : { kind: 'ok', value: { sentAt: 0, policies } },
    sight: UNREACHED,
    relations: UNREACHED,
    precheck: UNREACHED,
    create: UNREACHED,
    update: UNREACHED,
    delete: UNREACHED,
    tag: UNREACHED,
    untag: UNREACHED,
    move: UNREACHED,
  };
  const account = { accountId: TARGET.accountId, arn: 'arn', region: () => region };
  return {
    cloud: { account: async () => ({ kind: 'ok', value: account }) },
    region: TARGET.region,
    adoption: true,
  };
}

function search(
  policies: readonly CloudPolicy[] | 'unreadable',
  alive: readonly string[] | undefined,
  more: Partial<OrphanSearch> = {},
) {
  let reads = 0;
  const mine = identity(policies);
  const found = findOrphans({
    identities: { of: () => ({ kind: 'ok', identity: mine }), all: () => [mine] },
    policies: () => [object()],
    living: async () => {
      reads += 1;
      return alive === undefined ? undefined : new Set(alive);
    },
    namespaces: [],
    clusterId: CLUSTER,
    clock: new VirtualClock(),
    ...more,
  });
  return found.then((orphans) => ({
    ids: orphans?.found.map(({ id }) => id),
    unread: orphans?.unread.length,
    reads,
  }));
}

describe('findOrphans()', () => {
  const list = [own(), stranger({ id: 'spy-2' }), twinOfOtherCluster({ id: 'spy-3' })];

  test('reads no object while nobody is missed', async () => {
    expect(await search(list, [])).toEqual({ ids: [], unread: 0, reads: 0 });
  });

  test('shows a policy whose object neither is watched nor lives (G3, I10)', async () => {
    const gone = anotherOwners({ id: 'spy-9' });
    expect(await search([...list, gone], [])).toEqual({ ids: ['spy-9'], unread: 0, reads: 1 });
  });

  test('leaves out one whose object lives although no selector shows it', async () => {
    expect((await search([anotherOwners()], ['other-uid'])).ids).toEqual([]);
  });

  test('knows nothing when the objects cannot be read', async () => {
    expect((await search([anotherOwners()], undefined)).ids).toBeUndefined();
  });

  test('says nothing of objects in namespaces that are not watched', async () => {
    expect((await search([anotherOwners()], [], { namespaces: ['team-a'] })).ids).toEqual([]);
    expect((await search([anotherOwners()], [], { namespaces: ['team-b'] })).ids).toHaveLength(1);
  });

  test('tells which regions it could not look at', async () => {
    expect(await search('unreadable', [])).toEqual({ ids: [], unread: 1, reads: 0 });
  });
});
