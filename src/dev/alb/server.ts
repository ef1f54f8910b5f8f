import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Console } from './console.ts';
import { Desk } from './desk.ts';
import { Faults } from './faults.ts';
import { type AccessKey, DEFAULT_ACCOUNT } from './keyring.ts';
import type { Ledger } from './ledger.ts';
import { AlbModel } from './model.ts';
import type { AlbOptions } from './options.ts';

/** How to start the stand-in. */
export interface AlbSetup {
  /** Default: 127.0.0.1 and a free port. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Keys that may sign; one without an account belongs to the default account. */
  readonly accessKeys: readonly (Omit<AccessKey, 'account'> & { readonly account?: string })[];
  readonly options?: Partial<AlbOptions>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log?: Log;
}

/** A stand-in that listens. */
export interface RunningAlb {
  /** Scheme, host and port, without a slash at the end. */
  readonly url: string;
  readonly model: AlbModel;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly console: Console;
  /** Drops every connection, held ones too, and stops listening. */
  close(): Promise<void>;
}

/** Starts the stand-in ALB, STS and metadata service on one port. Rejects when the address is taken. */
export async function startAlb(setup: AlbSetup): Promise<RunningAlb> {
  const model = new AlbModel(setup.options ?? {}, setup.clock, setup.random);
  for (const key of setup.accessKeys) model.keys.add({ account: DEFAULT_ACCOUNT, ...key });
  const faults = new Faults();
  const desk = new Desk(model, faults, setup.clock, setup.log);
  const server = createServer((request, response) => {
    desk.serve(request, response).catch((error: unknown) => {
      setup.log?.error('Stand-in ALB failed to serve a request', { error: String(error) });
      response.destroy();
    });
  });
  const { host, port } = setup.listen ?? { host: '127.0.0.1', port: 0 };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  const close = () => stop(server, faults);
  return { url, model, ledger: model.ledger, faults, console: model.console, close };
}

async function stop(server: Server, faults: Faults): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  faults.release(undefined, 'drop');
  server.closeAllConnections();
  await stopped;
}
