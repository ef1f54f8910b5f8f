import type { ApiServer } from './apiserver.ts';
import type { Figure } from './figure.ts';
import type { Score } from './score.ts';

/** How long a run may take: `quick` with small numbers, `full` with a floor of 10,000 policies. */
export type Length = 'quick' | 'usual' | 'full';

/** What all rows of a run share. */
export interface Run {
  readonly server: ApiServer;
  readonly length: Length;
  /** What the operator writes for one policy; recorded once. */
  score(): Promise<Score>;
  /** Tells a person that waits what is going on; not part of the table. */
  tell(text: string): void;
}

/** One row of the table, or a few that are measured together. */
export interface Row {
  readonly name: string;
  measure(run: Run): Promise<readonly Figure[]>;
}
