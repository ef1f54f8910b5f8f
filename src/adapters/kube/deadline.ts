import type { Clock, Millis } from '../../ports/clock.ts';
import type { NetworkFailure } from './answer.ts';

/** The end of one request: by time, by its caller or by the transport's own end, whichever comes first. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Why the signal was aborted, if it was. */
  failure(): NetworkFailure | undefined;
  /** Takes the time limit away and leaves the signal. */
  extend(): void;
  /** Whether `extend` was called: the request outlives the call that made it. */
  extended(): boolean;
  abort(failure: NetworkFailure): void;
  /** Lets go of timer and listener; the signal stays as it is. */
  end(): void;
}

const ABORTED: NetworkFailure = { kind: 'network', code: 'Aborted', message: 'Request was given up' };

/** Starts to count `timeout`; `outer` ends the request earlier. */
export function startDeadline(clock: Clock, timeout: Millis, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let reason: NetworkFailure | undefined;
  let extended = false;
  const abort = (failure: NetworkFailure): void => {
    reason ??= failure;
    controller.abort();
  };
  const onOuter = (): void => abort(ABORTED);
  const cancel = clock.after(timeout, () =>
    abort({
      kind: 'network',
      code: 'Timeout',
      message: `API server did not answer within ${timeout / 1000} s`,
    }),
  );
  if (outer?.aborted === true) onOuter();
  outer?.addEventListener('abort', onOuter, { once: true });
  return {
    signal: controller.signal,
    failure: () => reason,
    extend: () => {
      extended = true;
      cancel();
    },
    extended: () => extended,
    abort,
    end: () => {
      cancel();
      outer?.removeEventListener('abort', onOuter);
    },
  };
}
