/**
 * The command line of one command, by its tables: the same rules, hints and environment for all of them.
 * @module
 */
import { parseArgs } from 'node:util';
import { nearest } from '../domain/check/nearest.ts';
import { type Flag, type Switch, variable } from './flag.ts';
import { FLAGS } from './flags.ts';

/** What a command takes. */
export interface Command {
  readonly name: string;
  /** Flags that may also be given by the environment. */
  readonly flags: readonly Flag[];
  /** Flags of the command line alone. */
  readonly own: readonly Flag[];
  readonly switches: readonly Switch[];
  /** What its arguments without a flag are called; undefined: it takes none. */
  readonly words?: string;
}

/** What was given, every default filled in and every value judged. */
export interface Given {
  /** The value of a flag, the last one when it was given several times. */
  text(flag: string): string;
  /** The same, undefined when empty. */
  maybe(flag: string): string | undefined;
  /** Every value of a flag. */
  list(flag: string): readonly string[];
  /** Whether the flag stands on the command line, or the switch does. */
  has(name: string): boolean;
  readonly words: readonly string[];
}

/** A command line as read: `error` names flag, value and rule. */
export type Arguments =
  | { readonly kind: 'given'; readonly given: Given }
  | { readonly kind: 'help' }
  | { readonly kind: 'error'; readonly message: string };

/** Reads a command line; a flag wins over the environment. Never throws. */
export function readArguments(
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments {
  const flags = [...command.flags, ...command.own];
  const { tokens } = parseArgs({
    args: [...args],
    options: optionTable(command),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const given = new Map<string, string[]>();
  const switches = new Set<string>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (command.words === undefined)
        return problem(`Unexpected argument "${token.value}": ${command.name} takes flags only`);
      words.push(token.value);
      continue;
    }
    if (token.rawName === '--help' || token.rawName === '-h') return { kind: 'help' };
    const toggle = command.switches.find((one) => isWritten(one, token.rawName));
    if (toggle !== undefined) {
      if (token.value !== undefined) return problem(`Flag "--${toggle.name}" takes no value`);
      switches.add(toggle.name);
      continue;
    }
    const flag = flags.find((one) => isWritten(one, token.rawName));
    if (flag === undefined) return problem(unknown(command, token.rawName, token.name));
    if (token.value === undefined) return problem(`Flag "--${flag.name}" lacks its value ${flag.value}`);
    given.set(flag.name, [...(flag.many ? (given.get(flag.name) ?? []) : []), token.value]);
  }
  const stray = strayVariable(environment);
  if (stray !== undefined) return problem(stray);
  const values = new Map<string, readonly string[]>();
  for (const flag of flags) {
    const texts =
      given.get(flag.name) ?? fromEnvironment(flag, command.flags.includes(flag) ? environment : {});
    for (const text of texts) {
      const rule = flag.broken(text);
      if (rule !== undefined) return problem(`Flag "--${flag.name}" has the value "${text}": it ${rule}`);
    }
    values.set(flag.name, texts);
  }
  const text = (name: string): string => values.get(name)?.at(-1) ?? '';
  return {
    kind: 'given',
    given: {
      text,
      maybe: (name) => text(name) || undefined,
      list: (name) => (values.get(name) ?? []).filter((one) => one !== ''),
      has: (name) => given.has(name) || switches.has(name),
      words,
    },
  };
}

function isWritten({ name, short }: Flag | Switch, written: string): boolean {
  return written === `--${name}` || (short !== undefined && written === `-${short}`);
}

function optionTable({ flags, own, switches }: Command) {
  const entry = (type: 'string' | 'boolean', { name, short }: Flag | Switch) =>
    [name, { type, multiple: true, ...(short === undefined ? {} : { short }) }] as const;
  return Object.fromEntries([
    ...[...flags, ...own].map((flag) => entry('string', flag)),
    ...switches.map((one) => entry('boolean', one)),
  ]);
}

function fromEnvironment(
  flag: Flag,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const value = environment[variable(flag.name)];
  if (value === undefined) return [flag.fallback];
  return flag.many ? value.split(',') : [value];
}

/** A variable that no command knows: a misspelt one would be missed in silence. */
function strayVariable(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const stray = Object.keys(environment).find(
    (name) => name.startsWith('ALBSP_') && !FLAGS.some((flag) => variable(flag.name) === name),
  );
  if (stray === undefined) return undefined;
  const near = nearest(
    stray.slice('ALBSP_'.length),
    FLAGS.map(({ name }) => name),
  );
  const hint =
    near === undefined
      ? 'run "albsp run --help" for those that there are'
      : `the nearest known one is "${variable(near)}"`;
  return `Unknown environment variable "${stray}"; ${hint}`;
}

function unknown({ name, flags, own, switches }: Command, written: string, bare: string): string {
  const near = nearest(
    bare,
    [...flags, ...own, ...switches].map((one) => one.name),
  );
  const hint =
    near === undefined
      ? `run "albsp ${name} --help" for those that there are`
      : `the nearest known flag is "--${near}"`;
  return `Unknown flag "${written}"; ${hint}`;
}

function problem(message: string): Arguments {
  return { kind: 'error', message };
}
