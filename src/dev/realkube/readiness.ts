import { request } from 'node:https';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { Access } from './kubeconfig.ts';

/** Time between two looks. */
const EVERY: Millis = 50;
/** Longest wait for one answer: a server that starts may take connections and leave them unanswered. */
const ANSWER_WITHIN: Millis = 5_000;

/** Ready is `/readyz`, and the two namespaces of the server's own making that come first and last. */
const PATHS = ['/readyz', '/api/v1/namespaces/kube-system', '/api/v1/namespaces/default'];

/** What is waited for, and how long. */
export interface Waiting {
  readonly clock: Clock;
  readonly within: Millis;
  /** How to reach it; rejects as long as that is not known. */
  readonly access: () => Promise<Access>;
  /** Why it is of no use to wait any longer, or undefined. */
  readonly hopeless: () => string | undefined;
}

/**
 * Waits until an API server answers as one that is ready.
 * @throws {Error} with what it last said, when the time is over or it became hopeless.
 */
export async function whenReady({ clock, within, access, hopeless }: Waiting): Promise<void> {
  const deadline = clock.monotonic() + within;
  for (let last = 'it was not asked'; ; ) {
    const reason = hopeless();
    if (reason !== undefined) throw new Error(reason);
    try {
      const how = await access();
      for (const path of PATHS) await expectOk(how, path);
      return;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (clock.monotonic() >= deadline) throw new Error(`Not ready within ${within} ms: ${last}`);
    await new Promise<void>((resolve) => clock.after(EVERY, resolve));
  }
}

function expectOk({ server, authority, token }: Access, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(`${server}${path}`, {
      agent: false,
      ...(authority === undefined ? {} : { ca: authority }),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      timeout: ANSWER_WITHIN,
    });
    asked.once('timeout', () => asked.destroy(new Error(`${path} was not answered in ${ANSWER_WITHIN} ms`)));
    asked.once('error', reject);
    asked.once('response', (response) => {
      response.resume();
      response.once('error', reject);
      response.once('close', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path} was answered ${response.statusCode}`));
      });
    });
    asked.end();
  });
}
