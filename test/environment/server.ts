/**
 * Set-up of the `e2e` project: one real API server for the whole run, where there are binaries for it.
 * @module
 */
import type { TestProject } from 'vitest/node';
import { BUILD_COMMAND, findBinaries } from './binaries.ts';
import { RealServer } from './realserver.ts';

/** Where the tests of this run find the real API server. Plain data: it goes to other processes. */
export interface ProvidedServer {
  readonly url: string;
  readonly adminKubeconfig: string;
  readonly operatorKubeconfig: string;
  readonly auditLog: string;
  readonly hasControllers: boolean;
  readonly kubectl: string | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** null where the binaries are missing: the real tier is skipped. */
    realServer: ProvidedServer | null;
  }
}

/** Called by vitest before the first test; what it returns is called after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const binaries = findBinaries();
  if (binaries.kind === 'missing') {
    const names = binaries.names.join(', ');
    const message = `no ${names} in ${binaries.folder}; '${BUILD_COMMAND}' builds them (about 12 minutes, needs Go)`;
    if (process.env.ALBSP_REQUIRE_REAL === '1')
      throw new Error(`ALBSP_REQUIRE_REAL is set, but there is ${message}`);
    console.log(`SKIPPED: all tests on the real API server: ${message}`);
    project.provide('realServer', null);
    return async () => {};
  }
  const hasControllers = binaries.controllerManager !== undefined;
  const server = await RealServer.start({ binaries, controllerManager: hasControllers });
  project.provide('realServer', {
    url: server.url,
    adminKubeconfig: server.adminKubeconfig,
    operatorKubeconfig: server.operatorKubeconfig,
    auditLog: server.auditLog,
    hasControllers,
    kubectl: binaries.kubectl ?? null,
  });
  return () => server.stop();
}
