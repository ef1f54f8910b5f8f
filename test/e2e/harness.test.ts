/** The tools of the end-to-end tests can fail a test: what they promise to notice, they notice. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Program } from '../../src/dev/realkube/program.ts';
import { leaksIn, makeCanaries } from '../environment/credentials.ts';
import { eventually } from '../environment/eventually.ts';
import { Operator } from '../environment/operator.ts';

const canaries = makeCanaries();

/** Starts a program of `code` as if it were the operator. */
async function operatorOf(code: string): Promise<Operator> {
  const folder = mkdtempSync(join(tmpdir(), 'albsp-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bundle = join(folder, 'albsp.mjs');
  writeFileSync(bundle, `console.log('{"msg":"Started"}');\n${code}`);
  const operator = await Operator.start({ bundle, canaries, flags: {} });
  onTestFinished(() => operator.kill('SIGKILL'));
  return operator;
}

const STAYS = 'setInterval(() => {}, 1000);';
const ENDS_WELL = `process.on('SIGTERM', () => process.exit(0)); ${STAYS}`;

describe('an operator under test', () => {
  test('end() passes one that ends with 0 on SIGTERM', async () => {
    const operator = await operatorOf(ENDS_WELL);
    await operator.whenLog('Started');
    await operator.end();
    expect(operator.exit).toStrictEqual({ code: 0, signal: null });
  });

  test('end() fails one that does not handle SIGTERM', async () => {
    const operator = await operatorOf(STAYS);
    await operator.whenLog('Started');
    await expect(operator.end()).rejects.toThrow('answered SIGTERM with {"code":null,"signal":"SIGTERM"}');
  });

  test('end() fails one that had ended by itself', async () => {
    const operator = await operatorOf('process.exit(3)');
    await operator.exited;
    await expect(operator.end()).rejects.toThrow('ended by itself with {"code":3,"signal":null}');
  });

  test('end() passes one that the test itself has killed', async () => {
    const operator = await operatorOf(ENDS_WELL);
    await operator.kill('SIGKILL');
    await operator.end();
    expect(operator.exit).toStrictEqual({ code: null, signal: 'SIGKILL' });
  });

  test('end() ends one that is paused', async () => {
    const operator = await operatorOf(ENDS_WELL);
    await operator.whenLog('Started');
    await operator.kill('SIGSTOP');
    await operator.end();
    expect(operator.exit).toStrictEqual({ code: 0, signal: null });
  });

  test('O13: end() fails one that had an unhandled rejection, even if it went on', async () => {
    const operator = await operatorOf(
      `process.on('unhandledRejection', (e) => console.error('unhandledRejection', e)); Promise.reject(1); ${ENDS_WELL}`,
    );
    await operator.whenLog('Started');
    await eventually(() => expect(operator.output).toContain('unhandledRejection'), { within: 5000 });
    await expect(operator.end()).rejects.toThrow('O13');
  });

  test('O10: end() fails one that wrote out its secret, and does not repeat it', async () => {
    const operator = await operatorOf(
      `console.error(process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET, 'told'); ${ENDS_WELL}`,
    );
    await eventually(() => expect(operator.output).toContain('told'), { within: 5000 });
    const failure = await operator.end().catch(String);
    expect(failure).toContain('O10: the operator wrote out its accessKeySecret');
    expect(failure).not.toContain(canaries.accessKeySecret);
  });

  test('whenLog() fails at once, with the output, when the operator is gone', async () => {
    const operator = await operatorOf("console.error('Flag --x is unknown'); process.exit(2)");
    await expect(operator.whenLog('Never')).rejects.toThrow(
      /ended with \{"code":2[\s\S]*Flag --x is unknown/,
    );
    expect(await operator.whenExited()).toStrictEqual({ code: 2, signal: null });
  });

  test('url is where its log says that it listens, not an address that it was given', async () => {
    const operator = await operatorOf(
      `console.log('{"msg":"Listening","address":"127.0.0.1:4711"}'); ${ENDS_WELL}`,
    );
    await operator.whenLog('Listening');
    expect(operator.url).toBe('http://127.0.0.1:4711');
  });
});

describe('leaksIn()', () => {
  test.each([
    ['as it is', (secret: string) => `x${secret}y`],
    ['in Base64', (secret: string) => Buffer.from(secret).toString('base64')],
  ])('finds a secret %s', (_how, write) => {
    expect(leaksIn(write(canaries.accessKeySecret), canaries)).toStrictEqual(['accessKeySecret']);
  });
});

describe('a program', () => {
  test('dies with whoever started it, even by SIGKILL', async () => {
    const module = JSON.stringify(new URL('../../src/dev/realkube/program.ts', import.meta.url).href);
    const starter = `
      const { Program } = await import(${module});
      const inner = await Program.start({ command: 'sleep', args: ['600'], env: process.env, output: () => {} });
      console.log('inner ' + inner.pid);`;
    const lines: string[] = [];
    const outer = await Program.start({
      command: process.execPath,
      args: ['--input-type=module', '-e', starter],
      env: process.env,
      output: (line) => lines.push(line),
    });
    await eventually(() => expect(lines.join()).toMatch(/inner \d+/), { within: 10_000 });
    const pid = Number(/inner (\d+)/.exec(lines.join())?.[1]);
    expect(isAlive(pid)).toBe(true);
    outer.kill('SIGKILL');
    await outer.exited;
    await eventually(() => expect(isAlive(pid)).toBe(false), { within: 5000 });
  });
});

/** Whether a process runs. One that has ended and that nobody has collected yet does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const status = `/proc/${pid}/status`;
    return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
  } catch {
    return false;
  }
}
