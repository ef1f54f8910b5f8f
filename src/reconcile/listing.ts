import type { Clock } from '../ports/clock.ts';
import type { Cloud, CloudResult, Snapshot } from '../ports/cloud.ts';

/** All policies of one region, and whose they are. */
export interface Listing {
  readonly accountId: string;
  readonly snapshot: Snapshot;
}

/** Lists a region by the credentials of an identity, by a request that is sent from here on. */
export async function listRegion(cloud: Cloud, region: string, clock: Clock): Promise<CloudResult<Listing>> {
  const account = await cloud.account();
  if (account.kind === 'error') return account;
  const list = await account.value.region(region).list(clock.monotonic());
  if (list.kind === 'error') return list;
  return { kind: 'ok', value: { accountId: account.value.accountId, snapshot: list.value } };
}
