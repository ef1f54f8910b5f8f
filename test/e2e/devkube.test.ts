/** `albsp dev` on the real API server: what a person with kubectl and the binaries of envtest sees. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Program } from '../../src/dev/realkube/program.ts';
import { findBinaries } from '../environment/binaries.ts';
import { eventually } from '../environment/eventually.ts';
import { Kubectl } from '../environment/kubectl.ts';
import { BUNDLE } from '../environment/operator.ts';
import { describeReal } from '../environment/tiers.ts';

const WITHIN_MS = 90_000;

/** `albsp dev` with these binaries, and all that it leaves on the disk in a folder of its own. */
async function startDev(assets: string, ...files: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'albsp-dev-test-'));
  const lines: string[] = [];
  const program = await Program.start({
    command: process.execPath,
    args: [BUNDLE, 'dev', ...files],
    // Without a PATH no watchdog starts, so that what is gone was ended in order.
    env: { PATH: '/nonexistent', HOME: process.env.HOME, TMPDIR: folder, KUBEBUILDER_ASSETS: assets },
    output: (line) => void lines.push(line),
  });
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await program.exited;
    for (const { pid } of processesOf(folder)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const told = (pattern: RegExp) =>
    eventually(
      () => {
        const found = pattern.exec(lines.join('\n'));
        if (found === null) throw new Error(`It told: ${lines.join('\n')}`);
        return found;
      },
      { within: WITHIN_MS, what: `A line of ${pattern}` },
    );
  return { program, folder, lines, told };
}

/** Processes whose command line names the folder: etcd and kube-apiserver. */
function processesOf(folder: string): readonly { readonly pid: number; readonly line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), line: commandLine(name) }))
    .filter(({ line }) => line.includes(folder));
}

/** Empty for a process that is gone, or that nobody has collected yet. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function programsOf(folder: string): readonly string[] {
  return processesOf(folder)
    .map(({ line }) => basename(line.split(' ')[0] ?? ''))
    .sort();
}

function assets(): string {
  const binaries = findBinaries();
  if (binaries.kind === 'missing') throw new Error('There is no real API server in this run');
  return dirname(binaries.etcd);
}

describeReal('albsp dev with KUBEBUILDER_ASSETS', () => {
  test.skipIf(inject('realServer')?.kubectl === null)(
    'stays up for kubectl with the policy of a file Ready, and SIGTERM leaves no process and no file',
    async () => {
      const { program, folder, told } = await startDev(assets(), 'deploy/samples/minimal.yaml');
      const [, kubeconfig = ''] = await told(/KUBECONFIG=(\S+)/);
      const kubectl = new Kubectl(kubeconfig, 'default');
      await told(/SecurityPolicy default\/minimal {2}created/);
      await kubectl.ok(['wait', '--for=condition=Ready', 'securitypolicy/minimal', '--timeout=50s']);
      // Only the real one knows this kind.
      expect(await kubectl.ok(['get', 'validatingadmissionpolicies'])).toBe('');
      expect(programsOf(folder)).toEqual(['etcd', 'kube-apiserver']);
      expect(readFileSync(kubeconfig, 'utf8')).toContain('certificate-authority-data');
      program.kill('SIGTERM');
      expect(await program.exited).toEqual({ code: 0, signal: null });
      expect(readdirSync(folder).filter((name) => name.startsWith('albsp-'))).toEqual([]);
      expect(programsOf(folder)).toEqual([]);
    },
  );

  test('says why when kube-apiserver does not start, ends etcd, and leaves no file', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'albsp-assets-'));
    onTestFinished(() => rmSync(broken, { recursive: true }));
    symlinkSync(join(assets(), 'etcd'), join(broken, 'etcd'));
    writeFileSync(join(broken, 'kube-apiserver'), '#!/bin/sh\necho "no memory for a server"; exit 3\n', {
      mode: 0o755,
    });
    const { program, folder, lines } = await startDev(broken);
    expect((await program.exited).code).toBe(1);
    expect(lines.join('\n')).toMatch(/Cannot start: The API server did not start: [^\n]*code 3/);
    expect(lines.join('\n')).toContain('no memory for a server');
    expect(readdirSync(folder)).toEqual([]);
    expect(programsOf(folder)).toEqual([]);
  });

  test('ended while it starts, it leaves no process and no file', async () => {
    const { program, folder } = await startDev(assets());
    await eventually(() => expect(programsOf(folder)).toContain('etcd'), { within: WITHIN_MS });
    program.kill('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(readdirSync(folder).filter((name) => name.startsWith('albsp-'))).toEqual([]);
    expect(programsOf(folder)).toEqual([]);
  });

  test('ends with 1 and says so when kube-apiserver is gone', async () => {
    const { program, folder, lines, told } = await startDev(assets());
    await told(/KUBECONFIG=/);
    const server = processesOf(folder).find(({ line }) => / --etcd-servers=/.test(line));
    if (server === undefined) throw new Error('There is no kube-apiserver');
    process.kill(server.pid, 'SIGKILL');
    expect((await program.exited).code).toBe(1);
    expect(lines.join('\n')).toContain('The API server is gone: kube-apiserver ended with signal SIGKILL');
    expect(readdirSync(folder).filter((name) => name.startsWith('albsp-'))).toEqual([]);
    expect(programsOf(folder)).toEqual([]);
  });
});

test('albsp dev names a folder of KUBEBUILDER_ASSETS that lacks the programs, and ends with 2', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'albsp-assets-'));
  onTestFinished(() => rmSync(empty, { recursive: true }));
  const { program, lines } = await startDev(empty);
  expect((await program.exited).code).toBe(2);
  expect(lines).toEqual([
    `albsp dev: KUBEBUILDER_ASSETS is "${empty}": that folder has no etcd and no kube-apiserver to run`,
  ]);
});
