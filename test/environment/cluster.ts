import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type RunningKube, startKube } from '../../src/dev/kube/server.ts';
import { Admin, USER_AGENT } from './admin.ts';
import { type AuditEntry, AuditLog } from './audit.ts';
import { findBinaries } from './binaries.ts';
import { OPERATOR_NAMESPACE, OPERATOR_USER, RealServer, readCrds } from './realserver.ts';
import { keepUses } from './rights/ledger.ts';

/** The two API servers that a suite runs on. */
export type TierName = 'stand-in' | 'real API server';

/** A request of an operator, in the words of the audit log. */
export type KubeRequest = Pick<
  AuditEntry,
  'verb' | 'resource' | 'subresource' | 'namespace' | 'name' | 'code' | 'userAgent'
>;

/** An API server for one test, and who may call it how. */
export interface Cluster {
  readonly adminKubeconfig: string;
  readonly operatorKubeconfig: string;
  /** The stand-in itself, for its faults. */
  readonly standIn?: RunningKube;
  /** The real one, where the suite has its own. */
  readonly server?: RealServer;
  /** The real one's audit log. */
  readonly audit?: AuditLog;
  /** Whether other tests use it at the same time. */
  readonly shared: boolean;
  /** What operators asked of it: on a shared one, about `namespace` or the lease of that name. */
  requests(namespace: string): Promise<readonly KubeRequest[]>;
  close(): Promise<void>;
}

/** A stand-in of the test's own; it knows no users, so everybody is admin. */
export async function openStandIn(): Promise<Cluster> {
  const standIn = await startKube({ crds: await readCrds() });
  const folder = await mkdtemp(join(tmpdir(), 'albsp-stand-in-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, standIn.kubeconfig());
  const admin = await Admin.of(kubeconfig);
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE } });
  return {
    adminKubeconfig: kubeconfig,
    operatorKubeconfig: kubeconfig,
    standIn,
    shared: false,
    requests: async () => standIn.requests.list().filter(({ userAgent }) => userAgent !== USER_AGENT),
    async close() {
      await standIn.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The real API server of this run, shared with all other tests. */
export function openShared(): Cluster {
  const provided = inject('realServer');
  if (provided === null) throw new Error('There is no real API server in this run');
  const audit = new AuditLog(provided.auditLog);
  return {
    ...provided,
    audit,
    shared: true,
    async requests(namespace) {
      const entries = await audit.entries({ user: OPERATOR_USER });
      return entries.filter((entry) => entry.namespace === namespace || entry.name === namespace);
    },
    close: async () => {},
  };
}

/** A real API server of the caller's own. */
export async function openOwn(flags: readonly string[] = []): Promise<Cluster> {
  const binaries = findBinaries();
  if (binaries.kind === 'missing') throw new Error('There is no real API server in this run');
  const controllerManager = binaries.controllerManager !== undefined;
  const server = await RealServer.start({ binaries, controllerManager, flags });
  const audit = new AuditLog(server.auditLog);
  return {
    adminKubeconfig: server.adminKubeconfig,
    operatorKubeconfig: server.operatorKubeconfig,
    server,
    audit,
    shared: false,
    requests: () => audit.entries({ user: OPERATOR_USER }),
    close: () => endOf(server),
  };
}

/** Keeps what operators did on a server of one test's or suite's own, and ends it. */
export async function endOf(server: RealServer): Promise<void> {
  try {
    await keepUses(inject('rightsLedger'), server.auditLog, server.starts);
  } finally {
    await server.stop();
  }
}
