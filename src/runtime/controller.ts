import { setImmediate } from 'node:timers/promises';
import type { Action } from '../ports/action.ts';
import type { Clock, Millis } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { WorkQueue } from './queue.ts';

/** How one pass went. `error`: it threw or rejected. */
export interface PassObservation {
  readonly key: string;
  readonly result: Action['kind'] | 'error';
  readonly duration: Millis;
  /** True when the pass went on past its deadline. */
  readonly overran: boolean;
}

export interface ControllerOptions {
  readonly queue: WorkQueue;
  /** Passes at a time. Default 16. */
  readonly workers?: number;
  /** One pass. `signal` aborts when the pass overruns its deadline, and at shutdown after the grace period. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Action>;
  readonly clock: Clock;
  readonly log: Log;
  /** A pass that runs longer is reported and aborted; the key stays with its worker until it settles. Default 120 s. */
  readonly deadline?: Millis;
  /** How long `stop` lets running passes finish before it aborts them. Default 15 s: half of a pod's default grace. */
  readonly grace?: Millis;
  /** How long `stop` waits for aborted passes to settle before it gives up on them. Default 5 s. */
  readonly abandonAfter?: Millis;
  /** How long passes may follow each other before the event loop gets its turn. Default 10 ms, far below what a lease bears. */
  readonly longestTurn?: Millis;
  /** Called after each pass; what it throws is logged. */
  readonly onPass?: (observation: PassObservation) => void;
}

/** A running controller. */
export interface Controller {
  /**
   * Shuts the queue down, lets running passes finish, and aborts them after the grace period.
   * `abandoned`: some did not settle even then, so a cloud call may still be under way and the lease must not be
   * given away. Never rejects; a second call gets the first one's answer.
   */
  stop(): Promise<'drained' | 'abandoned'>;
}

/** Starts the workers. A pass that throws is logged and its key backs off; no other key notices. */
export function startController(options: ControllerOptions): Controller {
  const running = new Map<string, AbortController>();
  const turn = new Turn(options.clock, options.longestTurn ?? 10);
  const workers = Array.from({ length: options.workers ?? 16 }, () => work(options, running, turn));
  const drained = Promise.all(workers).then(() => 'drained' as const);
  let stopping: Promise<'drained' | 'abandoned'> | undefined;
  return {
    stop: () => {
      stopping ??= drain(options, running, drained);
      return stopping;
    },
  };
}

async function work(
  options: ControllerOptions,
  running: Map<string, AbortController>,
  turn: Turn,
): Promise<void> {
  for (;;) {
    const key = await options.queue.take();
    if (key === undefined) return;
    const abort = new AbortController();
    running.set(key, abort);
    const observation = await pass(options, key, abort);
    running.delete(key);
    options.queue.done(key);
    report(options, observation);
    await turn.pause();
  }
}

/**
 * Passes that are served from memory follow each other without the event loop in between, and ten thousand of them
 * would stop everything else, the lease included. The workers share one turn.
 */
class Turn {
  readonly #clock: Clock;
  readonly #longest: Millis;
  #since: Millis;
  #next: Promise<void> | undefined;

  constructor(clock: Clock, longest: Millis) {
    this.#clock = clock;
    this.#longest = longest;
    this.#since = clock.monotonic();
  }

  /** Waits for the next turn of the event loop when this one has been long enough. */
  async pause(): Promise<void> {
    if (this.#clock.monotonic() - this.#since < this.#longest) return;
    this.#next ??= setImmediate().then(() => {
      this.#since = this.#clock.monotonic();
      this.#next = undefined;
    });
    await this.#next;
  }
}

async function pass(
  options: ControllerOptions,
  key: string,
  abort: AbortController,
): Promise<PassObservation> {
  const { clock, log, queue, deadline = 120_000 } = options;
  const startedAt = clock.monotonic();
  let overran = false;
  const cancel = clock.after(deadline, () => {
    overran = true;
    log.error('A pass overran its deadline and was aborted', { key, deadlineSeconds: deadline / 1000 });
    abort.abort(new Error(`The pass of "${key}" ran longer than ${deadline / 1000} s`));
  });
  let result: PassObservation['result'];
  try {
    const action = await options.reconcile(key, abort.signal);
    result = action.kind;
    perform(queue, key, action);
  } catch (error) {
    result = 'error';
    queue.retry(key);
    log.error('A pass failed unexpectedly', { key, failures: queue.failures(key), error });
  } finally {
    cancel();
  }
  return { key, result, duration: clock.monotonic() - startedAt, overran };
}

function perform(queue: WorkQueue, key: string, action: Action): void {
  switch (action.kind) {
    case 'settled':
      queue.forget(key);
      return;
    case 'again':
      queue.forget(key);
      queue.addAfter(key, action.delay);
      return;
    case 'retry':
      queue.retry(key, action.delay);
      return;
  }
}

function report({ onPass, log }: ControllerOptions, observation: PassObservation): void {
  try {
    onPass?.(observation);
  } catch (error) {
    log.error('The observer of passes failed', { key: observation.key, error });
  }
}

async function drain(
  options: ControllerOptions,
  running: Map<string, AbortController>,
  drained: Promise<'drained'>,
): Promise<'drained' | 'abandoned'> {
  const { clock, log, queue, grace = 15_000, abandonAfter = 5_000 } = options;
  queue.shutDown();
  if ((await within(clock, grace, drained)) === 'drained') return 'drained';
  log.warn('Passes did not finish within the grace period and are aborted', { keys: [...running.keys()] });
  for (const abort of running.values()) abort.abort(new Error('The operator is shutting down'));
  if ((await within(clock, abandonAfter, drained)) === 'drained') return 'drained';
  log.error('Passes did not settle after they were aborted', { keys: [...running.keys()] });
  return 'abandoned';
}

function within(clock: Clock, limit: Millis, drained: Promise<'drained'>): Promise<'drained' | 'late'> {
  return new Promise((resolve) => {
    const cancel = clock.after(limit, () => resolve('late'));
    void drained.then((outcome) => {
      cancel();
      resolve(outcome);
    });
  });
}
