import { describe, expect, test } from 'vitest';
import { createPinoLog, type PinoLogOptions } from '../../../src/adapters/pinolog.ts';

function setUp(options: Partial<PinoLogOptions> = {}) {
  const lines: string[] = [];
  const output = { write: (line: string) => lines.push(line) };
  return { lines, log: createPinoLog({ level: 'debug', format: 'json', output, ...options }) };
}

const NASTY = 'a\u001b[2Jb\r\nc\u0007\u009b\u202e\u2028d';

describe('createPinoLog()', () => {
  test('json: writes one object a line with level, time, message and fields', () => {
    const { lines, log } = setUp();
    log.with({ key: 'ns/a' }).warn('Something happened', { count: 3 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      key: 'ns/a',
      count: 3,
      msg: 'Something happened',
    });
  });

  test('writes nothing below its level', () => {
    const { lines, log } = setUp({ level: 'warn' });
    log.info('quiet');
    log.debug('quiet');
    log.error('loud');
    expect(lines).toHaveLength(1);
  });

  test.each(['json', 'pretty'] as const)(
    '%s: escapes characters that drive a terminal or fake a line',
    (format) => {
      const { lines, log } = setUp({ format });
      log.error(NASTY, { value: NASTY, [NASTY]: 1, list: [NASTY] });
      expect(lines).toHaveLength(1);
      const line = lines[0] ?? '';
      expect(line.indexOf('\n')).toBe(line.length - 1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    },
  );

  test('json: what is escaped reads back as it was', () => {
    const { lines, log } = setUp();
    log.info('x', { value: NASTY });
    expect(JSON.parse(lines[0] ?? '').value).toBe(NASTY);
  });

  test('json: shows an error with its causes, and none of its other properties', () => {
    const { lines, log } = setUp();
    const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), { headers: 'secret' });
    log.error('Failed', { error });
    const line = JSON.parse(lines[0] ?? '');
    expect(line.error).toMatchObject({
      name: 'Error',
      message: 'outer',
      cause: { name: 'TypeError', message: 'inner' },
    });
    expect(line.error.stack).toContain('pinolog.test.ts');
    expect(lines[0]).not.toContain('secret');
  });

  test('json: a field cannot take the place of level, time or message', () => {
    const { lines, log } = setUp();
    log.info('real', { level: 'fake', time: 'fake', msg: 'fake' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'real',
      msg_: 'fake',
      level_: 'fake',
    });
  });

  test('never throws for what it is given', () => {
    const { lines, log } = setUp();
    const loop: Record<string, unknown> = { big: 10n };
    loop.self = loop;
    const bad = {
      toJSON: () => {
        throw new Error('boom');
      },
    };
    log.info('loop', { loop });
    log.info('bad', { bad });
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('"bad"');
  });

  test('never throws when its output is gone', () => {
    const write = () => {
      throw new Error('EPIPE');
    };
    const { log } = setUp({ output: { write } });
    expect(() => log.error('x')).not.toThrow();
  });

  test('pretty: writes a line to be read, without colour unless asked', () => {
    const { lines, log } = setUp({ format: 'pretty' });
    log.info('Won the lease', { identity: 'pod-1', reason: 'it was free', count: 2 });
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}Won the lease identity=pod-1 reason="it was free" count=2\n$/,
    );
  });

  test('pretty: colours the level on a terminal', () => {
    const { lines, log } = setUp({ format: 'pretty', colour: true });
    log.error('Lost');
    expect(lines[0]).toContain('\u001b[31mERROR\u001b[0m');
  });

  test('pretty: shows the frames of an error below the line', () => {
    const { lines, log } = setUp({ format: 'pretty' });
    log.error('Failed', { error: new Error('boom\nforged line') });
    const [first, second] = (lines[0] ?? '').split('\n');
    expect(first).toContain('error="Error: boom\\nforged line"');
    expect(second).toMatch(/^ {4}at /);
  });
});
