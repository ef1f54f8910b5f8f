import { setImmediate } from 'node:timers/promises';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { Failure } from './answer.ts';
import type { KubeObject } from './kubeobject.ts';
import { createLineSplitter } from './lines.ts';
import type { Transport } from './transport.ts';
import { readWatchEvent, type WatchEvent } from './watchevent.ts';

/** How a watch ended. */
export type WatchEnd =
  /** The server closed it between two lines, as it does every few minutes. */
  | { readonly kind: 'closed' }
  /** The server refused it or broke it off; `inside` when the answer itself was 200. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly inside: boolean }
  /** A line was cut short or was no event. */
  | { readonly kind: 'garbled' }
  /** Nothing came for too long: the connection may be half open. */
  | { readonly kind: 'silent' }
  /** We gave it up. */
  | { readonly kind: 'stopped' };

/** What to watch, and until when. */
export interface WatchRequest {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Longest silence, asked again after each chunk. */
  silence(): Millis;
  /** Called when bytes have come. */
  onContact(): void;
}

/** Most events that are handled before the event loop gets its turn. */
const BATCH = 500;
/** Longest line: an object of 1.5 MiB (etcd's limit), with every character escaped. */
const LINE_LIMIT = 16 * 1024 * 1024;

/** Runs one watch to its end and hands over its events one by one, in order. Never throws, unless `onEvent` does. */
export async function watchOnce<T extends KubeObject>(
  request: WatchRequest,
  onEvent: (event: WatchEvent<T>) => Promise<void> | undefined,
): Promise<WatchEnd> {
  const { transport, path, query, signal } = request;
  const opened = await transport.watch({ path, query, signal });
  if (signal.aborted) {
    if (opened.kind === 'ok') opened.close();
    return { kind: 'stopped' };
  }
  if (opened.kind !== 'ok') return { kind: 'failed', failure: opened, inside: false };
  request.onContact();
  const guard = guardSilence(request, () => opened.close());
  try {
    return await readEvents(opened.body, { request, guard, onEvent });
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' };
    if (guard.fired()) return { kind: 'silent' };
    if (error instanceof HandlerError) throw error.cause;
    return { kind: 'failed', failure: broken(error), inside: true };
  } finally {
    guard.stop();
    opened.close();
  }
}

/** Keeps an error of `onEvent` apart from those of the connection. */
class HandlerError extends Error {}

interface Reading<T extends KubeObject> {
  readonly request: WatchRequest;
  readonly guard: Guard;
  readonly onEvent: (event: WatchEvent<T>) => Promise<void> | undefined;
}

async function readEvents<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
  { request, guard, onEvent }: Reading<T>,
): Promise<WatchEnd> {
  const splitter = createLineSplitter();
  let handled = 0;
  for await (const chunk of body) {
    guard.touch();
    request.onContact();
    for (const line of splitter.push(chunk)) {
      if (request.signal.aborted) return { kind: 'stopped' };
      if (line.length === 0) continue;
      const event = readWatchEvent<T>(line);
      if (event.kind === 'error') return { kind: 'failed', failure: event.failure, inside: true };
      if (event.kind === 'garbled') return { kind: 'garbled' };
      await handOver(onEvent, event);
      handled += 1;
      if (handled % BATCH === 0) await setImmediate();
    }
    if (splitter.pending() > LINE_LIMIT) return { kind: 'garbled' };
  }
  if (request.signal.aborted) return { kind: 'stopped' };
  if (guard.fired()) return { kind: 'silent' };
  return splitter.pending() === 0 ? { kind: 'closed' } : { kind: 'garbled' };
}

async function handOver<T extends KubeObject>(
  onEvent: Reading<T>['onEvent'],
  event: WatchEvent<T>,
): Promise<void> {
  try {
    await onEvent(event);
  } catch (error) {
    throw new HandlerError('Handler of watch events failed', { cause: error });
  }
}

interface Guard {
  touch(): void;
  fired(): boolean;
  stop(): void;
}

/** One timer for the whole watch: a chunk only notes the time, and the timer looks whether it was long ago. */
function guardSilence(request: WatchRequest, onSilence: () => void): Guard {
  const { clock } = request;
  let touchedAt = clock.monotonic();
  let fired = false;
  let cancel: () => void;
  const look = (): void => {
    const left = touchedAt + request.silence() - clock.monotonic();
    if (left > 0) {
      cancel = clock.after(left, look);
      return;
    }
    fired = true;
    onSilence();
  };
  cancel = clock.after(request.silence(), look);
  return {
    touch: () => {
      touchedAt = clock.monotonic();
    },
    fired: () => fired,
    stop: () => cancel(),
  };
}

function broken(error: unknown): Failure {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'Unknown';
  const message = error instanceof Error ? error.message : 'unknown error';
  return { kind: 'network', code, message: `Watch was cut: ${message}` };
}
