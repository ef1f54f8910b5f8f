import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Admin, type Manifest, readManifests } from './admin.ts';
import { AUDIT_POLICY, AuditLog } from './audit.ts';
import type { Binaries } from './binaries.ts';
import { eventually } from './eventually.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { freePort } from './port.ts';
import { Program } from './program.ts';

/** Where the operator lives, as in `deploy/rbac.yaml`. */
export const OPERATOR_NAMESPACE = 'albsp-system';
/** Its ServiceAccount there. */
export const OPERATOR_ACCOUNT = 'albsp';
/** Its name in the audit log. */
export const OPERATOR_USER = `system:serviceaccount:${OPERATOR_NAMESPACE}:${OPERATOR_ACCOUNT}`;

/** Time to start, in milliseconds: 5 s on two idle cores, much more on a busy machine. */
const START_MS = 90_000;
/** Longer than any test run. */
const TOKEN_SECONDS = 6 * 3600;

/** What a test may choose. */
export interface RealServerOptions {
  readonly binaries: Extract<Binaries, { kind: 'found' }>;
  /** Namespaces really get deleted, owned objects go with their owner. */
  readonly controllerManager?: boolean;
  /** More flags of kube-apiserver, such as `--min-request-timeout=5`. */
  readonly flags?: readonly string[];
}

/**
 * etcd and kube-apiserver on loopback, with the CRDs and exactly the rights of `deploy/rbac.yaml`.
 * The operator's kubeconfig holds a token of its own ServiceAccount; nothing of it is system:masters.
 */
export class RealServer {
  readonly #options: RealServerOptions;
  readonly #folder: string;
  readonly #ports: { readonly api: number; readonly etcd: number; readonly peer: number };
  readonly #programs: { etcd?: Program; api?: Program; controllers?: Program } = {};
  readonly #audit: AuditLog;
  readonly #token = randomBytes(16).toString('hex');

  private constructor(options: RealServerOptions, folder: string, ports: readonly [number, number, number]) {
    this.#options = options;
    this.#folder = folder;
    this.#ports = { api: ports[0], etcd: ports[1], peer: ports[2] };
    this.#audit = new AuditLog(this.auditLog);
  }

  /** @throws with the end of the program's own log when one does not start. */
  static async start(options: RealServerOptions): Promise<RealServer> {
    const folder = await mkdtemp(join(tmpdir(), 'albsp-server-'));
    const server = new RealServer(options, folder, [await freePort(), await freePort(), await freePort()]);
    try {
      await server.#writeFiles();
      await server.#startEtcd();
      await server.startApi();
      await server.#install();
      if (options.controllerManager === true) await server.#startControllers();
      return server;
    } catch (failure) {
      await server.stop();
      throw failure;
    }
  }

  get url(): string {
    return `https://127.0.0.1:${this.#ports.api}`;
  }

  /** Path of the kubeconfig of a user in system:masters. */
  get adminKubeconfig(): string {
    return join(this.#folder, 'admin.kubeconfig');
  }

  /** Path of the kubeconfig of the operator's ServiceAccount. */
  get operatorKubeconfig(): string {
    return join(this.#folder, 'operator.kubeconfig');
  }

  /** Path of the audit log. */
  get auditLog(): string {
    return join(this.#folder, 'audit.log');
  }

  /** Every request so far, of all users. */
  auditEntries(filter: Parameters<AuditLog['entries']>[0] = {}): ReturnType<AuditLog['entries']> {
    return this.#audit.entries(filter);
  }

  /** Kills the API server, as a node failure would. etcd goes on. */
  async killApi(): Promise<void> {
    this.#programs.api?.kill('SIGKILL');
    await this.#programs.api?.exited;
  }

  /** Starts the API server on the etcd that is there, on the same port and with the same keys. */
  async startApi(): Promise<void> {
    this.#programs.api = await this.#run(this.#options.binaries.apiServer, this.#apiFlags());
    await this.#ready();
  }

  /** A new API server on the same etcd: watches end, and old resourceVersions are answered 410. */
  async restart(): Promise<void> {
    await this.killApi();
    await this.startApi();
  }

  /** Stops etcd from answering: requests time out or are answered 5xx. */
  pauseStorage(): void {
    this.#programs.etcd?.kill('SIGSTOP');
  }

  resumeStorage(): void {
    this.#programs.etcd?.kill('SIGCONT');
  }

  /** Ends everything and removes its files. */
  async stop(): Promise<void> {
    const { api, controllers, etcd } = this.#programs;
    for (const program of [controllers, api, etcd]) {
      program?.kill('SIGKILL');
      await program?.exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #writeFiles(): Promise<void> {
    await mkdir(join(this.#folder, 'pki'));
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await writeFile(join(this.#folder, 'pki', 'sa.key'), privateKey, { mode: 0o600 });
    await writeFile(join(this.#folder, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY));
    await writeFile(join(this.#folder, 'tokens.csv'), `${this.#token},admin,admin,"system:masters"\n`, {
      mode: 0o600,
    });
  }

  async #startEtcd(): Promise<void> {
    const url = `http://127.0.0.1:${this.#ports.etcd}`;
    this.#programs.etcd = await this.#run(this.#options.binaries.etcd, [
      `--data-dir=${join(this.#folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${this.#ports.peer}`,
      '--unsafe-no-fsync=true',
      '--log-level=warn',
    ]);
  }

  /** The server makes its own serving certificate in `--cert-dir`, which is also the authority to trust. */
  #apiFlags(): readonly string[] {
    const pki = join(this.#folder, 'pki');
    const withoutControllers = ['--disable-admission-plugins=ServiceAccount'];
    return [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      `--cert-dir=${pki}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.#ports.api}`,
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--allow-privileged=true',
      `--token-auth-file=${join(this.#folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      `--service-account-issuer=${this.url}/`,
      `--service-account-key-file=${join(pki, 'sa.key')}`,
      `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
      `--audit-policy-file=${join(this.#folder, 'audit-policy.json')}`,
      `--audit-log-path=${this.auditLog}`,
      ...(this.#options.controllerManager === true ? [] : withoutControllers),
      ...(this.#options.flags ?? []),
    ];
  }

  async #startControllers(): Promise<void> {
    const { controllerManager } = this.#options.binaries;
    if (controllerManager === undefined) throw new Error('There is no kube-controller-manager');
    const pki = join(this.#folder, 'pki');
    this.#programs.controllers = await this.#run(controllerManager, [
      `--kubeconfig=${this.adminKubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--secure-port=0',
      `--service-account-private-key-file=${join(pki, 'sa.key')}`,
      `--root-ca-file=${join(pki, 'apiserver.crt')}`,
      '--use-service-account-credentials=false',
      '--controllers=namespace-controller,garbage-collector-controller,resourcequota-controller,serviceaccount-controller',
    ]);
  }

  /** Ready is `/readyz` and the namespace that the server itself makes. */
  async #ready(): Promise<void> {
    const { api, etcd } = this.#programs;
    let admin: Admin | undefined;
    const probe = async () => {
      admin ??= await this.#writeAdmin();
      await admin.send('GET', '/readyz');
      await admin.get({ kind: 'Namespace', name: 'default' });
    };
    const died = Promise.race([api?.exited, etcd?.exited]).then(() => {
      throw new Error('It ended by itself');
    });
    try {
      await Promise.race([eventually(probe, { within: START_MS, what: 'A ready API server' }), died]);
    } catch (failure) {
      throw new Error(`The API server did not start: ${failure}\n${await this.#endOfLogs()}`, {
        cause: failure,
      });
    } finally {
      await admin?.close();
    }
  }

  async #writeAdmin(): Promise<Admin> {
    const authority = await readFile(join(this.#folder, 'pki', 'apiserver.crt'), 'utf8');
    const access = { server: this.url, authority, token: this.#token };
    await writeKubeconfig(this.adminKubeconfig, access);
    return Admin.with(access);
  }

  /** CRDs, rights, and the operator's own token. */
  async #install(): Promise<void> {
    const admin = await Admin.of(this.adminKubeconfig);
    try {
      for (const manifest of [...(await readCrds()), ...(await readRights())]) await admin.apply(manifest);
      for (const { metadata } of await readCrds()) await established(admin, metadata.name);
      await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
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
    const authority = await readFile(join(this.#folder, 'pki', 'apiserver.crt'), 'utf8');
    const token: string = answer.status.token;
    await writeKubeconfig(this.operatorKubeconfig, { server: this.url, authority, token });
  }

  #run(command: string, args: readonly string[]): Promise<Program> {
    return Program.start({
      command,
      args,
      output: join(this.#folder, `${command.split('/').at(-1)}.log`),
      folder: this.#folder,
    });
  }

  async #endOfLogs(): Promise<string> {
    const logs = (await readdir(this.#folder)).filter(
      (name) => name.endsWith('.log') && name !== 'audit.log',
    );
    const ends = logs.map(async (name) => {
      const text = await readFile(join(this.#folder, name), 'utf8');
      return `--- ${name}\n${text.split('\n').slice(-15).join('\n')}`;
    });
    return (await Promise.all(ends)).join('\n');
  }
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

async function established(admin: Admin, name: string): Promise<void> {
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
