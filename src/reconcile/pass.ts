/**
 * The performing half of one pass: takes a step, writes at most once to the cloud, records the outcome,
 * and says when to look again.
 * @module
 */
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import type { Outcome } from '../domain/outcome.ts';
import { isDeleting, UNDER_WAY } from '../domain/plan/life.ts';
import { plan } from '../domain/plan.ts';
import { desiredOf, managedHash } from '../domain/policy.ts';
import { nextStatus } from '../domain/status.ts';
import type { Binding, Step, Target } from '../domain/step.ts';
import type { Action } from '../ports/action.ts';
import type { Millis } from '../ports/clock.ts';
import type { CloudError, CloudPolicy, Region } from '../ports/cloud.ts';
import type { Key } from '../ports/store.ts';
import { type Memory, SIGHTING_PATIENCE } from './memory.ts';
import type { Sight } from './observe.ts';
import {
  performAdoption,
  performChange,
  performCreate,
  performDelete,
  performUntag,
  type Stage,
} from './perform.ts';
import type { QuotaGates } from './quota.ts';
import { type Next, Recorder, SETTLED } from './recorder.ts';
import { situationOf } from './situation.ts';
import type { Workshop } from './workshop.ts';
import { writesToCloud } from './writing.ts';

/** How soon to look again at what only needs a moment; then ever less often. */
const SOON: Millis = 1_000;
/** The performing half of one pass. */
export class Pass {
  readonly #shop: Workshop;
  readonly #gates: QuotaGates;
  readonly #memory: Memory;
  readonly #key: Key;
  readonly #policy: SecurityPolicy;
  readonly #recorder: Recorder;
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
    this.#recorder = new Recorder(shop, key, policy);
    this.#sight = sight;
    this.#target = 'target' in sight.observation ? sight.observation.target : undefined;
  }

  async take(step: Step): Promise<Next> {
    if (this.#shop.settings.readOnly && writesToCloud(step))
      return this.#recorder.record({ kind: 'readOnly' }, this.#later());
    switch (step.kind) {
      case 'ignore':
      case 'observe':
        return SETTLED;
      case 'pause':
        return this.#recorder.record({ kind: 'paused' }, { kind: 'settled' });
      case 'claim':
        return this.#recorder.claim();
      case 'reject':
        return this.#recorder.record({ kind: 'rejected', violations: step.violations }, { kind: 'settled' });
      case 'halt':
        return this.#recorder.record(
          { kind: 'halted', why: step.why },
          step.why.kind === 'credentials' ? { kind: 'retry' } : this.#later(),
        );
      case 'unread':
        return this.#recorder.record(
          { kind: 'unread', what: step.what, error: step.error, failures: this.#memory.readFailures },
          retryAfter(step.error),
        );
      case 'awaitQuota':
        return this.#recorder.record({ kind: 'awaitingQuota' }, { kind: 'retry' });
      case 'announce':
        return this.#announce(step);
      case 'create':
        return this.#create(step);
      case 'await':
        return this.#recorder.record(
          { kind: 'awaiting', refusal: step.refusal },
          { kind: 'retry', delay: SOON },
        );
      case 'bind':
        return this.#bind(step.policy.id, step.policy, step.binding);
      case 'recordId':
        return this.#bind(step.id, undefined, 'Created');
      case 'adopt':
        return this.#adopt(step);
      case 'watch':
        return this.#watch(step);
      case 'precheck':
        return this.#precheck(step);
      case 'prechecked':
        return SETTLED;
      case 'abandon':
        return this.#abandon(step.refusal);
      case 'recordLoss':
        this.#shop.log.warn('policy was deleted outside', { key: this.#key, id: step.id });
        this.#memory.sighting = undefined;
        return this.#recorder.next(await this.#recorder.write({ kind: 'lost', id: step.id }), true);
      case 'settle':
        return this.#recorder.record(
          { kind: 'settling', policy: step.policy },
          { kind: 'retry', delay: SOON },
        );
      case 'update':
        return this.#update(step);
      case 'inSync':
        return this.#recorder.record(
          { kind: 'inSync', policy: step.policy, desired: step.desired },
          { kind: 'settled' },
        );
      case 'report':
        return this.#recorder.record(
          { kind: 'drifted', policy: step.policy, found: step.found },
          { kind: 'settled' },
        );
      case 'destroy':
        return this.#destroy(step.id);
      case 'release':
        return this.#release(step);
    }
  }

  async #announce(step: Extract<Step, { kind: 'announce' }>): Promise<Next> {
    const write = await this.#recorder.write({
      kind: 'announced',
      target: step.target,
      pending: step.pending,
    });
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
    return this.#recorder.next(write, false);
  }

  async #create(step: Extract<Step, { kind: 'create' }>): Promise<Next> {
    const stage = this.#stage();
    if (stage === undefined) return SETTLED;
    const performed = await performCreate(stage, step.pending, step.replay);
    if (performed.kind === 'fenced') return this.#recorder.next(performed.write, true);
    const here = this.#with(performed.policy);
    const { value } = performed;
    if (value.kind === 'created') {
      this.#gate()?.succeeded(this.#key);
      this.#shop.log.info('policy created', { key: this.#key, id: value.id, step: 'create' });
      if (this.#shop.isStopping()) return here.#bind(value.id, undefined, 'Created');
      // No worker waits for the sighting: it brings the key back, and is shared with those of other creates.
      void this.#sightCreated(stage.region, value.id);
      return { kind: 'finished', action: { kind: 'again', delay: SIGHTING_PATIENCE } };
    }
    const { error } = value;
    this.#shop.log.warn('create failed', { key: this.#key, code: error.code, outcome: error.kind });
    const token = this.#memory.token;
    if (error.kind === 'exhausted') {
      const { observation } = this.#sight;
      const counted = observation.kind === 'seen' ? observation.total : 0;
      this.#gate()?.refused(Math.max(counted, error.usage?.used ?? 0), this.#shop.clock.monotonic());
    }
    if (token?.refusal !== undefined && token.ambiguous === 0) return here.#abandon(token.refusal);
    return here.#recorder.record({ kind: 'createFailed', error }, retryAfter(error));
  }

  /** Looks at a new policy by a list that is sent from here on, and has the key looked at when it is seen. Never rejects. */
  async #sightCreated(region: Region, id: string): Promise<void> {
    const sentAt = this.#shop.clock.monotonic();
    const sighting = await region.sight(id);
    if (sighting.kind !== 'ok' || sighting.value === undefined) return;
    this.#memory.sighting = { sentAt, policy: sighting.value };
    this.#shop.wake(this.#key);
  }

  /** Writes the id; in the same write Ready, when the policy was seen, is ours and needs nothing more. */
  async #bind(id: string, seen: CloudPolicy | undefined, binding: Binding): Promise<Next> {
    const target = this.#target;
    if (target === undefined) return SETTLED;
    const now = this.#shop.clock.now();
    const bound = {
      ...this.#policy,
      status: nextStatus(this.#policy, { kind: 'bound', id, target, binding }, now),
    };
    const outcome = seen === undefined ? undefined : this.#settledOutcome(bound, seen, target);
    const status = outcome === undefined ? bound.status : nextStatus(bound, outcome, now);
    const write = await this.#recorder.put(status);
    if (write.kind !== 'ok') return this.#recorder.next(write, true);
    this.#memory.token = undefined;
    this.#memory.created = undefined;
    const done = outcome?.kind === 'inSync';
    return {
      kind: 'finished',
      action: done ? { kind: 'settled' } : { kind: 'again', delay: outcome === undefined ? SOON : 0 },
    };
  }

  #settledOutcome(bound: SecurityPolicy, seen: CloudPolicy, target: Target): Outcome | undefined {
    if (isDeleting(bound)) return undefined;
    const { observation } = this.#sight;
    const adoption = observation.kind === 'seen' && observation.adoption;
    const alone = { existence: 'unasked', previousOwner: 'unasked', adoption } as const;
    const sighted = { kind: 'seen', target, policies: [seen], total: 1, ...alone } as const;
    const step = plan(situationOf(this.#shop, bound, sighted, {}));
    if (step.kind === 'inSync') return { kind: 'inSync', policy: step.policy, desired: step.desired };
    return step.kind === 'settle' ? { kind: 'settling', policy: step.policy } : undefined;
  }

  /** Observe: tells what is there. */
  async #watch(step: Extract<Step, { kind: 'watch' }>): Promise<Next> {
    const target = this.#target;
    if (target === undefined) return SETTLED;
    const rests = step.policy.status === 'Available';
    const outcome: Outcome = { kind: 'observed', policy: step.policy, target, found: step.found };
    return this.#recorder.record(outcome, rests ? { kind: 'settled' } : { kind: 'retry', delay: SOON });
  }

  /** DryRun: a verdict stands until the spec changes; a refusal is asked about again, since quotas and rights change. */
  async #precheck(step: Extract<Step, { kind: 'precheck' }>): Promise<Next> {
    const { region } = this.#sight;
    if (region === undefined) return SETTLED;
    const verdict = await region.precheck(step.draft);
    if (verdict.kind === 'ok') return this.#recorder.record({ kind: 'prechecked' }, { kind: 'settled' });
    const { error } = verdict;
    this.#shop.log.info('precheck failed', { key: this.#key, code: error.code, outcome: error.kind });
    const action = error.kind === 'refused' ? this.#later() : retryAfter(error);
    return this.#recorder.record({ kind: 'precheckFailed', error }, action);
  }

  async #adopt({ policy, tags }: Extract<Step, { kind: 'adopt' }>): Promise<Next> {
    const stage = this.#stage();
    if (stage === undefined) return SETTLED;
    const performed = await performAdoption(stage, policy.id, tags);
    if (performed.kind === 'fenced') return this.#recorder.next(performed.write, true);
    const answer = performed.value;
    if (answer.kind === 'ok') {
      this.#shop.log.info('policy tagged for adoption', { key: this.#key, id: policy.id, step: 'adopt' });
      return { kind: 'finished', action: { kind: 'again', delay: 0 } };
    }
    const { error } = answer;
    this.#shop.log.warn('adoption failed', { key: this.#key, code: error.code, outcome: error.kind });
    const action = error.kind === 'refused' ? this.#later() : retryAfter(error);
    return this.#with(performed.policy).#recorder.record({ kind: 'updateFailed', error }, action);
  }

  async #abandon(refusal: CloudError | undefined): Promise<Next> {
    this.#gate()?.left(this.#key);
    const write = await this.#recorder.write({ kind: 'abandoned', refusal });
    if (write.kind !== 'ok') return this.#recorder.next(write, true);
    this.#memory.token = undefined;
    if (refusal === undefined) return { kind: 'onward', policy: write.object, forget: true };
    const waits = refusal.kind === 'exhausted' || refusal.kind === 'tokenSpent';
    return { kind: 'finished', action: waits ? { kind: 'retry' } : this.#later() };
  }

  async #update(step: Extract<Step, { kind: 'update' }>): Promise<Next> {
    const stage = this.#stage();
    if (stage === undefined) return SETTLED;
    this.#memory.sent = this.#sentFor();
    const performed = await performChange(stage, step);
    if (performed.kind === 'fenced') return this.#recorder.next(performed.write, true);
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
    return this.#with(performed.policy).#recorder.record(
      { kind: 'updateFailed', error: answer.error },
      action,
    );
  }

  /** What changes were sent for since a list last showed what was wanted; nothing, when it was not one thing alone. */
  #sentFor(): string | undefined {
    const hash = managedHash(desiredOf(this.#policy, this.#shop.settings.clusterId));
    const settled = this.#policy.status?.lastApplied?.hash !== UNDER_WAY;
    return settled || this.#memory.sent === hash ? hash : undefined;
  }

  async #destroy(id: string): Promise<Next> {
    const stage = this.#stage();
    if (stage === undefined) return SETTLED;
    const performed = await performDelete(stage, id);
    if (performed.kind === 'fenced') return this.#recorder.next(performed.write, true);
    const here = this.#with(performed.policy);
    const answer = performed.value;
    switch (answer.kind) {
      case 'ok':
        this.#shop.log.info('policy deleted', { key: this.#key, id, step: 'destroy' });
        return { kind: 'finished', action: { kind: 'again', delay: 0 } };
      case 'inUse':
        return here.#recorder.record({ kind: 'blocked', listeners: answer.listeners }, { kind: 'retry' });
      case 'error':
        this.#shop.log.warn('delete failed', {
          key: this.#key,
          code: answer.error.code,
          outcome: answer.error.kind,
        });
        return here.#recorder.record({ kind: 'deleteFailed', error: answer.error }, retryAfter(answer.error));
    }
  }

  async #release(step: Extract<Step, { kind: 'release' }>): Promise<Next> {
    let here: Pass = this;
    let { note } = step;
    if (step.untag !== undefined && step.untag.tags.length > 0) {
      const stage = this.#stage();
      if (stage === undefined) return SETTLED;
      const performed = await performUntag(stage, step.untag.id, step.untag.tags);
      if (performed.kind === 'fenced') return this.#recorder.next(performed.write, true);
      here = this.#with(performed.policy);
      const answer = performed.value;
      if (answer.kind === 'error' && answer.error.kind !== 'notFound') {
        const unable = answer.error.kind === 'denied' || answer.error.kind === 'credentials';
        if (!unable)
          return here.#recorder.record(
            { kind: 'deleteFailed', error: answer.error },
            retryAfter(answer.error),
          );
        note = `Our tags stay on policy "${step.untag.id}": ${answer.error.code}`;
      }
    }
    return here.#recorder.letGo(note);
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

function retryAfter(error: CloudError): Action {
  return error.retryAfter === undefined ? { kind: 'retry' } : { kind: 'retry', delay: error.retryAfter };
}
