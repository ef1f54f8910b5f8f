/**
 * The operator, wired: configuration in, a running process out. Nothing is decided here.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { type AlbCloud, createCloud } from './adapters/alb/cloud.ts';
import { type Credentials, environmentCredentials } from './adapters/alb/credentials.ts';
import { createEndpoints } from './adapters/alb/endpoints.ts';
import { createUndiciExchange } from './adapters/alb/undici.ts';
import { systemClock } from './adapters/clock.ts';
import type { ClusterConfig } from './adapters/kube/clusterconfig.ts';
import { readClusterId } from './adapters/kube/clusterid.ts';
import { createEventSink } from './adapters/kube/eventsink.ts';
import { createLeaseClient } from './adapters/kube/leaseclient.ts';
import { readLiving } from './adapters/kube/living.ts';
import { collectionPath } from './adapters/kube/paths.ts';
import { createPolicyStore } from './adapters/kube/policystore.ts';
import { type Reflector, startReflector } from './adapters/kube/reflector.ts';
import { createTransport, type Transport } from './adapters/kube/transport.ts';
import type { SecurityPolicy } from './api/securitypolicy.ts';
import type { RunConfig } from './config/settings.ts';
import { REASONS } from './domain/reason.ts';
import { CONDITION_TYPES } from './domain/status.ts';
import type { Log } from './ports/log.ts';
import { Reconciler } from './reconcile/reconcile.ts';
import { changedSince } from './reconcile/resync.ts';
import { type Controller, startController } from './runtime/controller.ts';
import { type Election, startElection } from './runtime/lease.ts';
import { checkLeaseTimes } from './runtime/leasetimes.ts';
import { startLoopLag } from './runtime/looplag.ts';
import { createMetrics, type Metrics } from './runtime/metrics.ts';
import type { PolicyTally } from './runtime/policytally.ts';
import { LOW_PRIORITY, WorkQueue } from './runtime/queue.ts';
import { type Health, type RunningServer, startServer } from './runtime/server.ts';
import { VERSION } from './version.ts';

/** What the operator takes from the process that it is. */
export interface Surroundings {
  readonly cluster: ClusterConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
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
  readonly #exchange: ReturnType<typeof createUndiciExchange>;
  readonly #cloud: AlbCloud;
  readonly #reflectors = new Map<string, Reflector<SecurityPolicy>>();
  readonly #lag = startLoopLag(systemClock);
  #server: RunningServer | undefined;
  #election: Election | undefined;
  #controller: Controller | undefined;
  #cancelResync: () => void = () => {};
  #stopping = false;

  constructor(config: RunConfig, surroundings: Surroundings) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#log = surroundings.log;
    this.#metrics = surroundings.metrics;
    const clock = systemClock;
    const userAgent = `albsp/${VERSION} (${surroundings.instance})`;
    this.#transport = createTransport(surroundings.cluster, {
      clock,
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
    this.#queue = new WorkQueue({
      clock,
      backoff: { base: 500, max: config.resync, perSecond: 100, burst: 1_000 },
      observer: this.#metrics.queue,
    });
    const environment = surroundings.environment;
    const httpsProxy = environment.HTTPS_PROXY ?? environment.https_proxy ?? '';
    this.#exchange = createUndiciExchange({
      proxy: { httpsProxy, noProxy: environment.NO_PROXY ?? environment.no_proxy ?? '' },
    });
    this.#cloud = createCloud({
      credentials: credentialsOf(config, environment),
      endpoints: createEndpoints({
        network: config.network,
        region: config.region,
        ...(config.albEndpoint === undefined ? {} : { alb: config.albEndpoint }),
        ...(config.stsEndpoint === undefined ? {} : { sts: config.stsEndpoint }),
      }),
      exchange: this.#exchange.exchange,
      clock,
      log: this.#log,
      nonce: () => randomBytes(16).toString('hex'),
      userAgent,
      mayWrite: () => this.#mayWrite(),
      onCall: ({ action, kind, ms }) => this.#metrics.cloudCall({ action, outcome: kind, duration: ms }),
    });
    this.#metrics.watchQueue(this.#queue);
    this.#metrics.watchPolicies({ types: CONDITION_TYPES, reasons: REASONS }, (tally) => this.#counts(tally));
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
    const namespaces = this.#config.namespaces.length === 0 ? [undefined] : this.#config.namespaces;
    for (const namespace of namespaces) this.#reflectors.set(namespace ?? '', this.#reflect(namespace));
    if (this.#config.leaderElect) this.#elect();
    else this.#lead();
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#cancelResync();
    const drained = (await this.#controller?.stop()) ?? 'drained';
    if (drained === 'drained') await this.#election?.release();
    else this.#election?.stop();
    for (const reflector of this.#reflectors.values()) reflector.stop();
    this.#queue.shutDown();
    this.#lag.stop();
    await Promise.all([this.#transport.close(), this.#exchange.close(), this.#server?.stop()]);
  }

  /** The fence at the socket: the lease, at this very moment. */
  #mayWrite(): boolean {
    if (this.#config.readOnly) return false;
    return !this.#config.leaderElect || this.#election?.holds() === true;
  }

  #reflect(namespace: string | undefined): Reflector<SecurityPolicy> {
    return startReflector<SecurityPolicy>({
      transport: this.#transport,
      path: collectionPath('securitypolicies', namespace),
      ...(this.#config.selector === undefined ? {} : { labelSelector: this.#config.selector }),
      clock: systemClock,
      random: Math.random,
      log: this.#log,
      onChange: (key, reason) => this.#queue.add(key, reason === 'event' ? {} : { priority: LOW_PRIORITY }),
    });
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
    const clusterId = await this.#clusterId();
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.relist()));
    if (this.#stopping || clusterId === undefined) return;
    const { region, resync, visibilityWindow: window, readOnly, workers } = this.#config;
    const own = { cloud: this.#cloud, region, adoption: true };
    const shop = {
      store: createPolicyStore({
        transport: this.#transport,
        reflectorOf: (namespace) => this.#reflectorOf(namespace),
        living: () => readLiving(this.#transport, this.#config.namespaces),
      }),
      events: createEventSink({
        transport: this.#transport,
        clock: systemClock,
        log: this.#log,
        random: Math.random,
        component: 'albsp',
        instance: this.#surroundings.instance,
      }),
      identities: { of: () => ({ kind: 'ok' as const, identity: own }), all: () => [own] },
      clock: systemClock,
      log: this.#log,
      random: Math.random,
      settings: { clusterId, resync, window, readOnly },
    };
    const reconciler = new Reconciler(shop);
    this.#controller = startController({
      queue: this.#queue,
      workers,
      reconcile: (key) => reconciler.reconcile(key),
      clock: systemClock,
      log: this.#log,
      onPass: (observation) => this.#metrics.pass(observation),
    });
    this.#log.info('Working', { clusterId, region, workers });
    this.#scheduleResync(clusterId);
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

  #scheduleResync(clusterId: string): void {
    const delay = this.#config.resync * (0.9 + 0.2 * Math.random());
    this.#cancelResync = systemClock.after(delay, () => {
      void this.#resync(clusterId).finally(() => {
        if (!this.#stopping) this.#scheduleResync(clusterId);
      });
    });
  }

  /** One list a region; only objects whose policy is not what their status says are looked at. */
  async #resync(clusterId: string): Promise<void> {
    const policies = [...this.#policies()];
    const regions = new Set(
      policies.flatMap(({ status }) => (status?.target === undefined ? [] : [status.target.region])),
    );
    for (const region of regions) {
      const account = await this.#cloud.account();
      const list =
        account.kind === 'ok' ? await account.value.region(region).list(systemClock.monotonic()) : account;
      if (list.kind === 'error') {
        this.#log.warn('The cloud could not be read', { region, code: list.error.code });
        for (const { metadata, status } of policies) {
          if (status?.target?.region === region)
            this.#queue.add(`${metadata.namespace}/${metadata.name}`, { priority: LOW_PRIORITY });
        }
        continue;
      }
      for (const { metadata } of changedSince(policies, region, list.value, clusterId)) {
        this.#queue.add(`${metadata.namespace}/${metadata.name}`, { priority: LOW_PRIORITY });
      }
    }
  }

  #reflectorOf(namespace: string): Reflector<SecurityPolicy> | undefined {
    return this.#reflectors.get('') ?? this.#reflectors.get(namespace);
  }

  *#policies(): Generator<SecurityPolicy> {
    for (const reflector of this.#reflectors.values()) yield* reflector.values();
  }

  #counts(tally: PolicyTally): void {
    for (const { status } of this.#policies()) tally.add(status?.conditions);
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
    const waiting = [...this.#reflectors]
      .filter(([, reflector]) => !reflector.synced())
      .map(([namespace]) => namespace || 'all namespaces');
    const ok = this.#reflectors.size > 0 && waiting.length === 0 && !this.#stopping;
    return {
      ok,
      lines: [waiting.length === 0 ? 'caches: synced' : `caches: waiting for ${waiting.join(', ')}`],
    };
  }
}

function credentialsOf(
  config: RunConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Credentials {
  switch (config.credentials) {
    case 'environment':
      return environmentCredentials(environment);
    case 'none':
      return {
        current: async () => ({
          kind: 'error',
          code: 'NoIdentity',
          message:
            'The operator was started with --credentials none: each object must name a provider config',
        }),
        refused: () => {},
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
