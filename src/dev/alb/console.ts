import { revisePolicy } from './change.ts';
import type { Context } from './context.ts';
import { addPolicy } from './creation.ts';
import type { AttachedListener, PolicyContent } from './policy.ts';

/** Where a person works: an account and one of its regions. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** A policy that a person, or another cloud service, makes by hand. */
export interface ManualPolicy {
  readonly name: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
  readonly resourceGroupId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly serviceManaged?: boolean;
}

/** What a person can change of a policy. */
export type Edit = Partial<Pick<PolicyContent, 'name' | 'tlsVersions' | 'ciphers' | 'resourceGroupId'>>;

/**
 * A person in the cloud console: changes behind the operator's back. Nothing here is checked against quota, status or
 * suites, and nothing is throttled, so that a test can make any state. Verbs answer false when there is no such policy.
 */
export class Console {
  readonly #context: (account: string, region: string) => Context;

  constructor(context: (account: string, region: string) => Context) {
    this.#context = context;
  }

  /** Makes a policy and returns its id. */
  create({ account, region }: Place, policy: ManualPolicy): string {
    const wish = { tags: {}, ...policy };
    return addPolicy(this.#context(account, region), wish, policy.serviceManaged ?? false);
  }

  /** Edits a policy, which is Configuring for a while then. */
  edit({ account, region }: Place, id: string, edit: Edit): boolean {
    const context = this.#context(account, region);
    const target = context.world.find(id);
    if (target === undefined) return false;
    revisePolicy(context, { record: target.record, content: { ...target.content, ...edit } });
    return true;
  }

  /** Deletes a policy, in use or not. */
  delete({ account, region }: Place, id: string): boolean {
    const { world, now } = this.#context(account, region);
    const target = world.find(id);
    if (target === undefined) return false;
    world.remove(target.record, now);
    return true;
  }

  /** Sets tags. */
  tag(place: Place, id: string, tags: Readonly<Record<string, string>>): boolean {
    return this.#revise(place, id, (content) => ({ ...content, tags: { ...content.tags, ...tags } }));
  }

  /** Removes tags by key. */
  untag(place: Place, id: string, keys: readonly string[]): boolean {
    return this.#revise(place, id, (content) => {
      const left = Object.entries(content.tags).filter(([key]) => !keys.includes(key));
      return { ...content, tags: Object.fromEntries(left) };
    });
  }

  /** Lets a listener use a policy; false also when the policy has as many listeners as it can. */
  attach({ account, region }: Place, id: string, listener: AttachedListener): boolean {
    const { world, options } = this.#context(account, region);
    const record = world.find(id)?.record;
    if (record === undefined || record.listeners.length >= options.listenersPerPolicy) return false;
    record.listeners = [...record.listeners, listener];
    return true;
  }

  /** Takes a listener off a policy; without a listener id, all of them. */
  detach({ account, region }: Place, id: string, listenerId?: string): boolean {
    const record = this.#context(account, region).world.find(id)?.record;
    if (record === undefined) return false;
    const stays = (listener: AttachedListener) =>
      listenerId !== undefined && listener.listenerId !== listenerId;
    record.listeners = record.listeners.filter(stays);
    return true;
  }

  /** Sets the quota of one region; undefined: as the options say. */
  quota({ account, region }: Place, quota: number | undefined): void {
    this.#context(account, region).world.quota = quota;
  }

  #revise(
    { account, region }: Place,
    id: string,
    change: (content: PolicyContent) => PolicyContent,
  ): boolean {
    const { world, now } = this.#context(account, region);
    const target = world.find(id);
    if (target === undefined) return false;
    target.record.revise(now, change(target.content));
    return true;
  }
}
