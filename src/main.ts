/**
 * The program: picks a command and ends the process with its exit code. The only place that touches `process`.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Output } from './cli/output.ts';
import type { CommandContext } from './cli/session.ts';
import { VERSION } from './version.ts';

const HELP = `Usage: albsp COMMAND [ARGUMENT...]

Commands
  run           run the operator; "albsp run --help" lists its flags
  lint FILE...  say what the API server would refuse, with file, line and a fix
  import ID...  write manifests for policies that exist; "--all" for those of a region
  orphans       show policies whose object is gone; deletes nothing
  doctor        look whether the operator would work here, and say what to mend
  ciphers       list the cipher suites, the TLS versions they go with, and the weak ones
  dev [FILE...] run it all on loopback: both stand-ins and the operator; apply files, tell what happens
  dev alb       serve a stand-in of the ALB API on loopback
  dev kube      serve a small stand-in of the Kubernetes API on loopback
  version       print the version
`;

const output: Output = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
};

async function main(args: readonly string[]): Promise<number> {
  const [command = '', ...rest] = args;
  switch (command) {
    case 'run': {
      const { run } = await import('./cli/run.ts');
      return run(rest, output, {
        environment: process.env,
        terminal: process.stdout.isTTY === true,
        signal: untilSignal(),
      });
    }
    case 'lint': {
      const { lint } = await import('./cli/lint.ts');
      return lint(rest, output);
    }
    case 'import': {
      const { importPolicies } = await import('./cli/import.ts');
      return importPolicies(rest, output, commandContext());
    }
    case 'orphans': {
      const { orphans } = await import('./cli/orphans.ts');
      return orphans(rest, output, commandContext());
    }
    case 'doctor': {
      const { doctor } = await import('./cli/doctor.ts');
      return doctor(rest, output, commandContext());
    }
    case 'ciphers': {
      const { ciphers } = await import('./cli/ciphers.ts');
      return ciphers(rest, output);
    }
    case 'dev':
      return dev(rest);
    case 'version':
    case '--version':
      output.stdout(`albsp ${VERSION}\n`);
      return 0;
    case 'help':
    case '--help':
    case '-h':
      output.stdout(HELP);
      return 0;
    default:
      output.stderr(
        command === '' ? HELP : `albsp: Unknown command "${command}"; "albsp help" lists the commands\n`,
      );
      return 2;
  }
}

async function dev([what = '', ...rest]: readonly string[]): Promise<number> {
  switch (what) {
    case 'alb': {
      const { devAlb } = await import('./cli/devalb.ts');
      return devAlb(rest, process, untilSignal());
    }
    case 'kube': {
      const { devKube } = await import('./cli/devkube.ts');
      return devKube(rest, process, untilSignal());
    }
    default: {
      const { dev: everything } = await import('./cli/dev.ts');
      const context = { environment: process.env, colour: isColourful(), signal: untilSignal() };
      return everything(what === '' ? rest : [what, ...rest], output, context);
    }
  }
}

function commandContext(): CommandContext {
  const readText = (path: string): Promise<string> => readFile(path, 'utf8');
  return { environment: process.env, colour: isColourful(), readFile: readText };
}

function isColourful(): boolean {
  return process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

/** Aborted by the first SIGTERM or SIGINT; a second one ends the process as if nobody listened. */
function untilSignal(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abort.abort());
  return abort.signal;
}

process.exit(await main(process.argv.slice(2)));
