import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SecretKeys, secretCredentials } from '../../../../src/adapters/alb/credentials/secret.ts';
import type { Credentials } from '../../../../src/adapters/alb/credentials.ts';
import type { SecretAnswer } from '../../../../src/ports/secret.ts';
import { createRecordingLog, type RecordingLog } from '../../kube/recordinglog.ts';
import { type VirtualClock, virtualClock } from '../clock.ts';
import { CANARY, errorOf, HOUR, keysOf, MINUTE, numberOf } from './stage.ts';

function encoded(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
}

function secret(data: Readonly<Record<string, string>>, resourceVersion = '1'): SecretAnswer {
  return { kind: 'ok', data: encoded(data), resourceVersion };
}

function numbered(number: number, resourceVersion = String(number)): SecretAnswer {
  const data = { accessKeyId: `${CANARY}Id${number}`, accessKeySecret: `${CANARY}Secret${number}` };
  return secret(data, resourceVersion);
}

const down: SecretAnswer = { kind: 'unavailable', message: 'connect ECONNREFUSED 127.0.0.1:6443' };
const gone: SecretAnswer = { kind: 'notFound', message: 'secrets "keys" not found (404 NotFound)' };
const forbidden: SecretAnswer = { kind: 'forbidden', message: 'secrets "keys" is forbidden (403)' };

interface Rig {
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
  readonly credentials: Credentials;
  /** Times of the reads. */
  readonly reads: number[];
  answer: SecretAnswer | Promise<SecretAnswer>;
  /** What `current` gives: number of the keys, or code of the error. */
  now(): Promise<number | string>;
}

function rig(answer: SecretAnswer, keys?: SecretKeys): Rig {
  const clock = virtualClock();
  const log = createRecordingLog();
  const reads: number[] = [];
  const credentials = secretCredentials({
    secret: { namespace: 'team', name: 'keys' },
    keys,
    async readSecret() {
      reads.push(clock.monotonic());
      return made.answer;
    },
    clock,
    log,
  });
  const now = async () => numberOf(await credentials.current());
  const made: Rig = { clock, log, credentials, reads, answer, now };
  return made;
}

describe('secretCredentials', () => {
  test('50 concurrent callers share one read', async () => {
    const { credentials, reads } = rig(numbered(1));
    const all = await Promise.all(Array.from({ length: 50 }, () => credentials.current()));
    expect([new Set(all.map(numberOf)), reads.length]).toEqual([new Set([1]), 1]);
  });

  test('E9: the Secret is read again five minutes after the last read, and changed keys get another source', async () => {
    const made = rig(numbered(1));
    const first = keysOf(await made.credentials.current());
    made.answer = numbered(2);
    await made.clock.advance(5 * MINUTE - 1);
    expect([await made.now(), made.reads.length]).toEqual([1, 1]);
    await made.clock.advance(1);
    const second = keysOf(await made.credentials.current());
    expect(second.accessKeyId).toBe(`${CANARY}Id2`);
    expect(second.source).not.toBe(first.source);
  });

  test('equal content keeps its source, whatever else of the Secret changes', async () => {
    const made = rig(numbered(1));
    const { source } = keysOf(await made.credentials.current());
    made.answer = numbered(1, '99');
    await made.clock.advance(5 * MINUTE);
    expect(keysOf(await made.credentials.current()).source).toBe(source);
    expect(made.reads).toHaveLength(2);
  });

  test('a source names Secret and version and nothing of the keys', async () => {
    const { source } = keysOf(await rig(numbered(1, '4711')).credentials.current());
    expect(source).toBe('secret team/keys version 4711 (1)');
  });

  test('keys renames the keys, and a security token is taken along', async () => {
    const keys = { accessKeyId: 'AK', accessKeySecret: 'SK', securityToken: 'ST' };
    const answer = secret({ AK: 'i', SK: 's', ST: 't', accessKeyId: 'other' });
    expect(await rig(answer, keys).credentials.current()).toMatchObject({
      credential: { accessKeyId: 'i', accessKeySecret: 's', securityToken: 't' },
    });
  });

  test('A13: white space around a value is dropped, and said once for each content, with the key only', async () => {
    const bad = { accessKeyId: `${CANARY}Id1\n`, accessKeySecret: ` ${CANARY}Secret1\r\n` };
    const made = rig(secret(bad));
    expect(keysOf(await made.credentials.current())).toMatchObject({
      accessKeyId: `${CANARY}Id1`,
      accessKeySecret: `${CANARY}Secret1`,
    });
    const warnings = () => made.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
    const both = [
      { secret: 'team/keys', key: 'accessKeyId' },
      { secret: 'team/keys', key: 'accessKeySecret' },
    ];
    expect(warnings()).toEqual(both);
    await made.clock.advance(5 * MINUTE);
    await made.now();
    expect([made.reads.length, warnings()]).toEqual([2, both]);
    made.answer = secret({ ...bad, accessKeyId: `${CANARY}Id2` });
    await made.clock.advance(5 * MINUTE);
    expect(await made.now()).toBe(2);
    expect(warnings()).toEqual([...both, both[1]]);
    expect(JSON.stringify(made.log.lines)).not.toContain(CANARY);
  });

  const good = { accessKeyId: `${CANARY}Id1`, accessKeySecret: `${CANARY}Secret1` };
  const raw = (data: Readonly<Record<string, string>>): SecretAnswer => ({
    kind: 'ok',
    data: { ...encoded(good), ...data },
    resourceVersion: '1',
  });
  const bad: readonly (readonly [string, SecretAnswer, string, RegExp])[] = [
    ['no Secret', gone, 'SecretNotFound', /does not exist/],
    ['no right', forbidden, 'SecretForbidden', /may not be read.*forbidden/],
    ['no answer', down, 'SecretUnavailable', /ECONNREFUSED/],
    ['no data', secret({}), 'SecretKeyMissing', /no key "accessKeyId"/],
    ['no secret key', secret({ accessKeyId: CANARY }), 'SecretKeyMissing', /no key "accessKeySecret"/],
    ['an empty id', secret({ ...good, accessKeyId: '' }), 'SecretValueEmpty', /key "accessKeyId"/],
    [
      'white space only',
      secret({ ...good, accessKeySecret: ' \n' }),
      'SecretValueEmpty',
      /"accessKeySecret"/,
    ],
    ['no base64', raw({ accessKeyId: `${CANARY}*` }), 'SecretValueMalformed', /"accessKeyId".*not base64/],
    ['cut base64', raw({ accessKeyId: 'YWJjZ' }), 'SecretValueMalformed', /"accessKeyId".*not base64/],
    ['an endless value', raw({ accessKeyId: 'YWJj'.repeat(9000) }), 'SecretValueMalformed', /too long/],
    [
      'two words',
      secret({ ...good, accessKeyId: `${CANARY} x` }),
      'SecretValueMalformed',
      /"accessKeyId".*space/,
    ],
    [
      'a binary value',
      raw({ accessKeySecret: '/////w==' }),
      'SecretValueMalformed',
      /"accessKeySecret".*non-ASCII/,
    ],
    [
      'a bad token',
      secret({ ...good, securityToken: 'a b' }),
      'SecretValueMalformed',
      /"securityToken".*space/,
    ],
  ];
  test.each(bad)(
    'A13, S8: %s is a clear condition that names the Secret and no value',
    async (_, answer, code, text) => {
      const made = rig(answer);
      const error = errorOf(await made.credentials.current());
      expect(error.code).toBe(code);
      expect(error.message).toMatch(text);
      expect(error.message).toContain('team/keys');
      expect(JSON.stringify([error, made.log.lines])).not.toContain(CANARY);
    },
  );

  test.each(bad)(
    'A13: %s recovers within ten seconds of being fixed, and is not asked all the time',
    async (_, answer) => {
      const made = rig(answer);
      for (let tenth = 0; tenth < 1200; tenth += 1) {
        await made.now();
        await made.clock.advance(100);
      }
      expect(made.reads.length).toBeLessThan(17);
      made.answer = numbered(1);
      await made.clock.advance(10_000);
      expect(await made.now()).toBe(1);
    },
  );

  test.each([
    ['the API server is down', down],
    ['the right to read it is gone', forbidden],
  ])('E9: while %s the old keys go on being used, which is said once', async (_, answer) => {
    const made = rig(numbered(1));
    await made.now();
    made.answer = answer;
    for (let second = 0; second < 7200; second += 10) {
      await made.clock.advance(10_000);
      expect(await made.now()).toBe(1);
    }
    expect(made.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    made.answer = numbered(2);
    await made.clock.advance(10_000);
    expect(await made.now()).toBe(2);
  });

  test.each([
    ['is deleted', gone, 'SecretNotFound'],
    ['loses a key', secret({ accessKeyId: 'x' }), 'SecretKeyMissing'],
    ['gets an empty value', secret({ ...good, accessKeySecret: '' }), 'SecretValueEmpty'],
  ])('E9: when the Secret %s its keys end', async (_, answer, code) => {
    const made = rig(numbered(1));
    const first = keysOf(await made.credentials.current());
    made.answer = answer;
    await made.clock.advance(5 * MINUTE);
    expect(await made.now()).toBe(code);
    made.answer = numbered(1, '7');
    await made.clock.advance(1000);
    expect(keysOf(await made.credentials.current()).source).not.toBe(first.source);
  });

  test('C5, E9: after a refusal the Secret is read at once, and new keys are used', async () => {
    const made = rig(numbered(1));
    const keys = keysOf(await made.credentials.current());
    await made.clock.advance(MINUTE);
    made.answer = numbered(2);
    made.credentials.refused(keys);
    expect([await made.now(), made.reads.length]).toEqual([2, 2]);
    made.credentials.refused(keys);
    expect([await made.now(), made.reads.length]).toEqual([2, 2]);
  });

  test('C5: refused keys that are still there are CredentialsInvalid, read every ten seconds, tried every minute', async () => {
    const made = rig(numbered(1));
    await made.now();
    await made.clock.advance(MINUTE);
    const tried: number[] = [];
    for (let tenth = 0; tenth < 3000; tenth += 1) {
      const result = await made.credentials.current();
      if (result.kind === 'ok') {
        tried.push(made.clock.monotonic());
        made.credentials.refused(result.credential);
      } else expect(result.code).toBe('CredentialsInvalid');
      await made.clock.advance(100);
    }
    expect(tried).toHaveLength(5);
    const gaps = made.reads.slice(1).map((at, index) => at - (made.reads[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
    expect(made.reads.length).toBeGreaterThan(28);
  });

  test('C5: keys that are refused right after they were read are not read again before ten seconds have passed', async () => {
    const made = rig(numbered(1));
    const keys = keysOf(await made.credentials.current());
    made.answer = numbered(2);
    made.credentials.refused(keys);
    await made.clock.advance(9999);
    expect([await made.now(), made.reads.length]).toEqual(['CredentialsInvalid', 1]);
    await made.clock.advance(1);
    expect([await made.now(), made.reads.length]).toEqual([2, 2]);
  });

  test('C5: 50 refusals of the same keys cost one read', async () => {
    const made = rig(numbered(1));
    const keys = keysOf(await made.credentials.current());
    await made.clock.advance(MINUTE);
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        made.credentials.refused(keys);
        await made.credentials.current();
      }),
    );
    expect(made.reads).toHaveLength(2);
  });

  test('a read that hangs lets current() settle within 10 s, and the old keys stay', async () => {
    const made = rig(numbered(1));
    await made.now();
    made.answer = new Promise(() => {});
    await made.clock.advance(5 * MINUTE);
    let result: unknown;
    void made.now().then((number) => {
      result = number;
    });
    await made.clock.advance(9999);
    expect(result).toBe(1);
  });

  test('a read that rejects is SecretUnavailable without the text of the error', async () => {
    const made = rig(numbered(1));
    made.answer = Promise.reject(new Error(CANARY));
    const error = errorOf(await made.credentials.current());
    expect([error.code, JSON.stringify([error, made.log.lines]).includes(CANARY)]).toEqual([
      'SecretUnavailable',
      false,
    ]);
  });

  test('S6, O10: 50 Secrets that change all the time never give the keys of another, nor a value to the log', async () => {
    const steps = fc.array(
      fc.record({ wait: fc.integer({ min: 0, max: HOUR }), change: fc.boolean(), refuse: fc.boolean() }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const rigs = Array.from({ length: 50 }, (_, index) => rig(numbered(1000 * index)));
        let version = 0;
        const sources = new Map<string, string>();
        for (const { wait, change, refuse } of history) {
          version += change ? 1 : 0;
          await Promise.all(
            rigs.map(async (made, index) => {
              made.answer = numbered(1000 * index + version);
              await made.clock.advance(wait);
              const result = await made.credentials.current();
              if (result.kind === 'error') return;
              const { source, accessKeyId } = result.credential;
              expect(Math.floor(Number(numberOf(result)) / 1000)).toBe(index);
              expect(sources.get(`${index} ${source}`) ?? accessKeyId).toBe(accessKeyId);
              sources.set(`${index} ${source}`, accessKeyId);
              if (refuse) made.credentials.refused(result.credential);
            }),
          );
        }
        expect(JSON.stringify(rigs.map(({ log }) => log.lines))).not.toContain(CANARY);
      }),
      { numRuns: 20 },
    );
  });
});
