import { randomBytes } from 'node:crypto';
import { Agent } from 'undici';
import { z } from 'zod';
import {
  authorization,
  canonicalQuery,
  EMPTY_BODY_HASH,
  signatureDate,
} from '../../src/adapters/alb/sign.ts';
import type { Admin, Manifest } from '../../test/environment/admin.ts';
import type { Canaries } from '../../test/environment/credentials.ts';
import { REGION } from './cloud.ts';
import { nameOf, policy } from './policies.ts';
import { hashFor, played, type Score } from './score.ts';

/** ListSecurityPolicies: ids in one call. */
const IDS = 20;
/** As long as a real one; nobody compares it. */
const ANY_HASH = '0'.repeat(32);
/** Events that the operator has under way at most; it drops what is more, and so does the floor. */
const EVENTS = 64;

const created = z.object({ SecurityPolicyId: z.string() });

/** What the floor counted. */
export interface Played {
  events: number;
  lists: number;
}

/**
 * The floor: a bare loop that sends for each policy what the operator sends, one request after the other, and
 * nothing else. It watches nothing, decides nothing and keeps nothing.
 */
export class Floor {
  readonly #admin: Admin;
  readonly #score: Score;
  readonly #url: string;
  readonly #keys: Canaries;
  readonly #agent = new Agent({ allowH2: false, connections: 64 });
  readonly #events = new Set<Promise<void>>();
  #unseen: string[] = [];
  readonly played: Played = { events: 0, lists: 0 };

  constructor(options: {
    readonly admin: Admin;
    readonly score: Score;
    readonly cloudUrl: string;
    readonly keys: Canaries;
  }) {
    this.#admin = options.admin;
    this.#score = options.score;
    this.#url = options.cloudUrl;
    this.#keys = options.keys;
  }

  /** Makes all of them Ready, `workers` at a time: one list for each 20 of them. */
  async playAll(policies: readonly Manifest[], workers: number): Promise<void> {
    let next = 0;
    const work = async () => {
      for (let one = policies[next++]; one !== undefined; one = policies[next++]) await this.#play(one, IDS);
    };
    await Promise.all(Array.from({ length: workers }, work));
    if (this.#unseen.length > 0) await this.#look();
    await Promise.all(this.#events);
  }

  /** Makes one of them Ready, with a list of its own. */
  async playOne(made: Manifest): Promise<void> {
    await this.#play(made, 1);
  }

  /** Makes `count` policies that are Ready already, with two writes each. */
  async seed(namespace: string, count: number, makers = 16): Promise<void> {
    const { finalizers, result, create } = this.#score;
    let next = 0;
    const make = async () => {
      for (let index = next++; index < count; index = next++) {
        const name = nameOf(index);
        const bare = policy(namespace, name);
        const made = await this.#admin.create({ ...bare, metadata: { ...bare.metadata, finalizers } });
        const cast = { name, namespace, uid: made.metadata.uid ?? '', policyId: '', hash: '' };
        const parameters = z.record(z.string(), z.string()).parse(played(create, cast));
        const answer = await this.#call('CreateSecurityPolicy', parameters);
        const { SecurityPolicyId: policyId } = created.parse(answer);
        const status = played(result, { ...cast, policyId, hash: hashFor(this.#score, cast) });
        await this.#admin.replace({ ...made, status }, 'status');
      }
    };
    await Promise.all(Array.from({ length: makers }, make));
  }

  async close(): Promise<void> {
    await Promise.all(this.#events);
    await this.#agent.destroy();
  }

  async #play({ metadata }: Manifest, batch: number): Promise<void> {
    const { name, namespace = '', uid = '', resourceVersion } = metadata;
    const { finalizers, announced, result, create } = this.#score;
    const path = `/apis/alb.alicloud.dev/v1alpha1/namespaces/${namespace}/securitypolicies/${name}`;
    const cast = { name, namespace, uid, policyId: '', hash: ANY_HASH };
    const claim = { metadata: { uid, resourceVersion, finalizers } };
    const claimed = await this.#admin.send('PATCH', path, claim, 'application/merge-patch+json');
    const first = { ...claimed, status: played(announced, cast) };
    const stored = await this.#admin.send('PUT', `${path}/status`, first);
    this.#publish(0, cast);
    const parameters = z.record(z.string(), z.string()).parse(played(create, cast));
    const { SecurityPolicyId: policyId } = created.parse(
      await this.#call('CreateSecurityPolicy', parameters),
    );
    this.#unseen.push(policyId);
    if (this.#unseen.length >= batch) await this.#look();
    const last = { ...stored, status: played(result, { ...cast, policyId }) };
    await this.#admin.send('PUT', `${path}/status`, last);
    for (let index = 1; index < this.#score.events.length; index += 1)
      this.#publish(index, { ...cast, policyId });
  }

  async #look(): Promise<void> {
    const ids = this.#unseen;
    this.#unseen = [];
    this.played.lists += 1;
    const numbered = ids.map((id, index) => [`SecurityPolicyIds.${index + 1}`, id]);
    await this.#call('ListSecurityPolicies', { MaxResults: '100', ...Object.fromEntries(numbered) });
  }

  /** Not waited for, as in the operator. */
  #publish(index: number, cast: Parameters<typeof played>[1]): void {
    const template = this.#score.events[index];
    if (template === undefined || this.#events.size >= EVENTS) return;
    this.played.events += 1;
    const { name, namespace } = cast;
    const metadata = { namespace, name: `${name}.${randomBytes(8).toString('hex')}` };
    const event = { ...played(template, cast), metadata };
    const sent = this.#admin
      .send('POST', `/api/v1/namespaces/${namespace}/events`, event)
      .then(() => {})
      .finally(() => this.#events.delete(sent));
    this.#events.add(sent);
  }

  async #call(action: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const url = new URL(this.#url);
    const all = { RegionId: REGION, ...parameters };
    const headers = {
      host: url.host,
      'x-acs-action': action,
      'x-acs-version': '2020-06-16',
      'x-acs-date': signatureDate(Date.now()),
      'x-acs-signature-nonce': randomBytes(16).toString('hex'),
      'x-acs-content-sha256': EMPTY_BODY_HASH,
    };
    const signable = { method: 'POST', path: '/', parameters: all, headers, bodyHash: EMPTY_BODY_HASH };
    const answer = await this.#agent.request({
      origin: url.origin,
      path: `/?${canonicalQuery(all)}`,
      method: 'POST',
      headers: { ...headers, authorization: authorization(signable, this.#keys) },
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200)
      throw new Error(`The floor's ${action} was answered ${answer.statusCode}: ${text}`);
    return JSON.parse(text);
  }
}
