/**
 * `albsp ciphers`: which suites go with which versions, which are weak and why.
 * @module
 */
import { parseArgs } from 'node:util';
import { SUITES, type Suite, TLS_VERSIONS } from '../domain/tls.ts';
import type { Output } from './output.ts';
import { columns } from './text.ts';

const USAGE = `Usage: albsp ciphers [-o table|json]

Shows every cipher suite that spec.ciphers may list, the TLS versions that can use it, and why some are weak.
`;

/** Runs the command; `args` are those after `ciphers`. Returns the exit code: 0, or 2 for wrong usage. */
export function ciphers(args: readonly string[], out: Output): Promise<number> {
  return Promise.resolve(run(args, out));
}

function run(args: readonly string[], out: Output): number {
  try {
    const options = {
      help: { type: 'boolean', short: 'h' },
      output: { type: 'string', short: 'o', default: 'table' },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    if (values.help === true) out.stdout(USAGE);
    else if (values.output === 'table') out.stdout(table());
    else if (values.output === 'json') out.stdout(`${JSON.stringify(SUITES.map(entry), undefined, 2)}\n`);
    else throw new Error(`--output is '${values.output}', must be 'table' or 'json'`);
    return 0;
  } catch (error) {
    out.stderr(`albsp ciphers: ${error instanceof Error ? error.message : 'wrong usage'}\n\n${USAGE}`);
    return 2;
  }
}

function entry({ name, iana, versions, weak }: Suite) {
  return {
    name,
    iana,
    tlsVersions: versions,
    weak: weak !== undefined,
    ...(weak === undefined ? {} : { why: weak }),
  };
}

function table(): string {
  const header = ['SUITE', ...TLS_VERSIONS.map((version) => version.slice(-3)), 'IANA NAME', 'WEAK'];
  const rows = SUITES.map((suite) => [
    suite.name,
    ...TLS_VERSIONS.map((version) => (suite.versions.includes(version) ? 'x' : '-')),
    suite.iana,
    suite.weak ?? '',
  ]);
  return `${columns([header, ...rows]).join('\n')}\n`;
}
