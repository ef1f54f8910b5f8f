import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage } from 'node:http';

/** A request as it arrived on the stand-in's socket, with everything secret masked before it is kept. */
export interface TappedRequest {
  readonly method: string;
  readonly path: string;
  /** Decoded, in the order of the wire. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Lower-case names; `authorization` masked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly action: string;
}

/** What listens in. */
export interface Wiretap {
  /** The newest request of an action after the `since`-th of all. */
  find(action: string, since: number): TappedRequest | undefined;
  /** How many there were so far. */
  count(): number;
  stop(): void;
}

/** Node's own announcement of a request whose headers have arrived at an HTTP server of this process. */
const CHANNEL = 'http.server.request.start';

/** Keeps every signed request that arrives at the server with this URL; the server itself knows nothing of it. */
export function tap(url: string): Wiretap {
  const { host } = new URL(url);
  const requests: TappedRequest[] = [];
  const take = (message: unknown): void => {
    const request = requestIn(message);
    if (request?.headers.host === host) requests.push(tapped(request));
  };
  subscribe(CHANNEL, take);
  return {
    find: (action, since) => requests.slice(since).findLast((request) => request.action === action),
    count: () => requests.length,
    stop: () => void unsubscribe(CHANNEL, take),
  };
}

/** An Authorization header with the key's id and the signature masked; both are worthless without the rest, and still not shown. */
export function maskAuthorization(header: string): string {
  return header.replace(/\b(Credential|Signature)=[^,]*/g, '$1=<masked>');
}

function requestIn(message: unknown): IncomingMessage | undefined {
  if (typeof message !== 'object' || message === null || !('request' in message)) return undefined;
  return message.request instanceof IncomingMessage ? message.request : undefined;
}

function tapped(request: IncomingMessage): TappedRequest {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const headers = Object.entries(request.headers).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [];
    if (name === 'authorization') return [[name, maskAuthorization(value)] as const];
    return [[name, name === 'x-acs-security-token' ? '<masked>' : value] as const];
  });
  return {
    method: request.method ?? '',
    path,
    parameters: [...new URLSearchParams(query)],
    headers: Object.fromEntries(headers),
    action: request.headers['x-acs-action']?.toString() ?? '',
  };
}
