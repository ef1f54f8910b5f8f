import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** Builds what is missing. */
const BUILD_COMMAND = 'test/clients/build.sh';
const SOURCES = fileURLToPath(new URL('../clients', import.meta.url));
const HEALTH_SCRIPT = fileURLToPath(new URL('../../deploy/argocd/health.lua', import.meta.url));

/** The folder of the programs of `test/clients` as they are now, or undefined when it was not built. */
export function findClients(): string | undefined {
  const hash = createHash('sha256');
  const files = globSync('**/*', { cwd: SOURCES }).filter((path) => /(?:\.go|(?:^|\/)go\.\w+)$/.test(path));
  for (const path of files.sort()) hash.update(readFileSync(join(SOURCES, path)));
  const folder = join(homedir(), '.cache', 'albsp', `clients-${hash.digest('hex').slice(0, 12)}`);
  return existsSync(folder) ? folder : undefined;
}

/** A suite that asks the programs; without them it is skipped, by name. CI must have them. */
export function describeClients(name: string, define: () => void): void {
  if (findClients() !== undefined) describe(name, define);
  else if (process.env.ALBSP_REQUIRE_REAL !== undefined)
    throw new Error(`There are no clients: run ${BUILD_COMMAND}`);
  else describe.skip(`${name} [skipped: not built, '${BUILD_COMMAND}' builds it]`, define);
}

/** What kstatus makes of each object, in order: by it Flux, kpt and `flux` judge. */
export function kstatus(objects: readonly object[]): Promise<readonly string[]> {
  return answers('kstatus', [], objects);
}

/** What Flux makes of each object by `healthCheckExprs`; `expressions` is a file, as JSON. */
export function fluxStatus(expressions: string, objects: readonly object[]): Promise<readonly string[]> {
  return answers('flux', [expressions], objects);
}

/**
 * The health that Argo CD shows for each object with `deploy/argocd/health.lua`. Of what is being deleted Argo CD says
 * Progressing without a look at the script (gitops-engine, pkg/health/health.go), and Unknown of a script that fails.
 */
export async function argocdHealth(
  objects: readonly { readonly metadata: { readonly deletionTimestamp?: string } }[],
): Promise<readonly string[]> {
  const said = await lua(HEALTH_SCRIPT, objects);
  return objects.map(({ metadata }, index) => {
    if (metadata.deletionTimestamp !== undefined) return 'Progressing';
    const line = said[index] ?? '';
    const health: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
    const word = typeof health === 'object' && health !== null && 'status' in health ? health.status : '';
    return typeof word === 'string' && HEALTHS.has(word) ? word : `Unknown (${line})`;
  });
}

const HEALTHS = new Set(['Healthy', 'Progressing', 'Degraded', 'Suspended']);

/** The table that a script returns for each object, as JSON in a line. */
export function lua(script: string, objects: readonly object[]): Promise<readonly string[]> {
  return answers('argocd', [script], objects);
}

/** A line out for each object in. */
function answers(
  program: string,
  args: readonly string[],
  objects: readonly object[],
): Promise<readonly string[]> {
  const folder = findClients();
  if (folder === undefined) throw new Error(`There is no ${program}: run ${BUILD_COMMAND}`);
  return new Promise((resolve, reject) => {
    const child = spawn(join(folder, program), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, complaints] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    child.on('error', reject).on('close', (code) => {
      const lines = out.split('\n').slice(0, -1);
      if (code === 0 && lines.length === objects.length) resolve(lines);
      else reject(new Error(`${program} ended with ${code} after ${lines.length} answers: ${complaints}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(objects.map((object) => `${JSON.stringify(object)}\n`).join(''));
  });
}
