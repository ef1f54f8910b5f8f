import type { Command } from './arguments.ts';
import type { Flag, Switch } from './flag.ts';
import { FLAGS } from './flags.ts';

type Row = readonly [left: string, right: string];

/** The help text of `albsp run`. */
export function runHelp(): string {
  return [
    'Usage: albsp run [FLAG...]',
    '',
    'Runs the operator. Every flag is also ALBSP_ and its name in the environment.',
    '',
    ...table(FLAGS.map((flag) => [`  --${flag.name} ${flag.value}`, flagHelp(flag)])),
    '',
  ].join('\n');
}

/** The help text of another command: how to call it, what it is for, and its flags, its own ones first. */
export function commandHelp(command: Command, usage: string, about: string): string {
  const { name, own, switches, flags } = command;
  const rows: readonly Row[] = [
    ...switches.map((one): Row => [written(one), one.help]),
    ...own.map((flag): Row => [`${written(flag)} ${flag.value}`, flagHelp(flag)]),
  ];
  const shared = flags.map((flag): Row => [`${written(flag)} ${flag.value}`, flagHelp(flag)]);
  const lines = table([...rows, ...shared]);
  return [
    `Usage: albsp ${name} ${usage}`,
    '',
    about.trim(),
    '',
    ...(rows.length === 0 ? [] : ['Flags', ...lines.slice(0, rows.length), '']),
    'Flags that it shares with "albsp run", also by ALBSP_ and the name in the environment',
    ...lines.slice(rows.length),
    '',
  ].join('\n');
}

function written({ name, short }: Flag | Switch): string {
  return short === undefined ? `      --${name}` : `  -${short}, --${name}`;
}

function flagHelp({ help, fallback }: Flag): string {
  return help + (fallback === '' ? '' : ` (default ${fallback})`);
}

function table(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => left.padEnd(width) + right);
}
