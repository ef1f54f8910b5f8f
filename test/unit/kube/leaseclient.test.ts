import { afterEach, describe, expect, test } from 'vitest';
import { createLeaseClient, microTime } from '../../../src/adapters/kube/leaseclient.ts';
import type { LeaseClient } from '../../../src/ports/lease.ts';
import { type Handler, json, type Rig, startRig, status, until } from './apiserver.ts';

const RECORD = {
  resourceVersion: '7',
  holderIdentity: 'me',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-02T03:04:05.600Z',
  renewTime: '2026-01-02T03:04:06Z',
  leaseTransitions: 2,
};
const SPEC = {
  holderIdentity: 'me',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-02T03:04:05.600000Z',
  renewTime: '2026-01-02T03:04:06.000000Z',
  leaseTransitions: 2,
};

let running: Rig | undefined;

async function clientOn(handler: Handler): Promise<{ readonly client: LeaseClient; readonly rig: Rig }> {
  running = await startRig(handler);
  return { client: createLeaseClient(running.transport, { namespace: 'ns', name: 'albsp' }), rig: running };
}

afterEach(async () => {
  await running?.close();
});

describe('createLeaseClient()', () => {
  test('reads a record, also one with nothing in it', async () => {
    const specs: unknown[] = [SPEC, { holderIdentity: null }];
    const { client } = await clientOn((_, response) =>
      json(response, 200, { metadata: { resourceVersion: '7' }, spec: specs.shift() }),
    );
    expect(await client.read()).toEqual({ kind: 'ok', record: { ...RECORD, ...SPEC } });
    expect(await client.read()).toMatchObject({
      record: { holderIdentity: '', leaseTransitions: 0, renewTime: '' },
    });
  });

  test('creates with times of six decimals', async () => {
    const { client, rig } = await clientOn((_, response) =>
      json(response, 201, { metadata: { resourceVersion: '1' }, spec: SPEC }),
    );
    const { resourceVersion: _, ...record } = RECORD;
    expect(await client.create(record)).toMatchObject({ kind: 'ok', record: { resourceVersion: '1' } });
    expect(rig.server.received[0]?.path).toBe('/apis/coordination.k8s.io/v1/namespaces/ns/leases');
    expect(JSON.parse(rig.server.received[0]?.body ?? '')).toMatchObject({ kind: 'Lease', spec: SPEC });
  });

  test('updates with the resourceVersion, and touches nothing else of the Lease', async () => {
    const { client, rig } = await clientOn((_, response) =>
      json(response, 200, { metadata: { resourceVersion: '8' }, spec: SPEC }),
    );
    expect(await client.update(RECORD)).toMatchObject({ kind: 'ok', record: { resourceVersion: '8' } });
    expect(rig.server.received[0]?.method).toBe('PATCH');
    expect(JSON.parse(rig.server.received[0]?.body ?? '')).toEqual({
      metadata: { resourceVersion: '7' },
      spec: SPEC,
    });
  });

  test.each([
    [404, 'absent'],
    [409, 'conflict'],
    [403, 'failed'],
    [500, 'failed'],
  ])('D6 F5 makes of %i the answer "%s"', async (code, kind) => {
    const { client } = await clientOn((_, response) => status(response, code, 'R'));
    expect(await client.update(RECORD)).toMatchObject({ kind });
  });

  test('F3 fails after 5 s without an answer', async () => {
    const { client, rig } = await clientOn(() => {});
    const answer = client.read();
    await until(() => rig.server.received.length === 1);
    rig.clock.advance(5000);
    expect(await answer).toMatchObject({ kind: 'failed' });
  });
});

describe('microTime()', () => {
  test.each([
    ['', null],
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-02T03:04:05.123456789+08:00', '2026-01-02T03:04:05.123456+08:00'],
    ['soon', 'soon'],
  ])('writes "%s" as %j', (time, written) => {
    expect(microTime(time)).toBe(written);
  });
});
