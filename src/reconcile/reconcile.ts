/**
 * One pass over one object. Start reading here.
 *
 *   kube/reflector --key--> runtime/queue --> runtime/controller --> reconcile (this file)
 *     1. read the object from the cache           ports/store
 *     2. check the spec                           domain/check
 *     3. observe the cloud                        reconcile/observe
 *     4. plan one step                            domain/plan
 *     5. perform it, at most one cloud write      reconcile/pass, reconcile/perform
 *     6. record the outcome in status             domain/status
 *     7. say when to look again                   ports/action
 *
 * *Guarantees*: never throws for anything that a cluster or a cloud can do; a worker never sleeps; a pass sends at most
 * one cloud write, and none before the Kubernetes write that announces or fences it was accepted.
 * @module
 */
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { isAdopting } from '../domain/plan/adoption.ts';
import { isAsked, isDeleting, ownStatus } from '../domain/plan/life.ts';
import { plan } from '../domain/plan.ts';
import { isReady } from '../domain/status.ts';
import type { Observation, Step } from '../domain/step.ts';
import type { Action } from '../ports/action.ts';
import type { Key } from '../ports/store.ts';
import { Memories, type Memory, recallOf, sightingAwaited } from './memory.ts';
import { observe, type Sight } from './observe.ts';
import { Pass } from './pass.ts';
import { QuotaGates } from './quota.ts';
import { situationOf } from './situation.ts';
import type { Workshop } from './workshop.ts';

/** Kubernetes writes that one pass may go through before its cloud write: claim, announce, loss, and one to spare. */
const HOPS = 4;
const UNASKED: Sight = { observation: { kind: 'unasked' } };

/** The operator's one controller. */
export class Reconciler {
  readonly #shop: Workshop;
  readonly #memories = new Memories();
  readonly #gates = new QuotaGates();

  constructor(shop: Workshop) {
    this.#shop = shop;
  }

  /** One pass over the object of `key`. */
  async reconcile(key: Key): Promise<Action> {
    const cached = this.#shop.store.read(key);
    switch (cached.kind) {
      case 'absent':
        this.#memories.forget(key);
        return { kind: 'settled' };
      case 'stale':
        return { kind: 'again', delay: 50 };
      case 'found':
        return this.#pass(key, cached.object);
    }
  }

  async #pass(key: Key, first: SecurityPolicy): Promise<Action> {
    const memory = this.#memories.of(key, first.metadata.uid);
    // The watch brings our own announce back sooner than the cloud shows what came of it.
    const delay = sightingAwaited(memory, this.#shop.clock.monotonic());
    if (delay !== undefined) return { kind: 'again', delay };
    let policy = first;
    let sight: Sight = UNASKED;
    for (let hop = 0; hop < HOPS; hop += 1) {
      let step = this.#plan(key, policy, memory, sight.observation);
      if (step.kind === 'observe') {
        sight = await this.#observe(policy, memory);
        step = this.#plan(key, policy, memory, sight.observation);
      }
      const pass = new Pass(this.#shop, this.#gates, memory, key, policy, sight);
      const next = await pass.take(step);
      if (next.kind === 'finished') return next.action;
      policy = next.policy;
      // What was seen holds for an announce that follows a claim, not for what follows a cloud write.
      if (next.forget) sight = UNASKED;
    }
    return { kind: 'again', delay: 0 };
  }

  async #observe(policy: SecurityPolicy, memory: Memory): Promise<Sight> {
    const { identities, store, clock, settings } = this.#shop;
    const found = identities.of(policy);
    if (found.kind === 'error') {
      return { observation: { kind: 'unidentified', reason: found.reason, message: found.message } };
    }
    const now = clock.monotonic();
    const status = ownStatus(policy);
    const pending = status.pendingCreate;
    if (pending !== undefined && memory.token?.clientToken !== pending.clientToken) {
      // Announced by another process, or by this one before it was restarted: nobody knows what was sent.
      memory.token = { clientToken: pending.clientToken, sends: 0, ambiguous: 1, at: now };
    }
    return observe({
      policy,
      memory,
      identity: found.identity,
      store,
      clusterId: settings.clusterId,
      notBefore: mayLookBack(policy) ? now - settings.resync : now,
      now,
      wallNow: clock.now(),
      window: settings.window,
    });
  }

  #plan(key: Key, policy: SecurityPolicy, memory: Memory, observation: Observation): Step {
    const now = this.#shop.clock.monotonic();
    const situation = situationOf(this.#shop, policy, observation, recallOf(memory, now));
    const step = plan(situation);
    if (step.kind !== 'announce' || observation.kind !== 'seen') return step;
    const gate = this.#gates.of(step.target.accountId, step.target.region);
    if (gate.admits(key, observation.total, now)) return step;
    return plan({ ...situation, quota: 'closed' });
  }
}

/** Whether a list of up to one resync ago will do: for what is at rest, and for what was never announced. */
function mayLookBack(policy: SecurityPolicy): boolean {
  if (isAsked(policy) || isDeleting(policy) || isAdopting(policy)) return false;
  const status = ownStatus(policy);
  if (status.pendingCreate !== undefined) return false;
  return status.securityPolicyId === undefined || isReady(policy);
}
