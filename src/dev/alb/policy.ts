import type { Millis } from '../../ports/clock.ts';

/** What a policy is at one moment. */
export interface PolicyContent {
  readonly name: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
  readonly resourceGroupId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Configuring before this (monotonic) time. */
  readonly configuringUntil: Millis;
  /** Whether another cloud service manages it. */
  readonly serviceManaged: boolean;
}

/** A listener that uses a policy. */
export interface AttachedListener {
  readonly loadBalancerId: string;
  readonly listenerId: string;
  readonly port: number;
  readonly protocol: string;
}

interface Revision {
  readonly at: Millis;
  readonly content: PolicyContent | undefined;
}

/** No list lags longer than this: older revisions are dropped. */
const LONGEST_LAG: Millis = 3_600_000;

/** A policy with its past, so that a lagging list can show what was there before. */
export class PolicyRecord {
  readonly id: string;
  /** As lists show it. */
  readonly createTime: string;
  listeners: readonly AttachedListener[] = [];
  #revisions: Revision[];

  constructor(id: string, createTime: string, at: Millis, content: PolicyContent) {
    this.id = id;
    this.createTime = createTime;
    this.#revisions = [{ at, content }];
  }

  /** What the policy is; undefined once it is deleted. */
  get current(): PolicyContent | undefined {
    return this.#revisions.at(-1)?.content;
  }

  /** Writes a new revision; undefined deletes. */
  revise(at: Millis, content: PolicyContent | undefined): void {
    const oldest = this.#revisions.findLastIndex((revision) => revision.at <= at - LONGEST_LAG);
    if (oldest > 0) this.#revisions = this.#revisions.slice(oldest);
    this.#revisions.push({ at, content });
  }

  /** What the policy was at a (monotonic) time; undefined before its creation and after its deletion. */
  at(time: Millis): PolicyContent | undefined {
    return this.#revisions.findLast((revision) => revision.at <= time)?.content;
  }

  /** Whether no list can show it any more. */
  isForgotten(now: Millis): boolean {
    const last = this.#revisions.at(-1);
    return last !== undefined && last.content === undefined && last.at < now - LONGEST_LAG;
  }
}

/** `Configuring` or `Available` at a time. */
export function statusAt(content: PolicyContent, time: Millis): 'Configuring' | 'Available' {
  return content.configuringUntil > time ? 'Configuring' : 'Available';
}
