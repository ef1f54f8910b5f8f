import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../adapters/clock.ts';
import { describeFailure, field, text } from '../../adapters/kube/answer.ts';
import type { ClusterConfig } from '../../adapters/kube/clusterconfig.ts';
import type { Transport } from '../../adapters/kube/transport.ts';
import { startKube, TOKEN } from '../../dev/kube/server.ts';
import type { Found } from '../../dev/realkube/binaries.ts';
import { WITHOUT_CONTROLLERS } from '../../dev/realkube/flags.ts';
import { kubeconfigOf } from '../../dev/realkube/kubeconfig.ts';
import { RealKube } from '../../dev/realkube/server.ts';
import type { Millis } from '../../ports/clock.ts';
import { definitions } from './definitions.ts';

/** Which API server a stage stands on. */
export type Kind =
  | { readonly kind: 'stand-in' }
  | {
      readonly kind: 'real';
      readonly binaries: Found;
      readonly env: Readonly<Record<string, string | undefined>>;
      /** Ends the start. */
      readonly signal: AbortSignal;
    };

/** An API server of a stage's own, on loopback. */
export interface ApiServer {
  readonly url: string;
  /** As its admin; the operator of a stage is no other. */
  readonly cluster: ClusterConfig;
  /** The YAML of a kubeconfig of its admin. */
  readonly kubeconfig: string;
  /** Resolves with the reason when it is gone by itself. */
  readonly fatal: Promise<string>;
  /** Makes our kinds known, where they are not; `admin` is a transport to `cluster`. Rejects with what was refused. */
  install(admin: Transport): Promise<void>;
  close(): Promise<void>;
}

/** Time for a definition to be served, and between two looks at it. */
const ESTABLISHED_WITHIN: Millis = 30_000;
const LOOK_EVERY: Millis = 50;
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Starts it. Rejects, with nothing left behind, when it does not start. */
export function openApiServer(kind: Kind): Promise<ApiServer> {
  switch (kind.kind) {
    case 'stand-in':
      return openStandIn();
    case 'real':
      return openReal(kind);
  }
}

async function openStandIn(): Promise<ApiServer> {
  const kube = await startKube({ crds: await definitions() });
  return {
    url: kube.url,
    cluster: { server: kube.url, certificates: {}, namespace: 'default', token: async () => TOKEN },
    kubeconfig: kube.kubeconfig(),
    fatal: new Promise(() => {}),
    install: async () => {},
    close: () => kube.close(),
  };
}

async function openReal({ binaries, env, signal }: Extract<Kind, { kind: 'real' }>): Promise<ApiServer> {
  const kube = await RealKube.start({
    binaries,
    clock: systemClock,
    random: Math.random,
    env: { PATH: env.PATH, HOME: env.HOME },
    flags: () => [WITHOUT_CONTROLLERS],
    signal,
  });
  const access = await kube.access();
  return {
    url: kube.url,
    cluster: {
      server: kube.url,
      certificates: access.authority === undefined ? {} : { ca: access.authority },
      namespace: 'default',
      token: async () => access.token,
    },
    kubeconfig: kubeconfigOf(access, 'albsp-dev'),
    fatal: kube.unexpected,
    install: (admin) => install(admin, signal),
    close: () => kube.stop(),
  };
}

async function install(admin: Transport, signal: AbortSignal): Promise<void> {
  const crds = await definitions();
  for (const body of crds) {
    const answer = await admin.call({ verb: 'create', path: DEFINITIONS, body, signal });
    if (answer.kind !== 'ok')
      throw new Error(`Definition "${nameOf(body)}" is not taken: ${describeFailure(answer)}`);
  }
  for (const crd of crds) await established(admin, nameOf(crd), signal);
}

async function established(admin: Transport, name: string, signal: AbortSignal): Promise<void> {
  const deadline = systemClock.monotonic() + ESTABLISHED_WITHIN;
  for (;;) {
    const answer = await admin.call({ verb: 'get', path: `${DEFINITIONS}/${name}`, signal });
    const conditions = answer.kind === 'ok' ? field(field(answer.body, 'status'), 'conditions') : [];
    const isTrue = (one: unknown) => text(one, 'type') === 'Established' && text(one, 'status') === 'True';
    if (Array.isArray(conditions) && conditions.some(isTrue)) return;
    if (systemClock.monotonic() >= deadline)
      throw new Error(`Definition "${name}" is not established within ${ESTABLISHED_WITHIN} ms`);
    await sleep(LOOK_EVERY, undefined, { signal });
  }
}

function nameOf(object: unknown): string {
  return text(field(object, 'metadata'), 'name');
}
