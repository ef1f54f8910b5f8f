import { afterEach, describe, expect, test } from 'vitest';
import { createEventSink } from '../../../src/adapters/kube/eventsink.ts';
import type { SecurityPolicy } from '../../../src/api/securitypolicy.ts';
import type { Events } from '../../../src/ports/store.ts';
import { type Handler, json, type Rig, startRig, status, until } from './apiserver.ts';

const POLICY: SecurityPolicy = {
  apiVersion: 'alb.alicloud.dev/v1alpha1',
  kind: 'SecurityPolicy',
  metadata: { name: 'a', namespace: 'ns', uid: 'u1', resourceVersion: '10', generation: 1 },
  spec: {},
};
const EVENT = { type: 'Normal', reason: 'Created', message: 'Policy "p" was created' } as const;

let running: Rig | undefined;

async function sinkOn(handler: Handler): Promise<{ readonly sink: Events; readonly rig: Rig }> {
  running = await startRig(handler);
  const { transport, clock, log } = running;
  const sink = createEventSink({
    transport,
    clock,
    log,
    random: () => 0.5,
    component: 'albsp',
    instance: 'pod-1',
  });
  return { sink, rig: running };
}

afterEach(async () => {
  await running?.close();
});

describe('publish()', () => {
  test('writes an Event that kubectl describe shows', async () => {
    const { sink, rig } = await sinkOn((_, response) => json(response, 201, {}));
    sink.publish(POLICY, EVENT);
    await until(() => rig.server.received.length === 1);
    const body = JSON.parse(rig.server.received[0]?.body ?? '');
    expect(body.involvedObject).toMatchObject({
      kind: 'SecurityPolicy',
      namespace: 'ns',
      name: 'a',
      uid: 'u1',
    });
    expect(body).toMatchObject({
      ...EVENT,
      count: 1,
      source: { component: 'albsp' },
      reportingInstance: 'pod-1',
    });
    expect(body.metadata.name).toMatch(/^a\.[0-9a-f]{16}$/);
    expect(body.firstTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('counts equal ones, and begins again when the first one is gone', async () => {
    let patches = 0;
    const { sink, rig } = await sinkOn((request, response) => {
      if (request.method === 'POST') return json(response, 201, {});
      patches += 1;
      return patches === 1 ? json(response, 200, {}) : status(response, 404, 'NotFound');
    });
    for (const requests of [1, 2, 4]) {
      sink.publish(POLICY, EVENT);
      await until(() => rig.server.received.length === requests);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(rig.server.received.map((request) => request.method)).toEqual(['POST', 'PATCH', 'PATCH', 'POST']);
    expect(JSON.parse(rig.server.received[1]?.body ?? '')).toMatchObject({ count: 2 });
  });

  test('D10 is silent but for a debug line when the Events API is down', async () => {
    const { sink, rig } = await sinkOn((_, response) => status(response, 403, 'Forbidden'));
    sink.publish(POLICY, EVENT);
    await until(() => rig.log.lines.length === 1);
    expect(rig.log.lines[0]).toMatchObject({ level: 'debug', message: 'Event was not written' });
  });

  test('cuts a message at 1024 bytes', async () => {
    const { sink, rig } = await sinkOn((_, response) => json(response, 201, {}));
    sink.publish(POLICY, { ...EVENT, message: '字'.repeat(1024) });
    await until(() => rig.server.received.length === 1);
    const { message } = JSON.parse(rig.server.received[0]?.body ?? '');
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(Buffer.byteLength(message)).toBeGreaterThan(1000);
  });

  test('O12 writes 25 events of one object at once, then one in 12 s', async () => {
    const { sink, rig } = await sinkOn((_, response) => json(response, 201, {}));
    for (let index = 0; index < 40; index += 1) sink.publish(POLICY, { ...EVENT, message: `m${index}` });
    await until(() => rig.server.received.length === 25);
    await new Promise((resolve) => setTimeout(resolve, 20));
    rig.clock.advance(12_000);
    sink.publish(POLICY, { ...EVENT, message: 'later' });
    sink.publish(POLICY, { ...EVENT, message: 'too soon' });
    await until(() => rig.server.received.length === 26);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.server.received).toHaveLength(26);
  });
});
