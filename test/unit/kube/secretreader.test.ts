import { afterEach, describe, expect, test } from 'vitest';
import { readSecret } from '../../../src/adapters/kube/secretreader.ts';
import type { SecretAnswer } from '../../../src/ports/secret.ts';
import { type Handler, json, type Rig, startRig, status } from './apiserver.ts';

let running: Rig | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function read(handler: Handler, name = { namespace: 'team', name: 'keys' }): Promise<SecretAnswer> {
  running = await startRig(handler);
  return readSecret(running.transport, name);
}

const metadata = { name: 'keys', namespace: 'team', resourceVersion: '7' };

describe('readSecret()', () => {
  test('sends one GET of one name and gives data and version', async () => {
    const answer = await read((_, response) =>
      json(response, 200, { kind: 'Secret', metadata, data: { a: 'Yg==' }, type: 'Opaque' }),
    );
    expect(answer).toEqual({ kind: 'ok', data: { a: 'Yg==' }, resourceVersion: '7' });
    expect(
      running?.server.received.map(({ method, path, query }) => [method, path, query.toString()]),
    ).toEqual([['GET', '/api/v1/namespaces/team/secrets/keys', '']]);
  });

  test.each([
    ['..', 'keys'],
    ['team', '..'],
    ['team', 'a/b'],
    ['team', 'keys?watch=1'],
    ['team', ''],
    ['team', 'Keys'],
  ])('S2: namespace %j and name %j lead to no other path: nothing is sent', async (namespace, name) => {
    const answer = await read((_, response) => status(response, 500, 'Oops'), { namespace, name });
    expect([answer.kind, running?.server.received]).toEqual(['notFound', []]);
  });

  test('a Secret without data has none', async () => {
    const answer = await read((_, response) => json(response, 200, { kind: 'Secret', metadata }));
    expect(answer).toEqual({ kind: 'ok', data: {}, resourceVersion: '7' });
  });

  test.each([
    [404, 'NotFound', 'notFound'],
    [403, 'Forbidden', 'forbidden'],
    [401, 'Unauthorized', 'unavailable'],
    [429, 'TooManyRequests', 'unavailable'],
    [500, 'InternalError', 'unavailable'],
  ] as const)('A13: HTTP %i %s is %s', async (code, reason, kind) => {
    const answer = await read((_, response) => status(response, code, reason, 'why'));
    expect(answer).toEqual({ kind, message: `why (${code} ${reason})` });
  });

  test.each([
    ['another kind', { kind: 'SecretList', metadata, data: {} }],
    ['no version', { kind: 'Secret', metadata: { name: 'canary' }, data: {} }],
    ['data that is a list', { kind: 'Secret', metadata, data: ['canary'] }],
    ['a value that is no text', { kind: 'Secret', metadata, data: { a: { b: 'canary' } } }],
    ['nothing', null],
  ])('O10: %s is unavailable, and not repeated', async (_, body) => {
    const answer = await read((_request, response) => json(response, 200, body));
    expect(answer.kind).toBe('unavailable');
    expect(JSON.stringify(answer)).not.toContain('canary');
  });

  test('O10: a broken answer is unavailable, and not repeated', async () => {
    const answer = await read((_, response) => response.end('{"data":{"a":"canary'));
    expect(answer).toMatchObject({ kind: 'unavailable' });
    expect(JSON.stringify([answer, running?.log.lines])).not.toContain('canary');
  });

  test('an answer beyond 3 MiB is cut off', async () => {
    const answer = await read((_, response) =>
      json(response, 200, { kind: 'Secret', metadata, data: { a: 'A'.repeat(4 * 1024 * 1024) } }),
    );
    expect(answer).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('AnswerTooLarge') });
  });

  test('an API server that does not answer is given up after 5 s', async () => {
    const asked = Promise.withResolvers<void>();
    running = await startRig(() => asked.resolve());
    const { clock, transport } = running;
    const answer = readSecret(transport, { namespace: 'team', name: 'keys' });
    await asked.promise;
    clock.advance(5_000);
    expect(await answer).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('Timeout'),
    });
  });
});
