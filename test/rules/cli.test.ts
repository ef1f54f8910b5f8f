/** docs/cli.md: a section for each command. That its text is what the commands print, `npm run check` says. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { commandsIn } from '../../scripts/cli.ts';
import { runHelp } from '../../src/config/help.ts';
import { fenced, section } from './documents.ts';

const page = await readFile('docs/cli.md', 'utf8');
const main = await readFile('src/main.ts', 'utf8');
const overview = /const HELP = `([\s\S]*?)`;/.exec(main)?.[1] ?? '';

test('docs/cli.md opens with the list of commands, and has a section for each, with its usage', () => {
  expect(fenced(page)).toBe(overview);
  const commands = commandsIn(overview).filter((command) => command !== 'version');
  expect(commands).toEqual(expect.arrayContaining(['run', 'lint', 'dev', 'dev alb', 'dev kube']));
  const titles = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(commands.map((command) => `albsp ${command}`));
  for (const title of titles) {
    const help = fenced(section(page, title ?? ''));
    expect(help).toMatch(new RegExp(`^Usage: ${title}\\b`));
  }
});

test('docs/cli.md has the flags of `albsp run` as they are now', () => {
  expect(fenced(section(page, 'albsp run'))).toBe(runHelp());
});

test('commandsIn() takes commands of two words, and no argument or text for one', () => {
  const help =
    'Usage: albsp COMMAND\n\nCommands\n  run           run it\n  lint FILE...  say\n  dev alb       serve\n';
  expect(commandsIn(help)).toEqual(['run', 'lint', 'dev alb']);
});
