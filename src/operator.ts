/**
 * The operator, wired: configuration in, a running process out. Nothing is decided here.
 * What it watches is in `operator/views.ts`, its clouds are in `operator/clouds.ts`.
 * @module
 */
import { systemClock } from './adapters/clock.ts';
import { createIdentities, type IdentityRegistry } from './adapters/identities.ts';
import type { ClusterConfig } from './adapters/kube/clusterconfig.ts';
import { readClusterId } from './adapters/kube/clusterid.ts';
import { createConfigStore } from './adapters/kube/configstore.ts';
import { createEventSink } from './adapters/kube/eventsink.ts';
import { keyOf } from './adapters/kube/kubeobject.ts';
import { createLeaseClient } from './adapters/kube/leaseclient.ts';
import { readLiving } from './adapters/kube/living.ts';
import { createPolicyStore } from './adapters/kube/policystore.ts';
import { readSecret } from './adapters/kube/secretreader.ts';
import { createTransport, type Transport } from './adapters/kube/transport.ts';
import type { RunConfig } from './config/settings.ts';
import { type AnyConfig, refersTo } from './domain/providerconfig.ts';
import { type Clouds, createClouds } from './operator/clouds.ts';
import { watchObjects } from './operator/counts.ts';
import { type Rounds, startRounds } from './operator/rounds.ts';
import { Views } from './operator/views.ts';
import type { Log } from './ports/log.ts';
import { reconcileConfig } from './reconcile/config.ts';
import { Reconciler } from './reconcile/reconcile.ts';
import type { Workshop } from './reconcile/workshop.ts';
import { type Controller, startController } from './runtime/controller.ts';
import { type Election, startElection } from './runtime/lease.ts';
import { checkLeaseTimes } from './runtime/leasetimes.ts';
import { startLoopLag } from './runtime/looplag.ts';
import { createMetrics, type Metrics } from './runtime/metrics.ts';
import { LOW_PRIORITY, WorkQueue } from './runtime/queue.ts';
import { type Health, type RunningServer, startServer } from './runtime/server.ts';
import { VERSION } from './version.ts';

/** What the operator takes from the process that it is. */
export interface Surroundings {
  readonly cluster: ClusterConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Reads a text file, such as the token of the ServiceAccount; may reject. */
  readonly readFile: (path: string) => Promise<string>;
  /** Names this replica in the lease, in events and in the cloud's audit log. */
  readonly instance: string;
  readonly metrics: Metrics;
  /** Called once when the operator cannot go on; the process should end with a failure. */
  readonly onFatal: (reason: string) => void;
}

/** A running operator. */
export interface RunningOperator {
  /** Takes no more keys, lets passes finish, gives the lease away and closes everything. Never rejects. */
  stop(): Promise<void>;
}

/** How the start went; `failed` names the flag or address that is wrong. */
export type OperatorStart =
  | { readonly kind: 'running'; readonly operator: RunningOperator }
  | { readonly kind: 'failed'; readonly message: string };

/** How often the cluster id is asked for while the API server does not answer, in milliseconds. */
const CLUSTER_ID_RETRY = 1_000;
/** Provider configs looked at at once. */
const CONFIG_WORKERS = 4;
/**
 * How long the first attempt to win the lease may take before a standby begins to read, in milliseconds. Who wins must
 * read after that anyway, and with many objects a read in vain is what holds up the start.
 */
const STANDBY_AFTER = 500;
/** A blocked event loop is unhealthy from here on, in milliseconds. */
const LONGEST_BLOCK = 30_000;

/** Starts the operator; it works once it has the lease. */
export async function startOperator(config: RunConfig, surroundings: Surroundings): Promise<OperatorStart> {
  const times = { duration: config.leaseDuration, deadline: config.renewDeadline, retry: config.retryPeriod };
  const broken = checkLeaseTimes(times);
  if (broken !== undefined) return { kind: 'failed', message: broken };
  const operator = new Operator(config, surroundings);
  const listening = await operator.listen();
  if (listening !== undefined) return { kind: 'failed', message: listening };
  operator.begin();
  return { kind: 'running', operator };
}

class Operator implements RunningOperator {
  readonly #config: RunConfig;
  readonly #surroundings: Surroundings;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #transport: Transport;
  readonly #queue: WorkQueue;
  readonly #configQueue: WorkQueue;
  readonly #clouds: Clouds;
  readonly #views: Views;
  readonly #identities: IdentityRegistry;
  readonly #lag = startLoopLag(systemClock);
  #server: RunningServer | undefined;
  #election: Election | undefined;
  #controllers: readonly Controller[] = [];
  #rounds: Rounds | undefined;
  #stopping = false;
  #cancelStandby = (): void => {};

  constructor(config: RunConfig, surroundings: Surroundings) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#log = surroundings.log;
    this.#metrics = surroundings.metrics;
    const userAgent = `albsp/${VERSION} (${surroundings.instance})`;
    this.#transport = createTransport(surroundings.cluster, {
      clock: systemClock,
      log: this.#log,
      userAgent,
      onCall: ({ verb, resource, code, ms }) =>
        this.#metrics.kubeCall({
          verb,
          resource,
          duration: ms,
          ...(/^\d+$/.test(code) ? { code: Number(code) } : {}),
        }),
    });
    const backoff = { base: 500, max: config.resync, perSecond: 100, burst: 1_000 };
    const { workers } = config;
    this.#queue = new WorkQueue({ clock: systemClock, backoff, workers, observer: this.#metrics.queue });
    this.#configQueue = new WorkQueue({ clock: systemClock, backoff, workers: CONFIG_WORKERS });
    this.#clouds = createClouds({
      config,
      environment: surroundings.environment,
      log: this.#log,
      userAgent,
      instance: surroundings.instance,
      mayWrite: () => this.#mayWrite(),
      onCall: (call) => this.#metrics.cloudCall(call),
      readFile: surroundings.readFile,
      readSecret: (secret) => readSecret(this.#transport, secret),
    });
    this.#views = new Views({
      transport: this.#transport,
      log: this.#log,
      namespaces: config.namespaces,
      selector: config.selector,
      onPolicy: (key, reason) => this.#queue.add(key, reason === 'event' ? {} : { priority: LOW_PRIORITY }),
      onConfig: (key, reason, changed) => {
        this.#configQueue.add(key);
        if (changed !== undefined && reason !== 'initial') this.#requeueDependents(changed);
      },
      onConfigGone: (gone) => {
        this.#identities.forget(gone);
        this.#requeueDependents(gone);
      },
      onNamespace: (name, reason) => {
        if (reason !== 'initial') this.#requeueNamespace(name);
      },
    });
    const { region, network } = config;
    const place = { region, network };
    this.#identities = createIdentities({
      own: { cloud: this.#clouds.make(config.credentials, place), region, adoption: config.adoption },
      hasOwn: config.credentials.kind !== 'none',
      views: this.#views,
      place,
      make: (source, where) => this.#clouds.make(source, where),
      onDoubt: (config) => this.#configQueue.add(`${config.kind}/${keyOf(config.object)}`),
    });
    this.#metrics.watchQueue(this.#queue);
    watchObjects(this.#metrics, this.#views);
    this.#metrics.watchQuota(() => this.#rounds?.usage() ?? []);
    this.#metrics.watchLoop(() => this.#lag.worst());
    if (config.leaderElect) this.#metrics.watchLease(() => this.#election?.holds() === true);
  }

  /** Binds the address of health and metrics; the message when it cannot be bound. */
  async listen(): Promise<string | undefined> {
    const start = await startServer({
      ...this.#config.listen,
      log: this.#log,
      health: () => this.#health(),
      ready: () => this.#ready(),
      metrics: this.#metrics,
    });
    if (start.kind === 'failed') return start.message;
    this.#server = start.server;
    this.#log.info('Serving health and metrics', { address: `${start.server.host}:${start.server.port}` });
    return undefined;
  }

  begin(): void {
    if (this.#config.leaderElect) {
      this.#elect();
      this.#cancelStandby = systemClock.after(STANDBY_AFTER, () => this.#views.begin());
    } else this.#lead();
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#cancelStandby();
    this.#rounds?.stop();
    const ends = await Promise.all(this.#controllers.map((controller) => controller.stop()));
    if (ends.every((end) => end === 'drained')) await this.#election?.release();
    else this.#election?.stop();
    this.#views.stop();
    this.#queue.shutDown();
    this.#configQueue.shutDown();
    this.#lag.stop();
    await Promise.all([this.#transport.close(), this.#clouds.close(), this.#server?.stop()]);
  }

  /** The fence at the socket: the lease, at this very moment. */
  #mayWrite(): boolean {
    if (this.#config.readOnly) return false;
    return !this.#config.leaderElect || this.#election?.holds() === true;
  }

  #elect(): void {
    const { leaseName, leaseDuration, renewDeadline, retryPeriod } = this.#config;
    const namespace = this.#config.leaseNamespace ?? this.#surroundings.cluster.namespace;
    this.#election = startElection({
      client: createLeaseClient(this.#transport, { namespace, name: leaseName }),
      identity: this.#surroundings.instance,
      times: { duration: leaseDuration, deadline: renewDeadline, retry: retryPeriod },
      clock: systemClock,
      random: Math.random,
      log: this.#log,
      onWon: () => this.#lead(),
      onLost: (reason) => {
        if (!this.#stopping) this.#surroundings.onFatal(`Lost the lease: ${reason}`);
      },
    });
  }

  /** From here on this replica works: with fresh caches, since its own may be older than what a former leader did. */
  #lead(): void {
    this.#log.info('Leading', { instance: this.#surroundings.instance });
    void this.#work().catch((error: unknown) =>
      this.#surroundings.onFatal(`Cannot start to work: ${String(error)}`),
    );
  }

  async #work(): Promise<void> {
    const [clusterId] = await Promise.all([this.#clusterId(), this.#views.relist()]);
    if (this.#stopping || clusterId === undefined) return;
    const { region, workers } = this.#config;
    const reconciler = new Reconciler(this.#workshop(clusterId));
    const configShop = {
      configs: createConfigStore(this.#transport, (key) => this.#views.config(key)),
      cloudOf: (config: AnyConfig) => this.#identities.cloudOf(config),
      onTurn: (config: AnyConfig) => this.#requeueDependents(config),
      clock: systemClock,
      log: this.#log,
    };
    const common = { clock: systemClock, log: this.#log };
    this.#controllers = [
      startController({
        ...common,
        queue: this.#queue,
        workers,
        reconcile: (key) => reconciler.reconcile(key),
        onPass: (observation) => this.#metrics.pass(observation),
      }),
      startController({
        ...common,
        queue: this.#configQueue,
        workers: CONFIG_WORKERS,
        reconcile: (key) => reconcileConfig(configShop, key),
      }),
    ];
    this.#log.info('Working', { clusterId, region, workers });
    this.#rounds = startRounds({
      identities: this.#identities,
      policies: () => this.#views.policies(),
      living: () => this.#living(),
      namespaces: this.#config.namespaces,
      clusterId,
      clock: systemClock,
      random: Math.random,
      interval: this.#config.resync,
      log: this.#log,
      onDue: (policy) => this.#queue.add(keyOf(policy), { priority: LOW_PRIORITY }),
      onOrphans: (count) => this.#metrics.setOrphans(count),
    });
  }

  #workshop(clusterId: string): Workshop {
    const { resync: interval, visibilityWindow: window, readOnly, acceptClusterId } = this.#config;
    return {
      store: createPolicyStore({
        transport: this.#transport,
        reflectorOf: (namespace) => this.#views.policiesOf(namespace),
        living: () => this.#living(),
      }),
      events: createEventSink({
        transport: this.#transport,
        clock: systemClock,
        log: this.#log,
        random: Math.random,
        component: 'albsp',
        instance: this.#surroundings.instance,
      }),
      identities: this.#identities,
      wake: (key) => this.#queue.add(key),
      isStopping: () => this.#stopping,
      clock: systemClock,
      log: this.#log,
      random: Math.random,
      settings: { clusterId, acceptClusterId, resync: interval, window, readOnly },
    };
  }

  #living(): Promise<ReadonlySet<string> | undefined> {
    return readLiving(this.#transport, this.#config.namespaces);
  }

  /** Asked for until it is known: nothing can be marked as ours before. */
  async #clusterId(): Promise<string | undefined> {
    if (this.#config.clusterId !== undefined) return this.#config.clusterId;
    while (!this.#stopping) {
      const answer = await readClusterId(this.#transport);
      if (answer.kind === 'ok') return answer.id;
      this.#log.warn('The cluster id is not known yet', { error: answer.message });
      await new Promise<void>((resolve) => systemClock.after(CLUSTER_ID_RETRY, resolve));
    }
    return undefined;
  }

  #requeueDependents(config: AnyConfig): void {
    for (const policy of this.#views.policies()) {
      if (refersTo(policy, config)) this.#queue.add(keyOf(policy));
    }
  }

  /** Its labels decide which cluster-wide configs its objects may use. */
  #requeueNamespace(namespace: string): void {
    for (const policy of this.#views.policies()) {
      const asks = policy.spec.providerConfigRef?.kind === 'ClusterProviderConfig';
      if (asks && policy.metadata.namespace === namespace) this.#queue.add(keyOf(policy));
    }
  }

  #health(): Health {
    const blocked = this.#lag.worst();
    const fresh = this.#election?.fresh() ?? true;
    return {
      ok: blocked < LONGEST_BLOCK && fresh,
      lines: [
        `event loop: blocked for ${Math.round(blocked)} ms at most`,
        `lease: ${fresh ? 'fresh' : 'ran out'}`,
      ],
    };
  }

  #ready(): Health {
    const waiting = this.#views.unsynced();
    return {
      ok: waiting.length === 0 && !this.#stopping,
      lines: [waiting.length === 0 ? 'caches: synced' : `caches: waiting for ${waiting.join(', ')}`],
    };
  }
}

/** The metrics of this process. */
export function createOperatorMetrics(): Metrics {
  return createMetrics({
    version: VERSION,
    nodeVersion: process.version,
    process: {
      platform: process.platform,
      cpuUsage: () => process.cpuUsage(),
      memoryUsage: () => process.memoryUsage(),
    },
    startedAt: Date.now() - performance.now(),
  });
}
