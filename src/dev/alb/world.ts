import type { Millis } from '../../ports/clock.ts';
import type { Outcome } from './outcome.ts';
import type { PolicyContent } from './policy.ts';
import { PolicyRecord } from './policy.ts';

/** A change that was accepted as a job. */
export interface Job {
  readonly id: string;
  readonly apiName: string;
  readonly operateType: 'Create' | 'Update' | 'Delete';
  readonly resourceId: string;
  readonly createTime: Millis;
  /** Monotonic time at which it is done. */
  readonly doneAt: Millis;
}

/** A ClientToken that was seen. */
export interface SpentToken {
  readonly bodyHash: string;
  readonly outcome: Outcome;
  readonly at: Millis;
}

/** Everything of one account in one region; worlds share nothing. */
export class World {
  readonly account: string;
  readonly region: string;
  /** Policies in the order of lists, deleted ones included while a lagging list can show them. */
  policies = new Map<string, PolicyRecord>();
  readonly jobs: Job[] = [];
  readonly tokens = new Map<string, SpentToken>();
  /** Calls of each action in its current rate window. */
  readonly windows = new Map<string, { readonly since: Millis; calls: number }>();
  /** Set by the console; undefined: as the options say. */
  quota: number | undefined;
  #used = 0;
  /** Deleted policies in the order of their deletion. */
  #deleted: PolicyRecord[] = [];

  constructor(account: string, region: string) {
    this.account = account;
    this.region = region;
  }

  /** Number of policies that exist. */
  get used(): number {
    return this.#used;
  }

  /** A policy that exists now, with its content. */
  find(id: string): { readonly record: PolicyRecord; readonly content: PolicyContent } | undefined {
    const record = this.policies.get(id);
    const content = record?.current;
    return record === undefined || content === undefined ? undefined : { record, content };
  }

  /** Adds a policy. */
  add(id: string, createTime: string, at: Millis, content: PolicyContent): void {
    this.policies.set(id, new PolicyRecord(id, createTime, at, content));
    this.#used += 1;
  }

  /** Deletes a policy, and drops those that no list can show any more. */
  remove(record: PolicyRecord, at: Millis): void {
    record.revise(at, undefined);
    this.#used -= 1;
    this.#deleted.push(record);
    const forgotten = this.#deleted.findIndex((other) => !other.isForgotten(at));
    for (const other of this.#deleted.splice(0, Math.max(forgotten, 0))) this.policies.delete(other.id);
  }

  /** Moves a policy to the front of the list order. */
  moveToFront(id: string): void {
    const moved = this.policies.get(id);
    if (moved === undefined) return;
    this.policies.delete(id);
    this.policies = new Map([[id, moved], ...this.policies]);
  }
}
