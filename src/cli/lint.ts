/**
 * `albsp lint FILE...`: judges manifests as the API server would, without one.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { checkManifest } from '../domain/check/manifest.ts';
import { fieldOf, type Violation } from '../domain/check/violation.ts';
import { type Place, readSource } from './lint/source.ts';
import type { Output } from './output.ts';
import { count, printable } from './text.ts';

const USAGE = `Usage: albsp lint FILE...

Judges SecurityPolicy, ProviderConfig and ClusterProviderConfig manifests as kubectl apply would, offline: every
violation of every document, with file, line, column and a fix. Objects of other kinds are skipped and counted.
- as FILE reads standard input.

Exit code: 0 no violation, 1 violations, 2 wrong usage or a file that cannot be read.
`;

/** Larger files are refused: etcd stores no object above 1.5 MiB, so this is room for ten such objects. */
const LARGEST = 16 * 1024 * 1024;

interface Tally {
  files: number;
  judged: number;
  foreign: number;
  violations: number;
  unreadable: number;
}

/** Runs the command; `args` are those after `lint`. Returns the exit code: 0 fine, 1 violations, 2 usage or unreadable. */
export async function lint(args: readonly string[], out: Output): Promise<number> {
  const files = filesOf(args, out);
  if (typeof files === 'number') return files;
  const tally: Tally = { files: 0, judged: 0, foreign: 0, violations: 0, unreadable: 0 };
  for (const file of files) await lintFile(file, out, tally);
  out.stdout(summary(tally));
  if (tally.unreadable > 0) return 2;
  return tally.violations > 0 ? 1 : 0;
}

function filesOf(args: readonly string[], out: Output): readonly string[] | number {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help === true) {
      out.stdout(USAGE);
      return 0;
    }
    if (positionals.length > 0) return positionals;
    out.stderr(`albsp lint: no file named; - reads standard input\n\n${USAGE}`);
  } catch (error) {
    out.stderr(`albsp lint: ${error instanceof Error ? error.message : 'wrong usage'}\n\n${USAGE}`);
  }
  return 2;
}

async function lintFile(file: string, out: Output, tally: Tally): Promise<void> {
  tally.files += 1;
  const name = file === '-' ? '<stdin>' : file;
  const text = await readText(file);
  if (text.kind === 'failed') {
    tally.unreadable += 1;
    out.stderr(`${name}: ${text.message}\n`);
    return;
  }
  const source = readSource(text.text);
  if (source.kind === 'unreadable') {
    tally.unreadable += 1;
    out.stderr(`${at(name, source.place)}: ${source.message}\n`);
    return;
  }
  for (const manifest of source.manifests) {
    const verdict = checkManifest(manifest.value);
    tally[verdict.kind] += 1;
    const violations = verdict.kind === 'judged' ? verdict.violations : [];
    tally.violations += violations.length;
    const placed = violations.map((one) => ({ one, place: manifest.place(one.pointer) }));
    placed.sort(
      (left, right) => left.place.line - right.place.line || left.place.column - right.place.column,
    );
    for (const { one, place } of placed) out.stdout(line(at(name, place), one));
  }
}

async function readText(
  file: string,
): Promise<{ kind: 'ok'; text: string } | { kind: 'failed'; message: string }> {
  try {
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
    if (bytes.length > LARGEST) {
      return { kind: 'failed', message: `Has ${bytes.length} bytes, may have ${LARGEST}` };
    }
    return { kind: 'ok', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { kind: 'failed', message: `Cannot be read: ${reason(error)}` };
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'is a folder; name the files in it';
  if (code === 'EACCES') return 'permission denied';
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8' : error.message;
}

function at(name: string, place: Place): string {
  return `${name}:${place.line}:${place.column}`;
}

function line(place: string, one: Violation): string {
  const value = one.value === '' ? '' : ` ${JSON.stringify(one.value)}`;
  const fix = one.fix === undefined ? '' : `    fix: ${one.fix}\n`;
  return `${printable(`${place}: ${fieldOf(one.pointer)}${value}: ${one.message} [${one.rule}]`)}\n${fix}`;
}

function summary({ files, judged, foreign, violations, unreadable }: Tally): string {
  const skipped = foreign === 0 ? '' : `, ${count(foreign, 'object')} of other kinds skipped`;
  const failed = unreadable === 0 ? '' : `, ${count(unreadable, 'file')} unreadable`;
  return `${count(files, 'file')}, ${count(judged, 'object')} judged${skipped}${failed}: ${count(violations, 'violation')}\n`;
}
