import { setTimeout as pause } from 'node:timers/promises';
import { Agent } from 'undici';
import type { SecurityPolicy } from '../../src/api/securitypolicy.ts';
import { type Manifest, USER_AGENT } from './admin.ts';
import { argocdHealth, kstatus } from './clients.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { isDone } from './lives.ts';

const PLURALS = ['securitypolicies', 'providerconfigs'] as const;
/** Between two tries to watch a server that is away, in milliseconds. */
const BETWEEN_MS = 200;

/** Every version of every object of ours in one namespace, as a client of the API server sees them go by. */
export class Sightings {
  readonly #agent: Agent;
  readonly #open: (plural: string) => string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #origin: string;
  readonly #seen = new Map<string, SecurityPolicy>();
  readonly #loops: readonly Promise<void>[];
  #closed = false;

  private constructor(access: Awaited<ReturnType<typeof readKubeconfig>>, namespace: string) {
    this.#agent = new Agent({
      allowH2: false,
      bodyTimeout: 0,
      connect: access.authority === undefined ? {} : { ca: access.authority },
    });
    this.#origin = access.server;
    this.#headers = {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      ...(access.token && { authorization: `Bearer ${access.token}` }),
    };
    this.#open = (plural) => `/apis/alb.alicloud.dev/v1alpha1/namespaces/${namespace}/${plural}?watch=true`;
    this.#loops = PLURALS.map((plural) => this.#watch(plural));
  }

  /** Watches from now on. @throws when the kubeconfig is not one of the tests' own. */
  static async of(kubeconfig: string, namespace: string): Promise<Sightings> {
    return new Sightings(await readKubeconfig(kubeconfig), namespace);
  }

  /** What was seen so far, each version once, in the order of their coming. */
  list(): readonly SecurityPolicy[] {
    return [...this.#seen.values()];
  }

  /** Stops watching. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent.destroy();
    await Promise.all(this.#loops);
  }

  /**
   * Whether no client of GitOps took a version for done that was not.
   * @throws with the versions that one of them was wrong about.
   */
  async judge(): Promise<void> {
    const objects = this.list();
    const [flux, argocd] = await Promise.all([kstatus(objects), argocdHealth(objects)]);
    const wrong = objects.flatMap((object, index) => {
      const early = (flux[index] === 'Current' || argocd[index] === 'Healthy') && !isDone(object);
      const unknown = argocd[index]?.startsWith('Unknown') || flux[index] === 'Unknown';
      if (!early && !unknown) return [];
      return [
        `kstatus says ${flux[index]} and Argo CD ${argocd[index]} of ${JSON.stringify({ ...object, spec: undefined })}`,
      ];
    });
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  async #watch(plural: string): Promise<void> {
    while (!this.#closed) {
      await this.#follow(plural).catch(() => undefined);
      // The server may be away on purpose; the judge of that is the test.
      if (!this.#closed) await pause(BETWEEN_MS);
    }
  }

  async #follow(plural: string): Promise<void> {
    const { body } = await this.#agent.request({
      origin: this.#origin,
      path: this.#open(plural),
      method: 'GET',
      headers: this.#headers,
    });
    let rest = '';
    for await (const chunk of body.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#note(JSON.parse(line));
    }
  }

  #note({ type, object }: { readonly type: string; readonly object: Manifest & SecurityPolicy }): void {
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return;
    const { uid, resourceVersion } = object.metadata;
    const { managedFields: _, ...metadata } = object.metadata as SecurityPolicy['metadata'] & {
      managedFields?: unknown;
    };
    this.#seen.set(`${uid}/${resourceVersion}`, { ...object, metadata });
  }
}
