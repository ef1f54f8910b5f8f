import type { Log } from '../../ports/log.ts';
import { describeFailure } from './answer.ts';
import type { WatchEnd } from './watchstream.ts';

/** Says once what is wrong with a watch, and once that it is well again. */
export interface Complaints {
  note(end: WatchEnd): void;
  recovered(): void;
}

/** A trouble is logged when it is new; the same one again is a debug line. */
export function createComplaints(log: Log, path: string): Complaints {
  let current = '';
  return {
    note(end) {
      const trouble = troubleOf(end);
      if (trouble === undefined) return;
      const line = { path, cause: trouble.cause };
      if (trouble.key === current) log.debug(trouble.message, line);
      else log.warn(trouble.message, line);
      current = trouble.key;
    },
    recovered() {
      if (current === '') return;
      current = '';
      log.info('Watch is well again', { path });
    },
  };
}

interface Trouble {
  readonly key: string;
  readonly message: string;
  readonly cause: string;
}

function troubleOf(end: WatchEnd): Trouble | undefined {
  switch (end.kind) {
    case 'closed':
    case 'stopped':
      return undefined;
    case 'garbled':
      return { key: end.kind, message: 'Watch was cut inside a line', cause: 'A line is no event' };
    case 'silent':
      return { key: end.kind, message: 'Watch was silent for too long', cause: 'No event and no bookmark' };
    case 'failed': {
      const cause = describeFailure(end.failure);
      const missing = end.failure.kind === 'status' && end.failure.code === 404;
      const message = missing
        ? 'Resource is not served, waiting for its CustomResourceDefinition'
        : 'Watch failed, it goes on after a pause';
      return { key: String(end.failure.code), message, cause };
    }
  }
}
