import { describe, inject } from 'vitest';
import { BUILD_COMMAND } from './binaries.ts';
import { type Cluster, openOwn, openShared, openStandIn, type TierName } from './cluster.ts';
import { World, type WorldOptions } from './world.ts';

/** Stands in the name of each suite that is skipped, so that no summary hides it. */
const WHY_SKIPPED = `skipped: no binaries, '${BUILD_COMMAND}' builds them`;

/** What a suite may choose. */
export interface TierOptions {
  /** `own`: each test of the real tier has an API server to itself (5 s), which it may restart or watch as a whole. */
  readonly server?: 'shared' | 'own';
  /** More flags of a server of its own. */
  readonly serverFlags?: readonly string[];
}

/** One of the two API servers, for the tests of a suite. */
export interface Tier {
  readonly name: TierName;
  /** A world for the current test. Call it inside a test, once. */
  open(options?: WorldOptions): Promise<World>;
}

/**
 * Defines one suite twice, on the stand-in and on the real API server: both must give the same results.
 * Without binaries the second is skipped, by name.
 */
export function describeTiers(name: string, define: (tier: Tier) => void, options: TierOptions = {}): void {
  const standIn = tierOf('stand-in', openStandIn);
  describe(`${name} [${standIn.name}]`, () => define(standIn));
  const real = tierOf('real API server', async () =>
    options.server === 'own' ? openOwn(options.serverFlags) : openShared(),
  );
  describeReal(name, () => define(real));
}

/** A suite that only the real API server can judge. */
export function describeReal(name: string, define: () => void): void {
  if (inject('realServer') === null) describe.skip(`${name} [real API server, ${WHY_SKIPPED}]`, define);
  else describe(`${name} [real API server]`, define);
}

function tierOf(name: TierName, openCluster: () => Promise<Cluster>): Tier {
  return {
    name,
    async open(options = {}) {
      return World.open(name, await openCluster(), options);
    },
  };
}
