import { Agent } from 'undici';
import type { Access } from '../../src/dev/realkube/kubeconfig.ts';
import type { Manifest } from '../../test/environment/admin.ts';
import { eventually } from '../../test/environment/eventually.ts';

/** A version of a policy as the API server stored it, and when it was seen here (monotonic milliseconds). */
export interface Version {
  readonly at: number;
  readonly object: Manifest;
}

/** Sees every version of every policy of a namespace. */
export class Watcher {
  readonly #agent: Agent;
  readonly #versions = new Map<string, Version[]>();
  readonly #waiting = new Set<() => void>();

  private constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Starts at the present of the namespace, which must be empty. */
  static async start(access: Access, namespace: string): Promise<Watcher> {
    const agent = new Agent({
      allowH2: false,
      bodyTimeout: 0,
      connect: access.authority === undefined ? {} : { ca: access.authority },
    });
    const open = async () => {
      const answer = await agent.request({
        origin: access.server,
        path: `/apis/alb.alicloud.dev/v1alpha1/namespaces/${namespace}/securitypolicies?watch=true`,
        method: 'GET',
        headers: {
          accept: 'application/json',
          ...(access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }),
        },
      });
      if (answer.statusCode !== 200) throw new Error(`The watch was answered ${answer.statusCode}`);
      return answer.body;
    };
    // A server that has just been given a definition answers 429 until its cache is there.
    const body = await eventually(open, { within: 20_000, what: 'A watch' });
    const watcher = new Watcher(agent);
    void watcher.#read(body).catch(() => {});
    return watcher;
  }

  /** All versions of a policy so far. */
  versions(name: string): readonly Version[] {
    return this.#versions.get(name) ?? [];
  }

  /** The first version of a policy that `test` accepts, past ones included. Rejects after 60 s. */
  async first(name: string, test: (object: Manifest) => boolean): Promise<Version> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const found = this.versions(name).find(({ object }) => test(object));
      if (found !== undefined) return found;
      if (performance.now() > deadline) {
        const last = JSON.stringify(this.versions(name).at(-1)?.object.status);
        throw new Error(`Policy "${name}" did not get there within 60 s: ${last}`);
      }
      await this.#next(deadline);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #next(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.max(0, deadline - performance.now()) + 1);
      const waiting = this.#waiting;
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
    });
  }

  async #read(body: AsyncIterable<Buffer>): Promise<void> {
    let rest = '';
    for await (const chunk of body) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(JSON.parse(line).object);
      for (const wake of [...this.#waiting]) wake();
    }
  }

  #take(object: Manifest): void {
    const { name } = object.metadata;
    const known = this.#versions.get(name);
    const version = { at: performance.now(), object };
    if (known === undefined) this.#versions.set(name, [version]);
    else known.push(version);
  }
}

/** Whether the policy is Ready for its present generation. */
export function isReady(object: Manifest): boolean {
  const conditions: readonly Manifest[] = object.status?.conditions ?? [];
  return conditions.some(
    ({ type, status, observedGeneration }) =>
      type === 'Ready' && status === 'True' && observedGeneration === object.metadata.generation,
  );
}
