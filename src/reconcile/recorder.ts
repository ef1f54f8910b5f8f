/**
 * The recording half of one pass: what the object's status and finalizers say afterwards, and the events of a change.
 * @module
 */
import { FINALIZER } from '../api/group.ts';
import type { SecurityPolicy } from '../api/securitypolicy.ts';
import type { Outcome } from '../domain/outcome.ts';
import { nextStatus, sameContent, transition } from '../domain/status.ts';
import type { Action } from '../ports/action.ts';
import type { Key, WriteResult } from '../ports/store.ts';
import type { Workshop } from './workshop.ts';

/** Where a step leaves the pass. */
export type Next =
  | { readonly kind: 'finished'; readonly action: Action }
  | { readonly kind: 'onward'; readonly policy: SecurityPolicy; readonly forget: boolean };

/** Nothing until something changes. */
export const SETTLED: Next = { kind: 'finished', action: { kind: 'settled' } };

/** Writes what a pass came to into one object, as it was read. */
export class Recorder {
  readonly #shop: Workshop;
  readonly #key: Key;
  readonly #policy: SecurityPolicy;

  constructor(shop: Workshop, key: Key, policy: SecurityPolicy) {
    this.#shop = shop;
    this.#key = key;
    this.#policy = policy;
  }

  /** Takes the object, so that it cannot go before its policy. */
  async claim(): Promise<Next> {
    const finalizers = [...(this.#policy.metadata.finalizers ?? []), FINALIZER];
    return this.next(await this.#shop.store.writeFinalizers(this.#policy, finalizers), false);
  }

  /** Takes our finalizer off; `note` names what could not be finished. */
  async letGo(note: string | undefined): Promise<Next> {
    const left = (this.#policy.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const write = await this.#shop.store.writeFinalizers(this.#policy, left);
    if (write.kind !== 'ok') return this.next(write, true);
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
  async record(outcome: Outcome, action: Action): Promise<Next> {
    const status = nextStatus(this.#policy, outcome, this.#shop.clock.now());
    if (sameContent(this.#policy.status, status)) return { kind: 'finished', action };
    const write = await this.put(status);
    return write.kind === 'ok' ? { kind: 'finished', action } : this.next(write, true);
  }

  /** Writes the status of an outcome. */
  write(outcome: Outcome): Promise<WriteResult> {
    return this.put(nextStatus(this.#policy, outcome, this.#shop.clock.now()));
  }

  /** Writes a status, and tells what changed in an event. */
  async put(status: NonNullable<SecurityPolicy['status']>): Promise<WriteResult> {
    const write = await this.#shop.store.writeStatus(this.#policy, status);
    const told = write.kind === 'ok' ? transition(this.#policy.status, status) : undefined;
    if (told !== undefined) {
      const type = told.type === 'Stalled' || told.type === 'DeletionBlocked' ? 'Warning' : 'Normal';
      this.#shop.events.publish(this.#policy, { type, reason: told.reason, message: told.message });
    }
    return write;
  }

  /** Where a Kubernetes write leaves the pass. */
  next(write: WriteResult, forget: boolean): Next {
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
}
