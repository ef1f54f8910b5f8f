/** Data of a log line. Values that are secret must never be put in. */
export type Fields = Readonly<Record<string, unknown>>;

/** A structured log: the message is constant text, everything variable is a field. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log that adds `fields` to every line. */
  with(fields: Fields): Log;
}
