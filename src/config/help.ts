import { FLAGS } from './flags.ts';

/** The help text of `albsp run`. */
export function runHelp(): string {
  const rows = FLAGS.map(
    (flag) =>
      [
        `  --${flag.name} ${flag.value}`,
        flag.help + (flag.fallback === '' ? '' : ` (default ${flag.fallback})`),
      ] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    'Usage: albsp run [FLAG...]',
    '',
    'Runs the operator. Every flag is also ALBSP_ and its name in the environment.',
    '',
    ...rows.map(([left, right]) => left.padEnd(width) + right),
    '',
  ].join('\n');
}
