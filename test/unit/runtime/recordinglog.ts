import type { Fields, Log } from '../../../src/ports/log.ts';

/** A log that remembers its lines as `level message`, with the fields of each beside it. */
export class RecordingLog implements Log {
  readonly lines: { readonly text: string; readonly fields: Fields }[] = [];

  debug(message: string, fields?: Fields): void {
    this.#keep('debug', message, fields);
  }
  info(message: string, fields?: Fields): void {
    this.#keep('info', message, fields);
  }
  warn(message: string, fields?: Fields): void {
    this.#keep('warn', message, fields);
  }
  error(message: string, fields?: Fields): void {
    this.#keep('error', message, fields);
  }
  with(): Log {
    return this;
  }

  /** The lines that contain `part`. */
  matching(part: string): readonly { readonly text: string; readonly fields: Fields }[] {
    return this.lines.filter((line) => line.text.includes(part));
  }

  #keep(level: string, message: string, fields: Fields = {}): void {
    this.lines.push({ text: `${level} ${message}`, fields });
  }
}
