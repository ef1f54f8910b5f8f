import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/adapters/clock.ts';
import type { Found } from '../../src/dev/realkube/binaries.ts';
import { WITHOUT_CONTROLLERS } from '../../src/dev/realkube/flags.ts';
import { RealKube } from '../../src/dev/realkube/server.ts';
import { Admin, type Manifest, readManifests } from './admin.ts';
import { AUDIT_POLICY, AuditLog } from './audit.ts';
import { eventually } from './eventually.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Period } from './rights/uses.ts';

/** Where the operator lives, as in `deploy/rbac.yaml`. */
export const OPERATOR_NAMESPACE = 'albsp-system';
/** Its ServiceAccount there. */
export const OPERATOR_ACCOUNT = 'albsp';
/** Its name in the audit log. */
export const OPERATOR_USER = `system:serviceaccount:${OPERATOR_NAMESPACE}:${OPERATOR_ACCOUNT}`;

/** Longer than any test run. */
const TOKEN_SECONDS = 6 * 3600;

/** What a test may choose. */
export interface RealServerOptions {
  readonly binaries: Found;
  /** Namespaces really get deleted, owned objects go with their owner. */
  readonly controllerManager?: boolean;
  /** Without our CRDs and rights, as a cluster is before anything of ours was installed; then no operator kubeconfig. */
  readonly bare?: boolean;
  /** More flags of kube-apiserver, such as `--min-request-timeout=5`. */
  readonly flags?: readonly string[];
}

/**
 * etcd and kube-apiserver on loopback, with the CRDs and exactly the rights of `deploy/rbac.yaml`.
 * The operator's kubeconfig holds a token of its own ServiceAccount; nothing of it is system:masters.
 */
export class RealServer {
  readonly #kube: RealKube;
  readonly #audit: AuditLog;
  readonly #starts: Period[] = [];

  private constructor(kube: RealKube) {
    this.#kube = kube;
    this.#audit = new AuditLog(this.auditLog);
  }

  /** @throws with the end of the program's own log when one does not start. */
  static async start(options: RealServerOptions): Promise<RealServer> {
    const kube = await RealKube.start({
      binaries: options.binaries,
      clock: systemClock,
      random: Math.random,
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      flags: async (folder) => [
        ...(await auditFlags(folder)),
        ...(options.controllerManager === true ? [] : [WITHOUT_CONTROLLERS]),
        ...(options.flags ?? []),
      ],
    });
    const server = new RealServer(kube);
    try {
      await writeKubeconfig(server.adminKubeconfig, await kube.access());
      await server.#install(options.bare === true);
      if (options.controllerManager === true) await server.#startControllers(options.binaries);
      return server;
    } catch (failure) {
      await server.stop();
      throw failure;
    }
  }

  get url(): string {
    return this.#kube.url;
  }

  /** Path of the kubeconfig of a user in system:masters. */
  get adminKubeconfig(): string {
    return join(this.#kube.folder, 'admin.kubeconfig');
  }

  /** Path of the kubeconfig of the operator's ServiceAccount. */
  get operatorKubeconfig(): string {
    return join(this.#kube.folder, 'operator.kubeconfig');
  }

  /** Path of the audit log. */
  get auditLog(): string {
    return auditLogIn(this.#kube.folder);
  }

  /** From each start of the API server but the first until it was ready: before that it does not know its roles, and refuses. */
  get starts(): readonly Period[] {
    return this.#starts;
  }

  /** Every request so far, of all users. */
  auditEntries(filter: Parameters<AuditLog['entries']>[0] = {}): ReturnType<AuditLog['entries']> {
    return this.#audit.entries(filter);
  }

  /** Kills the API server, as a node failure would. etcd goes on. */
  killApi(): Promise<void> {
    return this.#kube.killApi();
  }

  /** Starts the API server on the etcd that is there, on the same port and with the same keys. */
  async startApi(): Promise<void> {
    const from = Date.now();
    await this.#kube.startApi();
    this.#starts.push({ from, to: Date.now() });
  }

  /** A new API server on the same etcd: watches end, and old resourceVersions are answered 410. */
  async restart(): Promise<void> {
    await this.killApi();
    await this.startApi();
  }

  /** Stops etcd from answering: requests time out or are answered 5xx. */
  pauseStorage(): void {
    this.#kube.pauseStorage();
  }

  resumeStorage(): void {
    this.#kube.resumeStorage();
  }

  /** Ends everything and removes its files. */
  stop(): Promise<void> {
    return this.#kube.stop();
  }

  async #startControllers({ controllerManager }: Found): Promise<void> {
    if (controllerManager === undefined) throw new Error('There is no kube-controller-manager');
    const { serviceAccounts, authority } = this.#kube.keys;
    await this.#kube.run(controllerManager, [
      `--kubeconfig=${this.adminKubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--secure-port=0',
      `--service-account-private-key-file=${serviceAccounts}`,
      `--root-ca-file=${authority}`,
      '--use-service-account-credentials=false',
      '--controllers=namespace-controller,garbage-collector-controller,resourcequota-controller,serviceaccount-controller,clusterrole-aggregation-controller',
    ]);
  }

  /** CRDs, rights, and the operator's own token. */
  async #install(bare: boolean): Promise<void> {
    const admin = await Admin.of(this.adminKubeconfig);
    try {
      await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
      if (bare) return;
      for (const manifest of [...(await readCrds()), ...(await readRights())]) await admin.apply(manifest);
      for (const { metadata } of await readCrds()) await established(admin, metadata.name);
      await this.#writeOperator(admin);
    } finally {
      await admin.close();
    }
  }

  async #writeOperator(admin: Admin): Promise<void> {
    const path = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/serviceaccounts/${OPERATOR_ACCOUNT}/token`;
    const answer = await admin.send('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    });
    const token: string = answer.status.token;
    await writeKubeconfig(this.operatorKubeconfig, { ...(await this.#kube.access()), token });
  }
}

function auditLogIn(folder: string): string {
  return join(folder, 'audit.log');
}

async function auditFlags(folder: string): Promise<readonly string[]> {
  const policy = join(folder, 'audit-policy.json');
  await writeFile(policy, JSON.stringify(AUDIT_POLICY));
  // Never a second file: its readers follow this one, and what is in another one counts as never asked.
  const size = '--audit-log-maxsize=100000';
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLogIn(folder)}`, size];
}

/** The CRDs in `crds/`. */
export async function readCrds(): Promise<readonly Manifest[]> {
  const folder = fileURLToPath(new URL('../../crds', import.meta.url));
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return (await Promise.all(names.map((name) => readManifests(join(folder, name))))).flat();
}

/** The objects of `deploy/rbac.yaml`, in order. */
export function readRights(): Promise<readonly Manifest[]> {
  return readManifests(fileURLToPath(new URL('../../deploy/rbac.yaml', import.meta.url)));
}

/** Waits until a definition of `crds/` is served. */
export async function established(admin: Admin, name: string): Promise<void> {
  const probe = async () => {
    const crd = await admin.get({ kind: 'CustomResourceDefinition', name });
    const conditions: readonly { type: string; status: string; message: string }[] =
      crd.status?.conditions ?? [];
    if (!conditions.some(({ type, status }) => type === 'Established' && status === 'True')) {
      throw new Error(JSON.stringify(conditions));
    }
  };
  await eventually(probe, { within: 30_000, what: `CRD '${name}' Established` });
}
