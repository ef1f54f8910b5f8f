import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, describeFailure, type StatusFailure } from '../../adapters/kube/answer.ts';
import { asObject } from '../../adapters/kube/kubeobject.ts';
import { collectionPath, policyPath } from '../../adapters/kube/paths.ts';
import type { Transport } from '../../adapters/kube/transport.ts';
import { API_VERSION } from '../../api/group.ts';
import type { SecurityPolicy, SecurityPolicySpec } from '../../api/securitypolicy.ts';
import type { LivePolicy } from '../../dev/alb/model.ts';
import type { Millis } from '../../ports/clock.ts';
import { PLACE, type Stage } from './stage.ts';
import { NotAsTold } from './teller.ts';

/** What a look found: the awaited state, or in words what there is instead. */
export type Look<T> =
  | { readonly kind: 'there'; readonly value: T }
  | { readonly kind: 'not yet'; readonly seen: string };

/** Time between two looks; short beside what is waited for, long beside a look. */
const LOOK_EVERY: Millis = 20;
const NAMESPACE = 'default';

/** The person of the story: has kubectl and the cloud console, and looks before speaking. Throws {@link NotAsTold} alone. */
export class Actor {
  readonly #person: Transport;
  readonly #stage: Stage;
  readonly #patience: Millis;
  #fatal: string | undefined;

  /** `patience` is the longest wait for one state. */
  constructor(stage: Stage, patience: Millis) {
    this.#stage = stage;
    this.#person = stage.person;
    this.#patience = patience;
    void stage.fatal.then((reason) => {
      this.#fatal = reason;
    });
  }

  /** Creates an object that has to be refused, and returns the refusal. */
  async refused(name: string, spec: SecurityPolicySpec): Promise<StatusFailure> {
    const answer = await this.#create(name, spec);
    if (answer.kind === 'status') return answer;
    throw new NotAsTold('the API server to refuse it', describe(answer));
  }

  async create(name: string, spec: SecurityPolicySpec): Promise<void> {
    expectOk('the API server to take it', await this.#create(name, spec));
  }

  async edit(name: string, spec: Partial<SecurityPolicySpec>): Promise<void> {
    const call = { verb: 'patch', path: policyPath(NAMESPACE, name), body: { spec } } as const;
    expectOk('the API server to take the edit', await this.#person.call(call));
  }

  async delete(name: string): Promise<void> {
    const answer = await this.#person.call({ verb: 'delete', path: policyPath(NAMESPACE, name) });
    expectOk('the API server to take the deletion', answer);
  }

  /** The object, or undefined when there is none. */
  async get(name: string): Promise<SecurityPolicy | undefined> {
    const answer = await this.#person.call({ verb: 'get', path: policyPath(NAMESPACE, name) });
    if (answer.kind === 'status' && answer.code === 404) return undefined;
    expectOk(`to read "${name}"`, answer);
    return answer.kind === 'ok' ? asObject<SecurityPolicy>(answer.body) : undefined;
  }

  /** The policies that exist in the cloud, whatever anybody says of them. */
  live(): readonly LivePolicy[] {
    return this.#stage.alb.model.live(PLACE.account, PLACE.region);
  }

  /** Looks until the state is there; throws what was seen last when patience ends or the operator does. */
  async until<T>(expected: string, look: () => Promise<Look<T>> | Look<T>): Promise<T> {
    const end = performance.now() + this.#patience;
    for (;;) {
      const found = await look();
      if (found.kind === 'there') return found.value;
      if (this.#fatal !== undefined) throw new NotAsTold(expected, this.#fatal);
      if (performance.now() >= end) throw new NotAsTold(expected, found.seen);
      await sleep(LOOK_EVERY);
    }
  }

  #create(name: string, spec: SecurityPolicySpec): Promise<Answer> {
    const body = {
      apiVersion: API_VERSION,
      kind: 'SecurityPolicy',
      metadata: { name, namespace: NAMESPACE },
      spec,
    };
    return this.#person.call({ verb: 'create', path: collectionPath('securitypolicies', NAMESPACE), body });
  }
}

/** Throws {@link NotAsTold} unless the two are the same as JSON. */
export function expectSame(expected: string, wanted: unknown, seen: unknown): void {
  if (JSON.stringify(wanted) !== JSON.stringify(seen))
    throw new NotAsTold(`${expected}: ${JSON.stringify(wanted)}`, JSON.stringify(seen) ?? 'nothing');
}

function expectOk(expected: string, answer: Answer): void {
  if (answer.kind !== 'ok') throw new NotAsTold(expected, describe(answer));
}

function describe(answer: Answer): string {
  return answer.kind === 'ok' ? `it answered ${answer.code}` : describeFailure(answer);
}
