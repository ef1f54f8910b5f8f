/**
 * Set-up of the `e2e` project: one real API server for the whole run, where there are binaries for it.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { BUILD_COMMAND, findBinaries } from './binaries.ts';
import { RealServer } from './realserver.ts';
import { readGrants } from './rights/grants.ts';
import { keepUses, readLedger } from './rights/ledger.ts';
import { judge } from './rights/verdict.ts';

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
    /** The folder where the run keeps what operators did with their rights (O11). */
    rightsLedger: string;
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
    project.provide('rightsLedger', '');
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
  const ledger = await mkdtemp(join(tmpdir(), 'albsp-rights-'));
  project.provide('rightsLedger', ledger);
  return async () => {
    try {
      await keepUses(ledger, server.auditLog);
      await judgeRights(project, ledger);
    } finally {
      await server.stop();
      await rm(ledger, { recursive: true });
    }
  };
}

/**
 * O11, over all that ran: what operators used is what deploy grants, nothing more and nothing less.
 * @throws when it is not; vitest then ends with 1.
 */
async function judgeRights(project: TestProject, ledger: string): Promise<void> {
  const uses = await readLedger(ledger);
  const grants = await readGrants();
  const { breaches, unused, idle } = judge(uses, grants);
  const share = await shareOf(project);
  const wrong = {
    everything: [...breaches, ...idle, ...unused],
    part: [...breaches, ...idle],
    failed: breaches,
  }[share];
  if (wrong.length > 0) throw new Error(`O11, the rights of the operator:\n${wrong.join('\n')}`);
  const used = grants.length - unused.length;
  const rest = share === 'everything' ? '' : '; not the whole suite passed, so unused ones are not judged';
  console.log(`O11: ${grants.length} rights granted, ${used} of them used, no other one asked for${rest}`);
}

/** What a run can be held to: `failed` says nothing of what its tests left undone. */
async function shareOf(project: TestProject): Promise<'everything' | 'part' | 'failed'> {
  const modules = project.vitest.state.getTestModules().filter((module) => module.project === project);
  if (modules.some((module) => !module.ok())) return 'failed';
  const { testFiles } = await project.globTestFiles();
  const whole = testFiles.every((path) => modules.some(({ moduleId }) => moduleId === path));
  return whole && project.vitest.getGlobalTestNamePattern() === undefined ? 'everything' : 'part';
}
