import type { Fields, Log } from '../../../src/ports/log.ts';

/** One line that was logged. */
export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Fields;
}

/** A log that remembers. */
export interface RecordingLog extends Log {
  readonly lines: readonly Line[];
}

export function createRecordingLog(lines: Line[] = [], common: Fields = {}): RecordingLog {
  const at =
    (level: Line['level']) =>
    (message: string, fields: Fields = {}) => {
      lines.push({ level, message, fields: { ...common, ...fields } });
    };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createRecordingLog(lines, { ...common, ...fields }),
  };
}
