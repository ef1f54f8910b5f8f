/** One rule that a spec breaks. */
export interface Violation {
  /** JSON pointer into the object, for example `/spec/ciphers/3`; of a missing field, where it would stand. */
  readonly pointer: string;
  /** The value as text, at most 80 characters; for a missing field empty. */
  readonly value: string;
  /** Stable id of the rule, for example `suite-version`. */
  readonly rule: string;
  /** What is wrong and what the rule is: upper case start, no final period. */
  readonly message: string;
  /** What to write instead, where that is known. */
  readonly fix?: string;
}

/** Values in messages are cut to this many characters: a message must fit a terminal line and a condition. */
const SHOWN = 80;

/** A value as text for a message. Total: never throws, whatever the value, and looks at no more than its start. */
export function shown(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') {
    return value.length > SHOWN ? `${value.slice(0, SHOWN - 3)}...` : value;
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** `pointer` with one more step, escaped as RFC 6901 says. */
export function step(pointer: string, key: string | number): string {
  return `${pointer}/${`${key}`.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The pointer as people write fields: `/spec/ciphers/3` is `spec.ciphers[3]`. */
export function fieldOf(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  return steps.reduce((field, raw) => {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (/^\d+$/.test(key)) return `${field}[${key}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${field}[${JSON.stringify(key)}]`;
    return field === '' ? key : `${field}.${key}`;
  }, '');
}
