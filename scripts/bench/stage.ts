import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Admin } from '../../test/environment/admin.ts';
import { type Canaries, makeCanaries } from '../../test/environment/credentials.ts';
import { readKubeconfig } from '../../test/environment/kubeconfig.ts';
import { type Flags, Operator } from '../../test/environment/operator.ts';
import { OPERATOR_NAMESPACE } from '../../test/environment/realserver.ts';
import type { ApiServer } from './apiserver.ts';
import { Cloud, REGION } from './cloud.ts';
import { imageOptions, nodeOptions, type Preload } from './preload.ts';
import { startPrinting } from './printing.ts';
import type { Score } from './score.ts';
import { Watcher } from './watcher.ts';

/** Workers of the operator (its default) and of the floor. */
export const WORKERS = 16;
/** Longest wait for a floor, in milliseconds. */
const FLOOR_MS = 1_800_000;

const floorResult = z.object({ ms: z.number(), cpuMs: z.number(), events: z.number(), lists: z.number() });

/** What one row has for itself: a namespace, a cloud, keys. */
export class Stage {
  readonly server: ApiServer;
  readonly admin: Admin;
  readonly cloud: Cloud;
  readonly keys: Canaries;
  readonly namespace: string;
  readonly #operators: Operator[] = [];
  #watcher: Watcher | undefined;

  private constructor(parts: {
    readonly server: ApiServer;
    readonly admin: Admin;
    readonly cloud: Cloud;
    readonly keys: Canaries;
    readonly namespace: string;
  }) {
    this.server = parts.server;
    this.admin = parts.admin;
    this.cloud = parts.cloud;
    this.keys = parts.keys;
    this.namespace = parts.namespace;
  }

  /** `latency` of the cloud in milliseconds. `cloud`: one that is there already, with its keys. */
  static async open(
    server: ApiServer,
    latency = 0,
    from?: { readonly cloud: Cloud; readonly keys: Canaries },
  ): Promise<Stage> {
    const keys = from?.keys ?? makeCanaries();
    const namespace = `bench-${randomBytes(4).toString('hex')}`;
    const admin = await Admin.of(server.adminKubeconfig);
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const cloud = from?.cloud ?? (await Cloud.start(keys, latency));
    return new Stage({ server, admin, cloud, keys, namespace });
  }

  /** Sees every version of every policy from here on; call it before there is one. */
  async watch(): Promise<Watcher> {
    this.#watcher ??= await Watcher.start(await readKubeconfig(this.server.adminKubeconfig), this.namespace);
    return this.#watcher;
  }

  /** Starts `albsp run` on this namespace with the defaults of its flags but for `flags`, without a lease. */
  async startOperator(flags: Flags = {}, preloads: readonly Preload[] = []): Promise<Operator> {
    const { pod, operatorKubeconfig } = this.server;
    const loading = await nodeOptions(pod === undefined ? preloads : ['pod', ...preloads]);
    // For a profile: `BENCH_NODE_OPTIONS='--cpu-prof --cpu-prof-dir=DIR'`.
    const options = `${await imageOptions()} ${loading} ${process.env.BENCH_NODE_OPTIONS ?? ''}`.trim();
    const operator = await Operator.start({
      canaries: this.keys,
      env: {
        NODE_OPTIONS: options,
        ...(pod === undefined
          ? {}
          : {
              KUBERNETES_SERVICE_HOST: pod.host,
              KUBERNETES_SERVICE_PORT: pod.port,
              BENCH_SERVICE_ACCOUNT: pod.folder,
            }),
      },
      flags: {
        kubeconfig: pod === undefined ? operatorKubeconfig : null,
        namespace: this.namespace,
        'cluster-id': this.namespace,
        region: REGION,
        'alb-endpoint': this.cloud.url,
        'leader-elect': false,
        'lease-name': this.namespace,
        'lease-namespace': OPERATOR_NAMESPACE,
        listen: '127.0.0.1:0',
        'log-format': 'json',
        ...flags,
      },
    });
    this.#operators.push(operator);
    return operator;
  }

  /** Plays the score for all policies of this namespace in a process of its own. Times in milliseconds. */
  async playFloor(score: Score, workers: number = WORKERS): Promise<z.infer<typeof floorResult>> {
    const folder = await mkdtemp(join(tmpdir(), 'albsp-floor-'));
    try {
      const file = join(folder, 'task.json');
      const task = {
        kubeconfig: this.server.operatorKubeconfig,
        namespace: this.namespace,
        cloudUrl: this.cloud.url,
        keys: this.keys,
        workers,
        score,
      };
      await writeFile(file, JSON.stringify(task), { mode: 0o600 });
      const program = fileURLToPath(new URL('./floorprocess.ts', import.meta.url));
      const { line, program: child } = await startPrinting([program, file], FLOOR_MS);
      await child.exited;
      return floorResult.parse(line);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Ends its operators, and the cloud unless it is another stage's. */
  async close(cloud: 'end' | 'keep' = 'end'): Promise<void> {
    for (const operator of this.#operators) if (operator.exit === undefined) await operator.end();
    await this.#watcher?.close();
    await this.admin.close();
    switch (cloud) {
      case 'end':
        await this.cloud.close();
        return;
      case 'keep':
        return;
    }
  }
}
