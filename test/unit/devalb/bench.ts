import { AlbModel } from '../../../src/dev/alb/model.ts';
import type { AlbOptions } from '../../../src/dev/alb/options.ts';
import type { Answer } from '../../../src/dev/alb/outcome.ts';
import type { Clock, Millis } from '../../../src/ports/clock.ts';

/** A clock that moves only when a test says so; timers fire while it moves. */
export class HandClock implements Clock {
  #time: Millis;
  #timers: { readonly at: Millis; readonly fire: () => void }[] = [];

  constructor(start: Millis = Date.UTC(2024, 4, 20, 8)) {
    this.#time = start;
  }

  now(): Millis {
    return this.#time;
  }

  monotonic(): Millis {
    return this.#time;
  }

  after(delay: Millis, fire: () => void): () => void {
    const timer = { at: this.#time + delay, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Number of timers that wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  advance(by: Millis): void {
    this.#time += by;
    const due = this.#timers.filter((timer) => timer.at <= this.#time);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#time);
    for (const timer of due) timer.fire();
  }
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const ACCOUNT = '1000000000000001';
export const REGION = 'cn-hangzhou';
export const PLACE = { account: ACCOUNT, region: REGION };

/** A good policy in wire form. */
export const GOOD: Readonly<Record<string, string>> = {
  SecurityPolicyName: 'policy-1',
  'TLSVersions.1': 'TLSv1.2',
  'Ciphers.1': 'ECDHE-RSA-AES128-GCM-SHA256',
  'Ciphers.2': 'AES128-SHA',
};

/** A model on a clock of its own, with short ways to call it. */
export class Bench {
  readonly clock = new HandClock();
  readonly model: AlbModel;

  constructor(options: Partial<AlbOptions> = {}) {
    this.model = new AlbModel({ rates: {}, ...options }, this.clock, seeded(1));
  }

  call(action: string, parameters: Readonly<Record<string, string>> = {}, region: string = REGION): Answer {
    const version =
      action === 'GetCallerIdentity' || action === 'AssumeRoleWithOIDC' ? '2015-04-01' : '2020-06-16';
    return this.model.call({ action, version, region, account: ACCOUNT, parameters });
  }

  /** Creates a good policy, with changes, and returns its id; fails the test when it is refused. */
  create(changes: Readonly<Record<string, string>> = {}): string {
    const answer = this.call('CreateSecurityPolicy', { ...GOOD, ...changes });
    if (answer.status !== 200) throw new Error(`Create was refused: ${JSON.stringify(answer.body)}`);
    return String(answer.body.SecurityPolicyId);
  }

  /** Policies as a full list shows them. */
  shown(parameters: Readonly<Record<string, string>> = {}): readonly Shown[] {
    const answer = this.call('ListSecurityPolicies', { MaxResults: '100', ...parameters });
    return answer.body.SecurityPolicies as unknown as readonly Shown[];
  }
}

/** A policy in a list, as the wire has it. */
export interface Shown {
  readonly SecurityPolicyId: string;
  readonly SecurityPolicyName: string;
  readonly SecurityPolicyStatus: string;
  readonly Ciphers: readonly string[];
  readonly TLSVersions: readonly string[];
  readonly ResourceGroupId: string;
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
}
