import { type Failure, isExpired, isTooLarge } from './answer.ts';
import type { WatchEnd } from './watchstream.ts';

/**
 * How the reflector gets its next view.
 * - `stream`: a watch that begins with everything there is (WatchList).
 * - `list`: a list in pages, then a watch.
 * - `resume`: a watch from the last version that was seen.
 */
export type Mode = 'stream' | 'list' | 'resume';

/** What is known when a pass has ended. */
export interface Progress {
  /** How the pass began. */
  readonly mode: Mode;
  /** Whether it reached, or began with, a complete view; from then on a stream is a watch like any other. */
  readonly complete: boolean;
  /** Whether it was over so soon that doing it again at once would be a tight loop. */
  readonly brief: boolean;
  /** Passes in a row before this one that failed for a reason of the server's own, without an event between. */
  readonly faults: number;
}

/** What to do next. */
export interface Next {
  readonly mode: Mode;
  /** Whether to wait first, as the back-off says and the server asks. */
  readonly pause: boolean;
  /** True: the server cannot do WatchList at all; do not ask it again. */
  readonly refusedStream: boolean;
}

/** Faults in a row after which the version that we resume from is no longer trusted. */
const DISTRUST_AFTER = 3;
/** Streams in a row that broke off before their view was complete, after which a list is tried. */
const STREAMS_CUT = 2;

/** Decides how to go on after a pass; pure. Every end has a next step: a reflector never gives up. */
export function nextStep(end: WatchEnd, progress: Progress): Next {
  const again: Mode = progress.complete ? 'resume' : afterCut(progress);
  switch (end.kind) {
    case 'closed':
      return { mode: again, pause: !progress.complete || progress.brief, refusedStream: false };
    case 'silent':
    case 'stopped':
      return { mode: again, pause: end.kind === 'silent', refusedStream: false };
    case 'garbled':
      return { mode: distrust(again, progress), pause: true, refusedStream: false };
    case 'failed':
      return afterFailure(end.failure, again, progress);
  }
}

function afterFailure(failure: Failure, again: Mode, progress: Progress): Next {
  const pause = { mode: again, pause: true, refusedStream: false };
  if (isExpired(failure) || isTooLarge(failure)) return { ...pause, mode: 'stream' };
  if (failure.kind === 'network') return pause;
  const opening = progress.mode === 'stream' && !progress.complete;
  switch (failure.code) {
    case 401:
    case 429:
      return pause;
    case 403:
      // Rights to list without rights to watch, or a gate that answers this way: a list tells which.
      return opening ? { mode: 'list', pause: false, refusedStream: false } : pause;
    case 404:
      return { ...pause, mode: progress.mode === 'list' ? 'list' : 'stream' };
  }
  if (failure.code >= 500) return { ...pause, mode: distrust(again, progress) };
  // 400 and 422: the server does not know WatchList, or does not like our version.
  return opening ? { mode: 'list', pause: false, refusedStream: true } : { ...pause, mode: 'stream' };
}

function afterCut(progress: Progress): Mode {
  if (progress.mode === 'stream' && progress.faults + 1 >= STREAMS_CUT) return 'list';
  return progress.mode;
}

function distrust(mode: Mode, progress: Progress): Mode {
  return mode === 'resume' && progress.faults + 1 >= DISTRUST_AFTER ? 'stream' : mode;
}
