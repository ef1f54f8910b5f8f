import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../adapters/clock.ts';
import type { ClusterConfig } from '../../adapters/kube/clusterconfig.ts';
import { createTransport, type Transport } from '../../adapters/kube/transport.ts';
import { parseRun } from '../../config/commandline.ts';
import { DEFAULT_ACCOUNT } from '../../dev/alb/keyring.ts';
import { type RunningAlb, startAlb } from '../../dev/alb/server.ts';
import { createOperatorMetrics, startOperator } from '../../operator.ts';
import type { Log } from '../../ports/log.ts';
import { VERSION } from '../../version.ts';
import { type ApiServer, type Kind, openApiServer } from './apiserver.ts';

/** Where the operator of a stage works: the stand-in's default account, and any region that exists. */
export const PLACE = { account: DEFAULT_ACCOUNT, region: 'cn-hangzhou' } as const;

/** How often the operator of a stage compares cloud and specs; a person is watching, so it is short. */
export const RESYNC = '1s';

/** The API server, the stand-in of the ALB API, and the operator between them; all but a real API server in this process. */
export interface Stage {
  readonly kube: Pick<ApiServer, 'url' | 'kubeconfig'>;
  readonly alb: RunningAlb;
  /** As a person with kubectl, not as the operator. */
  readonly person: Transport;
  /** Resolves with the reason when the operator cannot go on, or the API server has not. */
  readonly fatal: Promise<string>;
  /** The key that the operator signs with. Made up for this run; still not to be printed. */
  readonly keyId: string;
  /** Stops the operator, then the servers. Never rejects; safe to call twice. */
  close(): Promise<void>;
}

/** Starts everything on loopback ports of the system's choice. Rejects, with nothing left open, when something cannot start. */
export async function openStage(log: Log, kind: Kind = { kind: 'stand-in' }): Promise<Stage> {
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (let end = opened.pop(); end !== undefined; end = opened.pop()) await end().catch(() => {});
  };
  try {
    const kube = await openApiServer(kind);
    opened.push(() => kube.close());
    const keys = { id: `dev${randomBytes(8).toString('hex')}`, secret: randomBytes(16).toString('hex') };
    const alb = await startAlb({ accessKeys: [keys], clock: systemClock, random: Math.random });
    opened.push(() => alb.close());
    const { cluster } = kube;
    const person = createTransport(cluster, { clock: systemClock, log, userAgent: `albsp-dev/${VERSION}` });
    opened.push(() => person.close());
    await kube.install(person);
    const fatal = Promise.withResolvers<string>();
    void kube.fatal.then((reason) => fatal.resolve(`The API server is gone: ${reason}`));
    const operator = await runOperator({
      cluster,
      alb,
      keys,
      log,
      onFatal: (reason) => fatal.resolve(`The operator ended: ${reason}`),
    });
    opened.push(() => operator.stop());
    return { kube, alb, person, fatal: fatal.promise, keyId: keys.id, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function runOperator(parts: {
  readonly cluster: ClusterConfig;
  readonly alb: RunningAlb;
  readonly keys: { readonly id: string; readonly secret: string };
  readonly log: Log;
  readonly onFatal: (reason: string) => void;
}) {
  const { cluster, alb, keys, log, onFatal } = parts;
  const flags = {
    'alb-endpoint': alb.url,
    region: PLACE.region,
    resync: RESYNC,
    'visibility-window': '1s',
    'leader-elect': 'false',
    listen: '127.0.0.1:0',
  };
  const environment = { ALIBABA_CLOUD_ACCESS_KEY_ID: keys.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: keys.secret };
  const parsed = parseRun(
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    environment,
    false,
  );
  if (parsed.kind !== 'config') throw new Error(parsed.kind === 'error' ? parsed.message : 'Asked for help');
  const metrics = createOperatorMetrics();
  const readText = (path: string) => readFile(path, 'utf8');
  const surroundings = { cluster, environment, log, readFile: readText, instance: 'dev', metrics, onFatal };
  const start = await startOperator(parsed.config, surroundings);
  if (start.kind === 'failed') throw new Error(start.message);
  return start.operator;
}
