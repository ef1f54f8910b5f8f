import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import type { SecurityPolicy, SecurityPolicySpec } from '../../src/api/securitypolicy.ts';
import type { AlbOptions } from '../../src/dev/alb/options.ts';
import { type RunningAlb, startAlb } from '../../src/dev/alb/server.ts';
import type { Millis } from '../../src/ports/clock.ts';
import { Admin, ApiRefusal, type Manifest } from './admin.ts';
import { WRITES } from './audit.ts';
import type { Cluster, KubeRequest, TierName } from './cluster.ts';
import { type Canaries, leaksIn, makeCanaries } from './credentials.ts';
import { eventually } from './eventually.ts';
import { type Flags, Operator } from './operator.ts';
import { OPERATOR_NAMESPACE } from './realserver.ts';
import { askForRefusal, endRights } from './rights/ledger.ts';
import { Sightings } from './sightings.ts';

/** The region of the tests' policies. */
export const REGION = 'cn-hangzhou';
/** Time for a state to be reached, in milliseconds: two operators may share two busy cores. */
const WITHIN_MS = 15_000;

/** How a test wants its world. */
export interface WorldOptions {
  /** Switches of the stand-in cloud. */
  readonly alb?: Partial<AlbOptions>;
  /** The wall time of the cloud; the machine's when absent. */
  readonly cloudTime?: () => Millis;
  /**
   * Every version of an object is seen, and judged at the end by kstatus and Argo CD's script. Default: in the real
   * tier when `ALBSP_JUDGE_SIGHTINGS` is set, as in CI.
   */
  readonly sightings?: true;
}

/** How a test wants an operator, beyond the defaults of `startOperator`. */
export interface StartOptions {
  /** Laid over the defaults; null takes a default away. */
  readonly flags?: Flags;
  readonly env?: Readonly<Record<string, string>>;
  /** What starts `albsp` instead of Node and the bundle. */
  readonly launcher?: readonly [string, ...string[]];
}

/** What one test has for itself: a namespace, a cloud, credentials; all of it goes when the test ends. */
export class World {
  readonly tier: TierName;
  readonly cluster: Cluster;
  readonly admin: Admin;
  readonly alb: RunningAlb;
  readonly canaries: Canaries;
  /** A namespace of this test alone; also the cluster id in the tags of its policies. */
  readonly namespace: string;
  readonly #operators: Operator[] = [];
  readonly #guarded: Canaries[] = [];
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  #sightings: Sightings | undefined;

  private constructor(
    tier: TierName,
    parts: {
      readonly cluster: Cluster;
      readonly admin: Admin;
      readonly alb: RunningAlb;
      readonly canaries: Canaries;
    },
  ) {
    this.tier = tier;
    this.cluster = parts.cluster;
    this.admin = parts.admin;
    this.alb = parts.alb;
    this.canaries = parts.canaries;
    this.namespace = `test-${randomBytes(5).toString('hex')}`;
  }

  /** Opens a world and has it closed when the current test ends. */
  static async open(tier: TierName, cluster: Cluster, options: WorldOptions): Promise<World> {
    const canaries = makeCanaries();
    const alb = await startAlb({
      options: options.alb ?? {},
      accessKeys: [{ id: canaries.accessKeyId, secret: canaries.accessKeySecret }],
      clock: { ...systemClock, now: options.cloudTime ?? systemClock.now },
      random: Math.random,
    });
    const admin = await Admin.of(cluster.adminKubeconfig);
    const world = new World(tier, { cluster, admin, alb, canaries });
    onTestFinished(() => world.#close());
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: world.namespace } });
    const watched = tier === 'real API server' && process.env.ALBSP_JUDGE_SIGHTINGS !== undefined;
    if (options.sightings ?? watched)
      world.#sightings = await Sightings.of(cluster.adminKubeconfig, world.namespace);
    return world;
  }

  /** Every version of every object of this namespace so far. Empty unless the world was opened with `sightings`. */
  sightings(): readonly SecurityPolicy[] {
    return this.#sightings?.list() ?? [];
  }

  /**
   * Starts `albsp run` with the operator's own rights. By default it watches this world's namespace alone, logs at
   * `debug`, and lags are short: a window of 2 s, a resync of 1 s, a lease that is taken over within 6 s.
   */
  async startOperator(options: StartOptions = {}): Promise<Operator> {
    const operator = await Operator.start({
      canaries: this.canaries,
      env: options.env ?? {},
      ...(options.launcher === undefined ? {} : { launcher: options.launcher }),
      flags: {
        kubeconfig: this.cluster.operatorKubeconfig,
        namespace: this.namespace,
        'cluster-id': this.namespace,
        region: REGION,
        'alb-endpoint': this.alb.url,
        'visibility-window': '2s',
        resync: '1s',
        listen: '127.0.0.1:0',
        'lease-name': this.namespace,
        'lease-namespace': OPERATOR_NAMESPACE,
        'lease-duration': '6s',
        'renew-deadline': '4s',
        'retry-period': '500ms',
        'log-level': 'debug',
        'log-format': 'json',
        ...options.flags,
      },
    });
    this.#operators.push(operator);
    return operator;
  }

  /** More keys that must stand nowhere when the test ends (O10). */
  guard(canaries: Canaries): void {
    this.#guarded.push(canaries);
  }

  /**
   * Says that this test wants a right of the operator refused, as in `get core/secrets`, in namespaces whose name starts
   * so; any other refusal fails the run (O11). The stand-in asks nobody for rights.
   */
  async asksForRefusal(right: string, namespace = this.namespace): Promise<void> {
    const { audit } = this.cluster;
    if (audit === undefined) return;
    await askForRefusal(inject('rightsLedger'), { server: audit.path, right, namespace });
  }

  /** Says that this test now takes all rights away on a server of its own, as an uninstall does (O11). */
  async endsRights(): Promise<void> {
    const { audit } = this.cluster;
    if (audit !== undefined) await endRights(inject('rightsLedger'), audit.path);
  }

  /** Runs when the test ends, after the operators did: for what does not go with the namespace. */
  onClose(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  /** A SecurityPolicy of this namespace, not sent anywhere yet. */
  policy(name: string, spec: SecurityPolicySpec, metadata: Partial<Manifest['metadata']> = {}): Manifest {
    return {
      apiVersion: 'alb.alicloud.dev/v1alpha1',
      kind: 'SecurityPolicy',
      metadata: { ...metadata, name, namespace: this.namespace },
      spec,
    };
  }

  /** Creates a policy, or replaces the spec of the one there is, as `kubectl apply` does. */
  async apply(name: string, spec: SecurityPolicySpec): Promise<Manifest> {
    for (let attempts = 1; ; attempts += 1) {
      const current = await this.find(name);
      if (current === undefined) return this.admin.create(this.policy(name, spec));
      try {
        return await this.admin.replace({ ...current, spec });
      } catch (error) {
        // The operator may write its status between the two; kubectl would try again, too.
        if (attempts === 5 || !(error instanceof ApiRefusal && error.code === 409)) throw error;
      }
    }
  }

  get(name: string): Promise<Manifest> {
    return this.admin.get(this.#reference(name));
  }

  /** The policy, or undefined when there is none. */
  find(name: string): Promise<Manifest | undefined> {
    return this.admin.find(this.#reference(name));
  }

  /** Changes a part of a policy: a merge patch, where null removes. */
  patch(name: string, patch: object, subresource = ''): Promise<Manifest> {
    return this.admin.patch(this.#reference(name), patch, subresource);
  }

  delete(name: string): Promise<Manifest> {
    return this.admin.delete(this.#reference(name));
  }

  /** Waits until the current generation has this condition; `reason` too when given. Returns the object. */
  whenCondition(
    name: string,
    expected: {
      readonly type: string;
      readonly status: 'True' | 'False' | 'Unknown';
      readonly reason?: string;
    },
    within = WITHIN_MS,
  ): Promise<Manifest> {
    const probe = async () => {
      const object = await this.get(name);
      const conditions: readonly Manifest[] = object.status?.conditions ?? [];
      const met = conditions.some(
        (one) =>
          one.type === expected.type &&
          one.status === expected.status &&
          one.observedGeneration === object.metadata.generation &&
          (expected.reason === undefined || one.reason === expected.reason),
      );
      if (!met)
        throw new Error(`generation ${object.metadata.generation} has ${JSON.stringify(object.status)}`);
      return object;
    };
    return this.#whileAlive(probe, within, `'${name}' ${JSON.stringify(expected)}`);
  }

  /** Waits until a policy is applied and Available. */
  whenReady(name: string, within = WITHIN_MS): Promise<Manifest> {
    return this.whenCondition(name, { type: 'Ready', status: 'True' }, within);
  }

  /** Waits until there is no such object. */
  async whenGone(name: string, within = WITHIN_MS): Promise<void> {
    const probe = async () => {
      const object = await this.find(name);
      if (object !== undefined) throw new Error(`it has ${JSON.stringify(object.status)}`);
    };
    await this.#whileAlive(probe, within, `'${name}' gone`);
  }

  /** What the operators of this world asked of the API server so far, in order; refused requests included. */
  requests(): Promise<readonly KubeRequest[]> {
    return this.cluster.requests(this.namespace);
  }

  /** Requests that changed an object or asked to: all but reads and the lease. A fence stores nothing and counts. */
  async writes(): Promise<readonly KubeRequest[]> {
    const requests = await this.requests();
    return requests.filter(({ verb, resource }) => WRITES.has(verb) && resource !== 'leases');
  }

  /** The events about a policy, oldest first. */
  async events(name: string): Promise<readonly Manifest[]> {
    const events = await this.admin.list('Event', this.namespace);
    return events.filter((event) => event.involvedObject?.name === name || event.regarding?.name === name);
  }

  #reference(name: string) {
    return { kind: 'SecurityPolicy', name, namespace: this.namespace };
  }

  /** On failure says what the operators logged, too. */
  async #whileAlive<T>(probe: () => Promise<T>, within: number, what: string): Promise<T> {
    try {
      return await eventually(probe, { within, what });
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure);
      const logs = this.#operators.map((one) => one.describe()).join('\n');
      throw new Error(`${message}\n${logs}`, { cause: failure });
    }
  }

  async #close(): Promise<void> {
    const verdicts = await Promise.allSettled([
      ...this.#operators.map((operator) => operator.end()),
      this.#judgeObjects(),
      this.#sightings?.judge(),
    ]);
    verdicts.push(...(await Promise.allSettled([this.#judgeOutputs()])));
    for (const cleanup of this.#cleanups) await cleanup().catch(() => undefined);
    await this.#removeLeftovers();
    await this.#sightings?.close();
    await this.admin.close();
    await this.alb.close();
    await this.cluster.close();
    const failed = verdicts.find((verdict) => verdict.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** O10: credentials stand in no object that the operator writes. */
  async #judgeObjects(): Promise<void> {
    const kinds = ['SecurityPolicy', 'Event', 'ProviderConfig'];
    const objects = await Promise.all([
      ...kinds.map((kind) => this.#listed(kind, this.namespace)),
      this.#listed('ClusterProviderConfig'),
    ]);
    const text = JSON.stringify(objects);
    const leaks = [this.canaries, ...this.#guarded].flatMap((canaries) => leaksIn(text, canaries));
    if (leaks.length > 0) throw new Error(`O10: an object holds an identity's ${leaks.join(' and ')}`);
  }

  /** Objects of a kind whose definition may be gone, or so new that the server has no storage for it yet (429). */
  #listed(kind: string, namespace?: string): Promise<readonly Manifest[]> {
    const probe = async () => {
      try {
        return await this.admin.list(kind, namespace);
      } catch (failure) {
        if (failure instanceof ApiRefusal && failure.code === 404) return [];
        throw failure;
      }
    };
    return eventually(probe, { within: WITHIN_MS, what: `A list of kind ${kind}` });
  }

  /** O10, for the keys of provider configs; an operator judges by itself that it did not write out its own. */
  async #judgeOutputs(): Promise<void> {
    const text = this.#operators.map(({ output }) => output).join('\n');
    const leaks = this.#guarded.flatMap((canaries) => leaksIn(text, canaries));
    if (leaks.length > 0) throw new Error(`O10: an operator wrote out a config's ${leaks.join(' and ')}`);
  }

  /** A shared API server must not keep what nobody will finish. */
  async #removeLeftovers(): Promise<void> {
    if (!this.cluster.shared) return;
    for (const { metadata } of await this.admin.list('SecurityPolicy', this.namespace)) {
      // Deleted before it is let go: the operator of the next test may watch the whole cluster, and would claim it.
      await this.delete(metadata.name).catch(() => undefined);
      await this.patch(metadata.name, { metadata: { finalizers: null } }).catch(() => undefined);
    }
    await this.admin.delete({ kind: 'Namespace', name: this.namespace });
  }
}
