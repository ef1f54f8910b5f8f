import { randomUUID } from 'node:crypto';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Period, readUses, type Use } from './uses.ts';

/** This process's own file: several write at once. */
const FILE = `${randomUUID()}.ndjson`;

/** Keeps what operators did on an API server, before its audit log goes with it. */
export async function keepUses(
  folder: string,
  auditLog: string,
  starts: readonly Period[] = [],
): Promise<void> {
  await append(folder, await readUses(auditLog, starts));
}

/** Says that a test wants this right refused in namespaces whose name starts so; else a refusal fails the run. */
export function askForRefusal(
  folder: string,
  refusal: { readonly server: string; readonly right: string; readonly namespace: string },
): Promise<void> {
  return append(folder, [{ kind: 'asked', ...refusal }]);
}

/** Says that from now on nobody on this server has rights, and that this is meant. */
export function endRights(folder: string, server: string): Promise<void> {
  return append(folder, [{ kind: 'ended', server, time: new Date().toISOString() }]);
}

/** Everything that all processes of the run have kept. */
export async function readLedger(folder: string): Promise<readonly Use[]> {
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Use => JSON.parse(line)),
  );
}

async function append(folder: string, uses: readonly Use[]): Promise<void> {
  await appendFile(join(folder, FILE), uses.map((use) => `${JSON.stringify(use)}\n`).join(''));
}
