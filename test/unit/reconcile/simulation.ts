import { createCloud } from '../../../src/adapters/alb/cloud.ts';
import { environmentCredentials } from '../../../src/adapters/alb/credentials.ts';
import { createEndpoints } from '../../../src/adapters/alb/endpoints.ts';
import type { Exchange, HttpAnswer } from '../../../src/adapters/alb/exchange.ts';
import { OWNER_TAGS } from '../../../src/api/group.ts';
import type { SecurityPolicy, SecurityPolicySpec } from '../../../src/api/securitypolicy.ts';
import { AlbModel } from '../../../src/dev/alb/model.ts';
import type { AlbOptions } from '../../../src/dev/alb/options.ts';
import type { Action } from '../../../src/ports/action.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Events, Key, PolicyStore } from '../../../src/ports/store.ts';
import { Reconciler } from '../../../src/reconcile/reconcile.ts';
import { VirtualClock } from '../virtualclock.ts';
import { type KubeFault, KubeWorld, type StoreHooks, simulatedStore } from './kubeworld.ts';
import { MarkWitness } from './markwitness.ts';

/** What goes wrong with one cloud call. `lost`: done, but the answer does not arrive; `twice`: delivered two times. */
export type CloudFault =
  | 'none'
  | 'reset'
  | 'lost'
  | 'twice'
  | 'unavailable'
  | 'throttled'
  | 'denied'
  | 'crashBefore'
  | 'crashAfter';

/** The faults of a run; both are asked once a call. */
export interface Faults {
  cloud(action: string): CloudFault;
  kube(): KubeFault;
  /** Versions that reads of the object are late. */
  lag(): number;
}

export const NO_FAULTS: Faults = { cloud: () => 'none', kube: () => 'none', lag: () => 0 };
export const ACCOUNT = '1000000000000001';
export const REGION = 'cn-hangzhou';
export const PLACE = { account: ACCOUNT, region: REGION };
export const KEY = 'team-a/web';
const CLUSTER = 'cluster-1';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => SILENT };

/** One operator process, or what is left of it. */
interface Process {
  readonly reconciler: Reconciler;
  dead: boolean;
}

/** A cluster other than the first: with its own id, or on the cloud and the clock of another simulation. */
export interface ClusterSetup {
  readonly clusterId?: string;
  readonly beside?: Simulation;
  /** A second process at the very object of `beside`, as an ex-leader that does not know yet. */
  readonly sharesObject?: boolean;
}

/** How long after a list a write may follow that was decided by it: one pass, or a list of one resync ago. */
const PASS = 1_000;
const RESYNC = 60_000;

/** One object, one cloud and one operator in virtual time; everything that the operator does goes through its ports. */
export class Simulation {
  readonly clock: VirtualClock;
  readonly kube: KubeWorld;
  /** The worlds of all objects, by key; most runs have but one. */
  readonly kubes = new Map<Key, KubeWorld>();
  readonly model: AlbModel;
  readonly violations: string[] = [];
  faults: Faults = NO_FAULTS;
  account = ACCOUNT;
  clusterId: string;
  acceptClusterId: string | undefined;
  readonly actions: string[] = [];
  /** Called after each write that reached the cloud or the API server. */
  onEvent: () => void = () => {};
  readonly #random: () => number;
  readonly #window: number;
  readonly #events: string[] = [];
  readonly #marks: MarkWitness;
  /** Who else is at work in this cloud: another cluster, or another process at the same object. */
  #company: 'none' | 'cluster' | 'process' = 'none';
  #process: Process;
  readonly #failures = new Map<Key, number>();

  constructor(
    options: Partial<AlbOptions>,
    random: () => number,
    window = 60_000,
    { clusterId = CLUSTER, beside, sharesObject = false }: ClusterSetup = {},
  ) {
    this.#random = random;
    this.#window = window;
    this.clusterId = clusterId;
    this.clock = beside?.clock ?? new VirtualClock();
    this.kube =
      sharesObject && beside !== undefined ? beside.kube : new KubeWorld(beside === undefined ? 0 : 1_000);
    this.model = beside?.model ?? new AlbModel({ rates: {}, ...options }, this.clock, random);
    this.kubes.set(KEY, this.kube);
    this.#marks = beside === undefined ? new MarkWitness() : beside.#marks;
    if (beside !== undefined) {
      this.#company = sharesObject ? 'process' : 'cluster';
      beside.#company = this.#company;
    }
    if (!sharesObject) this.kube.onStore = () => this.onEvent();
    this.#process = this.#start();
  }

  get events(): readonly string[] {
    return this.#events;
  }

  /** A new process with an empty memory. */
  restart(): void {
    this.#process.dead = true;
    this.#process = this.#start();
    this.#failures.clear();
  }

  /** One more object for the same operator. */
  add(name: string, spec: SecurityPolicySpec): Key {
    const key = `team-a/${name}`;
    const kube = new KubeWorld(10_000 * this.kubes.size);
    kube.onStore = () => this.onEvent();
    this.kubes.set(key, kube);
    kube.create(name, spec);
    return key;
  }

  /** One pass; a crash in the middle of it leaves a new process. Answers when to look again. */
  async pass(key = KEY): Promise<number | undefined> {
    const process = this.#process;
    let action: Action | undefined;
    let failed: unknown;
    void process.reconciler.reconcile(key).then(
      (value) => {
        action = value;
      },
      (error: unknown) => {
        failed = error;
      },
    );
    for (let turns = 0; action === undefined && failed === undefined && !process.dead; turns += 1) {
      await this.clock.advance(turns === 0 ? 0 : 5);
      if (turns > 20_000) throw new Error('A pass did not end within 100 s of virtual time');
    }
    if (failed !== undefined) throw failed;
    if (process.dead || action === undefined) {
      this.restart();
      return 0;
    }
    return this.#delayOf(key, action);
  }

  /** Passes until the operator is content, or `within` has gone by. False when it was not. */
  async settle(within: number): Promise<boolean> {
    const end = this.clock.monotonic() + within;
    for (let calm = 0; this.clock.monotonic() < end; ) {
      const before = this.kube.length;
      const delay = await this.pass();
      calm = delay === undefined && this.kube.length === before ? calm + 1 : 0;
      if (calm >= 2) return true;
      // A resync comes at the latest after a minute.
      await this.clock.advance(delay === undefined ? 60_000 : Math.min(delay, 60_000));
    }
    return false;
  }

  #delayOf(key: Key, action: Action): number | undefined {
    const failures = action.kind === 'retry' ? (this.#failures.get(key) ?? 0) + 1 : 0;
    this.#failures.set(key, failures);
    switch (action.kind) {
      case 'settled':
        return undefined;
      case 'again':
        return action.delay;
      case 'retry':
        return Math.max(action.delay ?? 0, Math.min(60_000, 500 * 2 ** failures));
    }
  }

  #start(): Process {
    const process: { reconciler?: Reconciler; dead: boolean } = { dead: false };
    const crash = (): Promise<never> => {
      process.dead = true;
      return new Promise<never>(() => {});
    };
    const store = this.#store({ fault: () => this.faults.kube(), lag: () => this.faults.lag(), crash });
    const events: Events = { publish: (_object, event) => this.#events.push(event.reason) };
    const cloud = createCloud({
      credentials: environmentCredentials({
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'testid',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'testsecret',
      }),
      endpoints: createEndpoints({ network: 'public', region: REGION }),
      exchange: this.#exchange(crash),
      clock: this.clock,
      log: SILENT,
      nonce: () => String(this.#random()),
      userAgent: 'simulation',
      rates: 'unlimited',
    });
    const settings = {
      clusterId: this.clusterId,
      acceptClusterId: this.acceptClusterId,
      resync: 60_000,
      window: this.#window,
      readOnly: false,
    };
    const identity = { cloud, region: REGION, adoption: true };
    const reconciler = new Reconciler({
      store,
      events,
      wake: () => {},
      isStopping: () => false,
      identities: { of: () => ({ kind: 'ok', identity }), all: () => [identity] },
      clock: this.clock,
      log: SILENT,
      random: this.#random,
      settings,
    });
    return Object.assign(process, { reconciler });
  }

  /** One store over the worlds of all objects. */
  #store(hooks: StoreHooks): PolicyStore {
    const stores = new Map<Key, PolicyStore>();
    const of = (key: Key): PolicyStore => {
      const store = stores.get(key) ?? simulatedStore(this.kubes.get(key) ?? new KubeWorld(), hooks);
      stores.set(key, store);
      return store;
    };
    const byObject = ({ metadata }: SecurityPolicy) => of(`${metadata.namespace}/${metadata.name}`);
    return {
      read: (key) => of(key).read(key),
      lives: async (uid) => (this.#objectOf(uid) === undefined ? 'gone' : 'alive'),
      writeStatus: (object, status) => byObject(object).writeStatus(object, status),
      writeFinalizers: (object, finalizers) => byObject(object).writeFinalizers(object, finalizers),
    };
  }

  #objectOf(uid: string | undefined): SecurityPolicy | undefined {
    return [...this.kubes.values()].find(({ object }) => object?.metadata.uid === uid)?.object;
  }

  #exchange(crash: () => Promise<never>): Exchange {
    return async (request): Promise<HttpAnswer> => {
      const url = new URL(request.url);
      const action = request.headers['x-acs-action'] ?? '';
      const parameters = Object.fromEntries(url.searchParams);
      // A request takes time on its way there and back, so that "sent before" and "answered after" never tie.
      this.clock.freeze(1);
      const deliver = (again = false) => {
        this.#witness(action, parameters);
        this.actions.push(action);
        const answer = this.model.call({
          action,
          version: request.headers['x-acs-version'] ?? '',
          region: REGION,
          account: this.account,
          parameters,
        });
        if (/^(List|Get)/.test(action)) return answer;
        if (action === 'TagResources' && answer.status === 200 && !again) this.#witnessTagging(parameters);
        this.#marks.note(this.model.live(), this.clock.monotonic());
        this.onEvent();
        return answer;
      };
      const fault = this.faults.cloud(action);
      switch (fault) {
        case 'crashBefore':
          return crash();
        case 'reset':
          return { kind: 'failed', reason: 'ConnectionReset' };
        case 'unavailable':
          return { kind: 'answer', status: 503, headers: {}, text: '<html>busy</html>' };
        case 'throttled':
          return {
            kind: 'answer',
            status: 400,
            headers: {},
            text: '{"Code":"Throttling.User","Message":"Request was denied"}',
          };
        case 'denied':
          return {
            kind: 'answer',
            status: 403,
            headers: {},
            text: '{"Code":"Forbidden.RAM","Message":"User not authorized to operate on the specified resource."}',
          };
        case 'crashAfter':
          deliver();
          return crash();
        case 'lost':
          deliver();
          return { kind: 'failed', reason: 'Timeout' };
        case 'none':
        case 'twice': {
          const first = deliver();
          const answer = fault === 'twice' ? deliver(true) : first;
          this.clock.freeze(1);
          return {
            kind: 'answer',
            status: answer.status,
            headers: answer.headers,
            text: JSON.stringify(answer.body),
          };
        }
      }
    };
  }

  /** O15 and O5, at the moment of the call. */
  #witness(action: string, parameters: Readonly<Record<string, string>>): void {
    if (/^(List|Get)/.test(action)) return;
    const id = parameters.SecurityPolicyId ?? parameters['ResourceId.1'] ?? parameters.ResourceId;
    const owner = this.model.live().find((policy) => policy.id === id)?.tags;
    const object = this.#objectOf(owner?.[OWNER_TAGS.uid]) ?? this.kube.object;
    const uid = object?.metadata.uid;
    const { managementPolicy: mode, adopt } = object?.spec ?? {};
    const dry = parameters.DryRun === 'true';
    if (dry && parameters.ClientToken !== undefined) this.violations.push('A precheck spends the token');
    if (dry) return;
    // Of what was announced before the mode was chosen, the create alone is still sent.
    const announced = action === 'CreateSecurityPolicy' && object?.status?.pendingCreate !== undefined;
    // What was under way when DryRun was chosen is bound, and tidied up with its object.
    const tidies = mode === 'DryRun' && object?.metadata.deletionTimestamp !== undefined;
    if ((mode === 'Observe' || mode === 'DryRun') && !announced && !tidies)
      this.violations.push(`${action} under ${mode}`);
    if (owner === undefined) return;
    // What is sent now was decided by a list, and that may show what was so a while ago.
    const since = this.clock.monotonic() - this.model.options.listLag - this.model.options.tagsLate;
    const late = since < this.clock.monotonic();
    this.#marks.note(this.model.live(), this.clock.monotonic());
    const carried = (from: number, fits: (mark: string | undefined) => boolean) =>
      this.#marks.carried(id ?? '', from, fits);
    // Adopting is tagging what nobody owns, or what the named previous owner left behind.
    const free = (mark: string | undefined) => mark === undefined || mark === adopt?.previousOwnerUID;
    if (action === 'TagResources' && adopt !== undefined && carried(since - PASS, free)) return;
    const mine = (mark: string | undefined) => mark !== undefined && mark === uid;
    if (mine(owner[OWNER_TAGS.uid])) return;
    if (action === 'UnTagResources' && late && carried(since - PASS, mine)) return;
    // Another process has let the object go meanwhile; tags are taken off by key and value, so nobody else's come off.
    const mark = owner[OWNER_TAGS.uid] ?? '';
    const harmless = action === 'UnTagResources' && !Object.values(parameters).includes(mark);
    if (harmless && this.#company === 'process') return;
    if (this.#company === 'cluster' && carried(since - RESYNC - PASS, mine)) return;
    this.violations.push(`${action} of policy ${id}, which is not of object ${uid}`);
  }

  /** Rule 8: while a list may lag, nobody puts its marks on a policy a second time. */
  #witnessTagging(parameters: Readonly<Record<string, string>>): void {
    const uid = this.kube.object?.metadata.uid;
    if (uid === undefined || !Object.values(parameters).includes(uid)) return;
    const id = parameters['ResourceId.1'] ?? '';
    const age = this.#marks.adopted(uid, id, this.clock.monotonic());
    if (age < this.#window - PASS) this.violations.push(`${uid} tags ${id} again after ${age} ms`);
  }

  /** Live policies that carry an object's mark. */
  marked(): readonly { readonly id: string; readonly uid: string }[] {
    return this.model.live().flatMap(({ id, tags }) => {
      const uid = tags[OWNER_TAGS.uid];
      return uid === undefined ? [] : [{ id, uid }];
    });
  }
}

/** A small linear congruential generator (Numerical Recipes): a seed replays a run. */
export function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A valid spec of TLS 1.2. */
export const SPEC: SecurityPolicySpec = {
  tlsVersions: ['TLSv1.2'],
  ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
};
