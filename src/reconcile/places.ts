import type { SecurityPolicy } from '../api/securitypolicy.ts';
import type { Identities, Identity } from '../ports/identities.ts';

/** Objects of one identity that are bound to one region: they share its lists. */
export interface Place {
  readonly identity: Identity;
  readonly region: string;
  readonly members: readonly SecurityPolicy[];
}

/** The bound objects by identity and region. One whose identity does not resolve is told of that by its config's change. */
export function placesOf(policies: Iterable<SecurityPolicy>, identities: Identities): Iterable<Place> {
  const byIdentity = new Map<Identity, Map<string, Place & { members: SecurityPolicy[] }>>();
  for (const policy of policies) {
    const region = policy.status?.target?.region;
    if (region === undefined) continue;
    const found = identities.of(policy);
    if (found.kind === 'error') continue;
    const { identity } = found;
    const regions = byIdentity.get(identity) ?? new Map<string, Place & { members: SecurityPolicy[] }>();
    byIdentity.set(identity, regions);
    const place = regions.get(region) ?? { identity, region, members: [] };
    regions.set(region, place);
    place.members.push(policy);
  }
  return [...byIdentity.values()].flatMap((regions) => [...regions.values()]);
}
