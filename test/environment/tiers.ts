import { afterAll, beforeAll, describe, inject } from 'vitest';
import { BUILD_COMMAND } from './binaries.ts';
import { type Cluster, openOwn, openShared, openStandIn, type TierName } from './cluster.ts';
import { World, type WorldOptions } from './world.ts';

/** Stands in the name of each suite that is skipped, so that no summary hides it. */
const WHY_SKIPPED = `skipped: no binaries, '${BUILD_COMMAND}' builds them`;

/** What a suite may choose. */
export interface TierOptions {
  /**
   * `own`: each test of the real tier has an API server to itself (5 s), which it may restart or watch as a whole.
   * `suite`: the tests of the suite share one, one after the other: an operator may watch it as a whole.
   */
  readonly server?: 'shared' | 'own' | 'suite';
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
  describeReal(name, () => define(tierOf('real API server', realServerOf(options))));
}

/** Called inside the suite, since a server of the suite ends with it. */
function realServerOf({ server = 'shared', serverFlags }: TierOptions): () => Promise<Cluster> {
  switch (server) {
    case 'shared':
      return async () => openShared();
    case 'own':
      return () => openOwn(serverFlags);
    case 'suite': {
      let cluster: Cluster | undefined;
      beforeAll(async () => {
        cluster = await openOwn(serverFlags);
      });
      afterAll(() => cluster?.close());
      return async () => {
        if (cluster === undefined) throw new Error('The server of this suite has not started');
        return lent(cluster);
      };
    }
  }
}

/** The same server for one test: what was asked before it is not of this test, and its end is not the end of the server. */
function lent(cluster: Cluster): Cluster {
  return {
    ...cluster,
    shared: true,
    async requests(namespace) {
      const all = await cluster.requests(namespace);
      return all.filter((one) => one.namespace.startsWith(namespace) || one.name.startsWith(namespace));
    },
    close: async () => {},
  };
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
