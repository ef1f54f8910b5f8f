import type { Log } from '../ports/log.ts';

/** A log that keeps nothing: what matters is told from the outside, by what can be seen there. */
export const quiet: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => quiet,
};
