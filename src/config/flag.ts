/** One flag with a value: its name without hyphens, what its value is called, its default, its help and its rule. */
export interface Flag {
  readonly name: string;
  /** One letter that means the same. */
  readonly short?: string;
  readonly value: string;
  readonly fallback: string;
  readonly help: string;
  /** The rule that a value breaks, or undefined. */
  readonly broken: (text: string) => string | undefined;
  readonly many?: true;
}

/** One flag without a value. */
export interface Switch {
  readonly name: string;
  readonly short?: string;
  readonly help: string;
}

/** The environment variable that says the same as the flag of this name. */
export function variable(flag: string): string {
  return `ALBSP_${flag.toUpperCase().replaceAll('-', '_')}`;
}
