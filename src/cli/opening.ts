import { type Command, type Given, readArguments } from '../config/arguments.ts';
import { readConnection } from '../config/commandline.ts';
import { commandHelp } from '../config/help.ts';
import type { Connection } from '../config/settings.ts';
import type { Output } from './output.ts';
import { type Cluster, type CommandContext, openCluster } from './session.ts';

/** What a command says of itself beside its flags. */
export interface Manual {
  /** Its arguments, as the first line of the help has them. */
  readonly usage: string;
  readonly about: string;
  /** What is wrong with flags that are right one by one; undefined when nothing is. */
  readonly wrongTogether?: (given: Given) => string | undefined;
}

/** A command whose arguments are read, or one that is over already: it was asked for help, or used wrongly. */
export type Opening<T> = ({ readonly kind: 'open' } & T) | { readonly kind: 'over'; readonly code: 0 | 2 };

/** Switch of the commands that look at a cluster. */
export const EVERYWHERE = {
  name: 'all-namespaces',
  short: 'A',
  help: 'all namespaces, whatever the environment says',
} as const;

/** Reads the arguments of a command that needs a way to the cloud; answers `--help` and says what is wrong. */
export function openCommand(
  command: Command,
  args: readonly string[],
  manual: Manual,
  out: Output,
  { environment }: CommandContext,
): Opening<{ readonly given: Given; readonly connection: Connection }> {
  const wrong = (message: string) => {
    out.stderr(`albsp ${command.name}: ${message}\n`);
    return { kind: 'over', code: 2 } as const;
  };
  const read = readArguments(command, args, environment);
  if (read.kind === 'error') return wrong(read.message);
  if (read.kind === 'help') {
    out.stdout(commandHelp(command, manual.usage, manual.about));
    return { kind: 'over', code: 0 };
  }
  const { given } = read;
  const together = manual.wrongTogether?.(given);
  if (together !== undefined) return wrong(together);
  const everywhere = given.has(EVERYWHERE.name);
  if (everywhere && given.has('namespace'))
    return wrong('Flags "--namespace" and "--all-namespaces" exclude each other');
  const found = readConnection(given, environment);
  if (found.kind === 'error') return wrong(found.message);
  const connection = everywhere ? { ...found.connection, namespaces: [] } : found.connection;
  return { kind: 'open', given, connection };
}

/** `openCommand` for one that needs a way to a cluster as well. */
export async function openClusterCommand(
  command: Command,
  args: readonly string[],
  about: string,
  out: Output,
  context: CommandContext,
): Promise<Opening<{ readonly given: Given; readonly connection: Connection; readonly cluster: Cluster }>> {
  const opening = openCommand(command, args, { usage: '[FLAG...]', about }, out, context);
  if (opening.kind === 'over') return opening;
  const cluster = await openCluster(command.name, opening.connection, context);
  if (typeof cluster !== 'string') return { ...opening, cluster };
  out.stderr(`albsp ${command.name}: ${cluster}\n`);
  return { kind: 'over', code: 2 };
}
