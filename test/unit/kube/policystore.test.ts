import { afterEach, describe, expect, test } from 'vitest';
import { createOwnWrites } from '../../../src/adapters/kube/ownwrites.ts';
import { createPolicyStore } from '../../../src/adapters/kube/policystore.ts';
import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import type { PolicyStore } from '../../../src/ports/store.ts';
import { type Handler, json, type Rig, startRig, status } from './apiserver.ts';

function policy(version: string, uid = 'u1', more: Partial<SecurityPolicy> = {}): SecurityPolicy {
  return {
    apiVersion: 'alb.alicloud.dev/v1alpha1',
    kind: 'SecurityPolicy',
    metadata: { name: 'a', namespace: 'ns', uid, resourceVersion: version, generation: 1 },
    spec: {},
    ...more,
  };
}

let running: Rig | undefined;
let cache: Map<string, SecurityPolicy>;

async function storeOn(handler: Handler): Promise<{ readonly store: PolicyStore; readonly rig: Rig }> {
  running = await startRig(handler);
  cache = new Map([['ns/a', policy('10')]]);
  const reflectorOf = (namespace: string) => (namespace === 'ns' ? cache : undefined);
  const living = async () => new Set(['uid-alive']);
  return { store: createPolicyStore({ transport: running.transport, reflectorOf, living }), rig: running };
}

afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe('writeFinalizers()', () => {
  test('sends a merge patch with uid and resourceVersion', async () => {
    const { store, rig } = await storeOn((_, response) => json(response, 200, policy('11')));
    expect(await store.writeFinalizers(policy('10'), ['f'])).toEqual({ kind: 'ok', object: policy('11') });
    const [sent] = rig.server.received;
    expect(sent?.path).toBe('/apis/alb.alicloud.dev/v1alpha1/namespaces/ns/securitypolicies/a');
    expect(sent?.headers['content-type']).toBe('application/merge-patch+json');
    expect(JSON.parse(sent?.body ?? '')).toEqual({
      metadata: { uid: 'u1', resourceVersion: '10', finalizers: ['f'] },
    });
  });
});

describe('writeStatus()', () => {
  test('puts the whole object to /status, with its kind', async () => {
    const { store, rig } = await storeOn((_, response) => json(response, 200, policy('11')));
    const bare = { metadata: policy('10').metadata, spec: {} } as SecurityPolicy;
    await store.writeStatus(bare, { observedGeneration: 1 });
    const [sent] = rig.server.received;
    expect(sent?.method).toBe('PUT');
    expect(sent?.path).toMatch(/\/status$/);
    expect(JSON.parse(sent?.body ?? '')).toEqual(policy('10', 'u1', { status: { observedGeneration: 1 } }));
  });

  const uidMessage = 'Precondition failed: UID in precondition: u1, UID in object meta: u2';
  test.each([
    [404, 'NotFound', 'm', { kind: 'gone' }],
    [409, 'Conflict', 'the object has been modified', { kind: 'conflict' }],
    [409, 'Conflict', uidMessage, { kind: 'gone' }],
    [403, 'Forbidden', 'm', { kind: 'refused', message: 'm' }],
    [422, 'Invalid', 'm', { kind: 'refused', message: 'm' }],
    [400, 'BadRequest', 'm', { kind: 'refused', message: 'm' }],
    [401, 'Unauthorized', 'm', { kind: 'unavailable', message: 'm (401 Unauthorized)' }],
    [429, 'TooManyRequests', 'm', { kind: 'unavailable', message: 'm (429 TooManyRequests)' }],
    [500, 'InternalError', 'm', { kind: 'unavailable', message: 'm (500 InternalError)' }],
    [504, 'Timeout', 'm', { kind: 'unavailable', message: 'm (504 Timeout)' }],
  ])('D1 D4 D7 D8 makes of %i %s "%s" what to do next', async (code, reason, message, result) => {
    const { store } = await storeOn((_, response) => status(response, code, reason, message));
    expect(await store.writeStatus(policy('10'), {})).toEqual(result);
    expect(store.read('ns/a')).toEqual({ kind: 'found', object: policy('10') });
  });

  test('is unavailable when the answer is lost, and gone when another uid answers', async () => {
    const { store, rig } = await storeOn((request, response) => {
      if (request.method === 'PATCH') json(response, 200, policy('11', 'u2'));
      else response.socket?.resetAndDestroy();
    });
    expect(await store.writeStatus(policy('10'), {})).toMatchObject({ kind: 'unavailable' });
    expect(await store.writeFinalizers(policy('10'), [])).toEqual({ kind: 'gone' });
    expect(rig.server.received).toHaveLength(2);
  });
});

describe('read()', () => {
  test('E4 answers our own write until the cache shows it or something newer', async () => {
    const { store } = await storeOn((_, response) => json(response, 200, policy('11')));
    await store.writeStatus(policy('10'), {});
    expect(store.read('ns/a')).toEqual({ kind: 'found', object: policy('11') });
    cache.set('ns/a', policy('12'));
    expect(store.read('ns/a')).toEqual({ kind: 'found', object: policy('12') });
  });

  test('E4 compares versions as numbers: 9 is older than 10', async () => {
    const { store } = await storeOn((_, response) => json(response, 200, policy('10')));
    cache.set('ns/a', policy('9'));
    await store.writeStatus(policy('9'), {});
    expect(store.read('ns/a')).toEqual({ kind: 'found', object: policy('10') });
  });

  test('E5 believes the cache when it shows another uid, or none', async () => {
    const { store } = await storeOn((_, response) => json(response, 200, policy('11')));
    await store.writeStatus(policy('10'), {});
    cache.set('ns/a', policy('9', 'u2'));
    expect(store.read('ns/a')).toEqual({ kind: 'found', object: policy('9', 'u2') });
    cache.set('ns/a', policy('10'));
    await store.writeStatus(policy('10'), {});
    cache.delete('ns/a');
    expect(store.read('ns/a')).toEqual({ kind: 'absent' });
    expect(store.read('elsewhere/a')).toEqual({ kind: 'absent' });
  });

  test('E8 believes the cache when versions are no numbers', async () => {
    const { store } = await storeOn((_, response) => json(response, 200, policy('opaque-2')));
    cache.set('ns/a', policy('opaque-1'));
    await store.writeStatus(policy('opaque-1'), {});
    expect(store.read('ns/a')).toEqual({ kind: 'found', object: policy('opaque-1') });
  });

  test('D7 a write that stores nothing leaves nothing behind', async () => {
    const { store } = await storeOn((_, response) => json(response, 200, policy('10')));
    await store.writeStatus(policy('10'), {});
    expect(store.read('ns/a')).toEqual({ kind: 'found', object: cache.get('ns/a') });
  });
});

describe('createOwnWrites()', () => {
  test('keeps at most so many answers whole, and is stale beyond', () => {
    const caught = new Map<string, SecurityPolicy>();
    for (const key of ['a', 'b', 'c']) caught.set(key, policy('1'));
    const own = createOwnWrites((key) => caught.get(key), 2);
    for (const key of ['a', 'b', 'c']) own.record(key, policy('2'));
    expect(own.over('a', caught.get('a'))).toEqual({ kind: 'stale' });
    expect(own.over('c', caught.get('c'))).toEqual({ kind: 'found', object: policy('2') });
    expect(own.over('a', policy('2'))).toEqual({ kind: 'found', object: policy('2') });
    expect(own.size()).toBe(2);
  });

  test('forgets what the cache has caught up with, though nobody reads it', () => {
    let now = '1';
    const own = createOwnWrites(() => policy(now));
    for (let index = 0; index < 5000; index += 1) {
      now = String(index * 2 + 1);
      own.record(`k${index}`, policy(String(index * 2 + 2)));
    }
    expect(own.size()).toBeLessThan(600);
  });

  test('keeps the newer of two answers that come in the wrong order', () => {
    const own = createOwnWrites(() => policy('1'));
    own.record('a', policy('3'));
    own.record('a', policy('2'));
    expect(own.over('a', policy('1'))).toEqual({ kind: 'found', object: policy('3') });
  });
});
