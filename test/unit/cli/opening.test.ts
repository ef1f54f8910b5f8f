/** How the commands that look at a cloud and a cluster take their arguments; none of these gets as far as a socket. */
import { describe, expect, test } from 'vitest';
import { doctor } from '../../../src/cli/doctor.ts';
import { importPolicies } from '../../../src/cli/import.ts';
import { orphans } from '../../../src/cli/orphans.ts';
import type { CommandContext } from '../../../src/cli/session.ts';

const COMMANDS = { doctor, orphans, import: importPolicies };
const CONTEXT: CommandContext = {
  environment: {},
  colour: false,
  readFile: () => Promise.reject(new Error('No file')),
};

async function run(name: keyof typeof COMMANDS, ...args: string[]) {
  let stdout = '';
  let stderr = '';
  const out = {
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
  };
  return { code: await COMMANDS[name](args, out, CONTEXT), stdout, stderr };
}

const NAMES = ['doctor', 'orphans', 'import'] as const;

describe.each(NAMES)('albsp %s', (name) => {
  test('tells its flags and exit codes when asked for help', async () => {
    const answer = await run(name, '--help');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout).toContain(`albsp ${name}`);
    expect(answer.stdout).toContain('Exit code: 0');
  });

  test('names the nearest flag for one that there is not, and ends with 2', async () => {
    const answer = await run(name, '--regoin=cn-hangzhou');
    expect(answer.code).toBe(2);
    expect(answer.stderr).toMatch(new RegExp(`^albsp ${name}: .*"--regoin".*"--region"`));
  });

  test('asks for a region when nothing names one', async () => {
    const answer = await run(name, ...(name === 'import' ? ['--all'] : []));
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain('"--region" is missing');
  });
});

describe.each(['doctor', 'orphans'] as const)('albsp %s', (name) => {
  test('does not take a namespace and all of them', async () => {
    const answer = await run(name, '-A', '-n', 'team-a', '--cluster-id=c', '--region=cn-hangzhou');
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain('"--namespace" and "--all-namespaces" exclude each other');
  });

  test('says that there is no cluster where nothing leads to one', async () => {
    const answer = await run(name, '--region=cn-hangzhou');
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain('No cluster');
  });
});

describe('albsp import', () => {
  test('asks for something to import, and not for all and one', async () => {
    const nothing = await run('import', '--region=cn-hangzhou');
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing is named') });
    const both = await run('import', '--all', 'spy-1', '--region=cn-hangzhou');
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('name none beside it') });
  });
});
