/**
 * The performing half of one pass: takes a step, writes at most once to the cloud, records the outcome,
 * and says when to look again.
 * @module
 */
import { FINALIZER } from '../api/group.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import { checkSpec } from '../domain/check.ts';
import type { Outcome } from '../domain/outcome.ts';
import { plan } from '../domain/plan.ts';
import { nextStatus, sameContent, transition } from '../domain/status.ts';
import type { Step, Target } from '../domain/step.ts';
import type { Action } from '../ports/action.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudError, CloudPolicy } from '../ports/cloud.ts';
import type { Key, WriteResult } from '../ports/store.ts';
import type { Memory } from './memory.ts';
import type { Sight } from './observe.ts';
import { performChange, performCreate, performDelete, performUntag, type Stage } from './perform.ts';
import type { QuotaGates } from './quota.ts';
import type { Workshop } from './workshop.ts';

/** How soon to look again at what only needs a moment; then ever less often. */
const SOON: Millis = 1_000;
/** Where a step leaves the pass. */
export type Next =
  | { readonly kind: 'finished'; readonly action: Action }
  | { readonly kind: 'onward'; readonly policy: SecurityPolicy; readonly forget: boolean };

const SETTLED: Next = { kind: 'finished', action: { kind: 'settled' } };

/** The performing half of one pass. */
export class Pass {
  readonly #shop: Workshop;
  readonly #gates: QuotaGates;
  readonly #memory: Memory;
  readonly #key: Key;
  readonly #policy: SecurityPolicy;
  readonly #sight: Sight;
  readonly #target: Target | undefined;

  constructor(
    shop: Workshop,
    gates: QuotaGates,
    memory: Memory,
    key: Key,
    policy: SecurityPolicy,
    sight: Sight,
  ) {
    this.#shop = shop;
    this.#gates = gates;
    this.#memory = memory;
    this.#key = key;
    this.#policy = policy;
    this.#sight = sight;
    this.#target = 'target' in sight.observation ? sight.observation.target : undefined;
  }

  async take(step: Step): Promise<Next> {
    if (this.#shop.settings.readOnly && writesToCloud(step))
      return this.#record({ kind: 'readOnly' }, this.#later());
    switch (step.kind) {
      case 'ignore':
      case 'observe':
        return SETTLED;
      case 'pause':
        return this.#record({ kind: 'paused' }, { kind: 'settled' });
      case 'claim':
        return this.#kube(
          await this.#shop.store.writeFinalizers(this.#policy, [
            ...(this.#policy.metadata.finalizers ?? []),
            FINALIZER,
          ]),
          false,
        );
      case 'reject':
        return this.#record({ kind: 'rejected', violations: step.violations }, { kind: 'settled' });
      case 'unsupported':
        return this.#record({ kind: 'unsupported', what: step.what }, { kind: 'settled' });
      case 'halt':
        return this.#record(
          { kind: 'halted', why: step.why },
          step.why.kind === 'credentials' ? { kind: 'retry' } : this.#later(),
        );
      case 'unread':
        return this.#record(
          { kind: 'unread', error: step.error, failures: this.#memory.readFailures },
          retryAfter(step.error),
        );
      case 'awaitQuota':
        return this.#record({ kind: 'awaitingQuota' }, { kind: 'retry' });
      case 'announce':
        return this.#announce(step);
      case 'create':
        return this.#create(step);
      case 'await':
        return this.#record({ kind: 'awaiting', refusal: step.refusal }, { kind: 'retry', delay: SOON });
      case 'bind':
        return this.#bind(step.policy.id, step.policy);
      case 'abandon':
        return this.#abandon(step.refusal);
      case 'recordLoss':
        this.#shop.log.warn('policy was deleted outside', { key: this.#key, id: step.id });
        this.#memory.sighting = undefined;
        return this.#kube(await this.#write({ kind: 'lost', id: step.id }), true);
      case 'settle':
        return this.#record({ kind: 'settling', policy: step.policy }, { kind: 'retry', delay: SOON });
      case 'update':
        return this.#update(step);
      case 'inSync':
        return this.#record(
          { kind: 'inSync', policy: step.policy, desired: step.desired },
          { kind: 'settled' },
        );
      case 'report':
        return this.#record({ kind: 'drifted', policy: step.policy, found: step.found }, { kind: 'settled' });
      case 'destroy':
        return this.#destroy(step.id);
      case 'release':
        return this.#release(step);
    }
  }

  async #announce(step: Extract<Step, { kind: 'announce' }>): Promise<Next> {
    const write = await this.#write({ kind: 'announced', target: step.target, pending: step.pending });
    if (write.kind === 'ok') {
      this.#memory.token = {
        clientToken: step.pending.clientToken,
        sends: 0,
        ambiguous: 0,
        at: this.#shop.clock.monotonic(),
      };
    } else {
      this.#gate()?.left(this.#key);
    }
    return this.#kube(write, false);
  }

  async #create(step: Extract<Step, { kind: 'create' }>): Promise<Next> {
    const stage = this.#stage();
    if (stage === undefined) return SETTLED;
    const performed = await performCreate(stage, step.pending, step.replay);
    if (performed.kind === 'fenced') return this.#kube(performed.write, true);
    const here = this.#with(performed.policy);
    const { value } = performed;
    if (value.kind === 'created') {
      this.#gate()?.succeeded(this.#key);
      this.#shop.log.info('policy created', { key: this.#key, id: value.id, step: 'create' });
      return here.#bind(value.id, value.seen);
    }
    const { error } = value;
    this.#shop.log.warn('create failed', { key: this.#key, code: error.code, outcome: error.kind });
    const token = this.#memory.token;
    if (error.kind === 'exhausted') {
      const { observation } = this.#sight;
      const counted = observation.kind === 'seen' ? observation.policies.length : 0;
      this.#gate()?.refused(Math.max(counted, error.usage?.used ?? 0), this.#shop.clock.monotonic());
    }
    if (token?.refusal !== undefined && token.ambiguous === 0) return here.#abandon(token.refusal);
    return here.#record({ kind: 'createFailed', error }, retryAfter(error));
  }

  /** Writes the id; in the same write Ready, when the policy was seen, is ours and needs nothing more. */
  async #bind(id: string, seen: CloudPolicy | undefined): Promise<Next> {
    const target = this.#target;
    if (target === undefined) return SETTLED;
    const now = this.#shop.clock.now();
    const bound = { ...this.#policy, status: nextStatus(this.#policy, { kind: 'bound', id, target }, now) };
    const outcome = seen === undefined ? undefined : this.#settledOutcome(bound, seen, target);
    const status = outcome === undefined ? bound.status : nextStatus(bound, outcome, now);
    const write = await this.#put(status);
    if (write.kind !== 'ok') return this.#kube(write, true);
    this.#memory.token = undefined;
    const done = outcome?.kind === 'inSync';
    return {
      kind: 'finished',
      action: done ? { kind: 'settled' } : { kind: 'again', delay: outcome === undefined ? SOON : 0 },
    };
  }

  #settledOutcome(bound: SecurityPolicy, seen: CloudPolicy, target: Target): Outcome | undefined {
    if (bound.metadata.deletionTimestamp !== undefined) return undefined;
    const { settings, clock } = this.#shop;
    const step = plan({
      policy: bound,
      violations: checkSpec(bound.metadata.name, bound.spec, bound.status),
      clusterId: settings.clusterId,
      observation: { kind: 'seen', target, policies: [seen], existence: 'unasked' },
      recall: {},
      quota: 'open',
      now: clock.now(),
      window: settings.window,
    });
    if (step.kind === 'inSync') return { kind: 'inSync', policy: step.policy, desired: step.desired };
    return step.kind === 'settle' ? { kind: 'settling', policy: step.policy } : undefined;
  }

  async #abandon(refusal: CloudError | undefined): Promise<Next> {
    this.#gate()?.left(this.#key);
    const write = await this.#write({ kind: 'abandoned', refusal });
    if (write.kind !== 'ok') return this.#kube(write, true);
    this.#memory.token = undefined;
    if (refusal === undefined) return { kind: 'onward', policy: write.object, forget: true };
    const waits = refusal.kind === 'exhausted' || refusal.kind === 'tokenSpent';
    return { kind: 'finished', action: waits ? { kind: 'retry' } : this.#later() };
  }

  async #update(step: Extract<Step, { kind: 'update' }>): Promise<Next> {
    const stage = this.#stage();
    if (stage === undefined) return SETTLED;
    const performed = await performChange(stage, step);
    if (performed.kind === 'fenced') return this.#kube(performed.write, true);
    const answer = performed.value;
    this.#memory.sighting = undefined;
    if (answer.kind === 'ok') {
      this.#shop.log.info('policy changed', { key: this.#key, id: step.policy.id, step: step.change.kind });
      return { kind: 'finished', action: { kind: 'again', delay: 0 } };
    }
    this.#shop.log.warn('update failed', {
      key: this.#key,
      code: answer.error.code,
      outcome: answer.error.kind,
    });
    const action = answer.error.kind === 'refused' ? this.#later() : retryAfter(answer.error);
    return this.#with(performed.policy).#record({ kind: 'updateFailed', error: answer.error }, action);
  }

  async #destroy(id: string): Promise<Next> {
    const stage = this.#stage();
    if (stage === undefined) return SETTLED;
    const performed = await performDelete(stage, id);
    if (performed.kind === 'fenced') return this.#kube(performed.write, true);
    const here = this.#with(performed.policy);
    const answer = performed.value;
    switch (answer.kind) {
      case 'ok':
        this.#shop.log.info('policy deleted', { key: this.#key, id, step: 'destroy' });
        return { kind: 'finished', action: { kind: 'again', delay: 0 } };
      case 'inUse':
        return here.#record({ kind: 'blocked', listeners: answer.listeners }, { kind: 'retry' });
      case 'error':
        this.#shop.log.warn('delete failed', {
          key: this.#key,
          code: answer.error.code,
          outcome: answer.error.kind,
        });
        return here.#record({ kind: 'deleteFailed', error: answer.error }, retryAfter(answer.error));
    }
  }

  async #release(step: Extract<Step, { kind: 'release' }>): Promise<Next> {
    let here: Pass = this;
    let { note } = step;
    if (step.untag !== undefined && step.untag.tags.length > 0) {
      const stage = this.#stage();
      if (stage === undefined) return SETTLED;
      const performed = await performUntag(stage, step.untag.id, step.untag.tags);
      if (performed.kind === 'fenced') return this.#kube(performed.write, true);
      here = this.#with(performed.policy);
      const answer = performed.value;
      if (answer.kind === 'error' && answer.error.kind !== 'notFound') {
        const unable = answer.error.kind === 'denied' || answer.error.kind === 'credentials';
        if (!unable)
          return here.#record({ kind: 'deleteFailed', error: answer.error }, retryAfter(answer.error));
        note = `Our tags stay on policy "${step.untag.id}": ${answer.error.code}`;
      }
    }
    return here.#letGo(note);
  }

  async #letGo(note: string | undefined): Promise<Next> {
    const left = (this.#policy.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const write = await this.#shop.store.writeFinalizers(this.#policy, left);
    if (write.kind !== 'ok') return this.#kube(write, true);
    const message = note ?? 'Nothing of this object is left for the operator to do';
    this.#shop.events.publish(this.#policy, {
      type: note === undefined ? 'Normal' : 'Warning',
      reason: 'Released',
      message,
    });
    this.#shop.log.info('object released', { key: this.#key });
    return SETTLED;
  }

  /** Writes the status of an outcome, only when it differs, and ends the pass. */
  async #record(outcome: Outcome, action: Action): Promise<Next> {
    const status = nextStatus(this.#policy, outcome, this.#shop.clock.now());
    if (sameContent(this.#policy.status, status)) return { kind: 'finished', action };
    const write = await this.#put(status);
    return write.kind === 'ok' ? { kind: 'finished', action } : this.#kube(write, true);
  }

  #write(outcome: Outcome): Promise<WriteResult> {
    return this.#put(nextStatus(this.#policy, outcome, this.#shop.clock.now()));
  }

  async #put(status: NonNullable<SecurityPolicy['status']>): Promise<WriteResult> {
    const write = await this.#shop.store.writeStatus(this.#policy, status);
    const told = write.kind === 'ok' ? transition(this.#policy.status, status) : undefined;
    if (told !== undefined) {
      const type = told.type === 'Stalled' || told.type === 'DeletionBlocked' ? 'Warning' : 'Normal';
      this.#shop.events.publish(this.#policy, { type, reason: told.reason, message: told.message });
    }
    return write;
  }

  /** Where a Kubernetes write leaves the pass. */
  #kube(write: WriteResult, forget: boolean): Next {
    switch (write.kind) {
      case 'ok':
        return { kind: 'onward', policy: write.object, forget };
      case 'gone':
        return SETTLED;
      case 'conflict':
        return { kind: 'finished', action: { kind: 'retry' } };
      case 'refused':
      case 'unavailable':
        this.#shop.log.warn('kubernetes write failed', {
          key: this.#key,
          outcome: write.kind,
          error: write.message,
        });
        return { kind: 'finished', action: { kind: 'retry' } };
    }
  }

  #with(policy: SecurityPolicy): Pass {
    return new Pass(this.#shop, this.#gates, this.#memory, this.#key, policy, this.#sight);
  }

  #stage(): Stage | undefined {
    const { region } = this.#sight;
    if (region === undefined) return undefined;
    const { store, clock } = this.#shop;
    return { policy: this.#policy, memory: this.#memory, region, store, clock };
  }

  #gate() {
    return this.#target === undefined
      ? undefined
      : this.#gates.of(this.#target.accountId, this.#target.region);
  }

  /** The resync interval, spread by a tenth each way. */
  #later(): Action {
    return { kind: 'again', delay: this.#shop.settings.resync * (0.9 + 0.2 * this.#shop.random()) };
  }
}

function writesToCloud(step: Step): boolean {
  switch (step.kind) {
    case 'announce':
    case 'create':
    case 'update':
    case 'destroy':
      return true;
    case 'release':
      return step.untag !== undefined;
    case 'ignore':
    case 'observe':
    case 'pause':
    case 'claim':
    case 'reject':
    case 'unsupported':
    case 'halt':
    case 'unread':
    case 'awaitQuota':
    case 'await':
    case 'bind':
    case 'abandon':
    case 'recordLoss':
    case 'settle':
    case 'inSync':
    case 'report':
      return false;
  }
}

function retryAfter(error: CloudError): Action {
  return error.retryAfter === undefined ? { kind: 'retry' } : { kind: 'retry', delay: error.retryAfter };
}
