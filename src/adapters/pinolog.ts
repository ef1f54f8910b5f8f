import { type DestinationStream, type Logger, pino } from 'pino';
import type { Fields, Log } from '../ports/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface PinoLogOptions {
  readonly level: LogLevel;
  /** `json`: one object a line, for machines. `pretty`: one line to be read, for people. */
  readonly format: 'json' | 'pretty';
  /** Only for `pretty`: true when `output` is a terminal that knows colours. */
  readonly colour?: boolean;
  /** Where whole lines go, for example standard output. Its errors are its own business. */
  readonly output: { write(line: string): unknown };
}

/**
 * A Log that writes in this thread, so that no line is lost when the process ends. Control characters and characters
 * that turn the direction of text are escaped: what comes from a cloud or a cluster must not drive a terminal or fake
 * a line. Never throws for what it is given.
 */
export function createPinoLog({ level, format, colour = false, output }: PinoLogOptions): Log {
  const write =
    format === 'json'
      ? (line: string) => output.write(visible(line, true))
      : (line: string) => output.write(prettyLine(line, colour));
  const destination: DestinationStream = { write };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {},
      depthLimit: 8,
      edgeLimit: 200,
    },
    destination,
  );
  return new PinoLog(logger);
}

class PinoLog implements Log {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  debug(message: string, fields?: Fields): void {
    this.#write('debug', message, fields);
  }
  info(message: string, fields?: Fields): void {
    this.#write('info', message, fields);
  }
  warn(message: string, fields?: Fields): void {
    this.#write('warn', message, fields);
  }
  error(message: string, fields?: Fields): void {
    this.#write('error', message, fields);
  }

  with(fields: Fields): Log {
    return new PinoLog(this.#logger.child(plain(fields)));
  }

  #write(level: LogLevel, message: string, fields: Fields = {}): void {
    if (!this.#logger.isLevelEnabled(level)) return;
    try {
      this.#logger[level](plain(fields), message);
    } catch {
      // A field whose getter or toJSON throws, or an output that is gone: a log must not be what ends a pass.
      attempt(() => this.#logger[level]({ fields: 'could not be written' }, message));
    }
  }
}

function attempt(write: () => void): void {
  try {
    write();
  } catch {
    // Nowhere is left to say so.
  }
}

/** Keys that pino writes itself: a second one of the same name would hide it. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'msg']);

function plain(fields: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    result[RESERVED.has(key) ? `${key}_` : key] = value instanceof Error ? plainError(value) : value;
  }
  return result;
}

/** Name, message, stack and causes: JSON would make `{}` of an error. Other properties may hold a request with its headers. */
function plainError(error: Error, depth = 0): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const inner = cause instanceof Error && depth < 3 ? { cause: plainError(cause, depth + 1) } : {};
  return { name, message, ...(stack === undefined ? {} : { stack }), ...inner };
}

/** C0 without newline, DEL, C1, line and paragraph separators, marks that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON has escaped C0 itself; the rest stands inside of its strings, where `\uXXXX` means the same. */
function visible(text: string, keepNewline: boolean): string {
  const safe = text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return keepNewline ? safe : safe.replaceAll('\n', '\\n');
}

const RESET = '\u001b[0m';
const DIM = '\u001b[2m';
/** Yellow and red for what wants attention, cyan for a label, grey for detail. */
const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[90m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};

function prettyLine(json: string, colour: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const label = String(level);
  const paint = (code: string, text: string): string => (colour ? `${code}${text}${RESET}` : text);
  const stacks: string[] = [];
  const parts = [
    paint(DIM, String(time).slice(11, 23)),
    paint(COLOURS[label] ?? '', label.toUpperCase().padEnd(5)),
    visible(String(msg), false),
  ];
  for (const [key, value] of Object.entries(fields)) {
    parts.push(`${paint(DIM, `${visible(key, false)}=`)}${prettyValue(value, stacks)}`);
  }
  const detail = stacks.map((stack) => paint(DIM, stack)).join('');
  return `${parts.join(' ')}\n${detail}`;
}

function prettyValue(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') {
    return /^[^\s"=]+$/.test(value) ? visible(value, false) : visible(JSON.stringify(value), false);
  }
  if (isError(value)) {
    const frames = value.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
    stacks.push(...frames.map((frame) => `${visible(frame, false)}\n`));
    return visible(JSON.stringify(`${value.name}: ${value.message}`), false);
  }
  return visible(JSON.stringify(value) ?? String(value), false);
}

function isError(value: unknown): value is { name: string; message: string; stack?: string } {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
