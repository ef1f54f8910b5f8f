import { afterEach, describe, expect, test } from 'vitest';
import { json, status, until } from './apiserver.ts';
import {
  bookmark,
  closed,
  errorEvent,
  event,
  open,
  page,
  policy,
  reset,
  type Script,
  startWatchRig,
  type WatchRig,
} from './watchrig.ts';

let running: WatchRig | undefined;

async function rigOf(script: Script, more: Parameters<typeof startWatchRig>[1] = {}): Promise<WatchRig> {
  running = await startWatchRig(script, more);
  return running;
}

afterEach(async () => {
  await running?.close();
  running = undefined;
});

/** A whole first view of one object, left open. */
const FIRST = open(event('ADDED', policy('a', '5')), bookmark('10', true));

describe('startReflector() begins', () => {
  test('with a WatchList and is synced at the end bookmark', async () => {
    const rig = await rigOf([open(event('ADDED', policy('a', '5')), event('ADDED', policy('b', '7')))]);
    await until(() => rig.server.received.length === 1);
    expect(rig.reflector.synced()).toBe(false);
    expect(rig.changes).toEqual([]);
    await rig.close();
    const whole = await rigOf([FIRST], { labelSelector: 'shard=1' });
    await whole.reflector.whenSynced();
    expect(whole.reflector.synced()).toBe(true);
    expect(whole.changes).toEqual(['initial ns/a']);
    const query = whole.server.received[0]?.query;
    expect(query?.get('resourceVersionMatch')).toBe('NotOlderThan');
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(query?.get('resourceVersion')).toBeNull();
    expect(query?.get('timeoutSeconds')).toBe('300');
    expect(query?.get('labelSelector')).toBe('shard=1');
  });

  test('when it is told to, and reads once for a relist that was asked for before', async () => {
    const begin = Promise.withResolvers<void>();
    const rig = await rigOf([(response) => status(response, 404, 'NotFound'), FIRST], {
      begin: begin.promise,
    });
    await rig.transport.call({ verb: 'get', path: '/something/else' });
    const relisted = rig.reflector.relist();
    begin.resolve();
    await relisted;
    expect([...rig.reflector.keys()]).toEqual(['ns/a']);
    expect(rig.server.received.map(({ query }) => query.has('watch'))).toEqual([false, true]);
  });

  test('synced and empty when the collection is empty', async () => {
    const rig = await rigOf([open(bookmark('10', true))]);
    await rig.reflector.whenSynced();
    expect([...rig.reflector.keys()]).toEqual([]);
  });

  test.each([
    [400, 'BadRequest'],
    [403, 'Forbidden'],
    [422, 'Invalid'],
  ])('with a list at once when WatchList is refused with %i', async (code, reason) => {
    const rig = await rigOf([
      (response) => status(response, code, reason),
      page('10', [policy('a', '5')]),
      open(),
    ]);
    await rig.reflector.whenSynced();
    await until(() => rig.server.received.length === 3);
    expect(rig.kinds()).toEqual(['stream', 'list', 'resume']);
    expect(rig.server.received[2]?.query.get('resourceVersion')).toBe('10');
    expect(rig.reflector.resourceVersionOf('ns/a')).toBe('5');
  });

  test('with a list when WatchList is cut twice before its end bookmark', async () => {
    const cut = closed(event('ADDED', policy('ghost', '4')));
    const rig = await rigOf([cut, cut, page('10', [policy('a', '5')]), open()]);
    await rig.reach(4);
    await rig.reflector.whenSynced();
    expect(rig.kinds().slice(0, 3)).toEqual(['stream', 'stream', 'list']);
    expect(rig.changes).toEqual(['initial ns/a']);
  });

  test('with a list when a server that does not know WatchList stays silent', async () => {
    const silent = open(event('ADDED', policy('a', '5')));
    const rig = await rigOf([silent, silent, page('10', [policy('a', '5')]), open()]);
    for (const requests of [1, 2]) {
      await rig.reach(requests);
      // The time limit of the headers is gone and the one of silence runs: the watch is open.
      await until(() => (rig.clock.delays()[0] ?? 0) > 10_000);
      rig.clock.advance(30_000);
    }
    await rig.reach(3);
    await rig.reflector.whenSynced();
    expect(rig.kinds().slice(0, 3)).toEqual(['stream', 'stream', 'list']);
  });

  test('with all pages of a list', async () => {
    const rig = await rigOf([
      (response) => status(response, 422, 'Invalid'),
      page('10', [policy('a', '5')], 'next'),
      page('10', [policy('b', '6')]),
      open(),
    ]);
    await rig.reflector.whenSynced();
    expect([...rig.reflector.keys()]).toEqual(['ns/a', 'ns/b']);
    expect(rig.server.received[1]?.query.get('limit')).toBe('500');
    expect(rig.server.received[2]?.query.get('continue')).toBe('next');
  });

  test('E1 with a list without pages when a continue token has expired', async () => {
    const rig = await rigOf([
      (response) => status(response, 422, 'Invalid'),
      page('10', [policy('a', '5')], 'next'),
      (response) => status(response, 410, 'Expired'),
      page('20', [policy('b', '6')]),
      open(),
    ]);
    await rig.reflector.whenSynced();
    expect([...rig.reflector.keys()]).toEqual(['ns/b']);
    expect(rig.server.received[3]?.query.get('limit')).toBeNull();
  });

  test('G7 when the CRD comes late: waits with back-off and says so once', async () => {
    const missing: Script[number] = (response) => status(response, 404, 'NotFound');
    const rig = await rigOf([missing, missing, missing, FIRST]);
    await rig.reach(4);
    await rig.reflector.whenSynced();
    const warnings = rig.log.lines.filter((line) => line.level === 'warn');
    expect(warnings.map((line) => line.message)).toEqual([
      'Resource is not served, waiting for its CustomResourceDefinition',
    ]);
  });
});

describe('startReflector() follows', () => {
  test('additions, changes and deletions', async () => {
    const rig = await rigOf([
      open(
        bookmark('10', true),
        event('ADDED', policy('a', '11')),
        event('MODIFIED', policy('a', '12')),
        event('DELETED', policy('a', '13')),
      ),
    ]);
    await until(() => rig.changes.length === 4);
    expect(rig.changes).toEqual(['event ns/a', 'event ns/a', 'gone uid-a', 'event ns/a']);
    expect(rig.reflector.get('ns/a')).toBeUndefined();
  });

  test('and drops managedFields and the copy that kubectl keeps, and no other annotation', async () => {
    const { metadata } = policy('a', '5');
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'kept' };
    const fat = { metadata: { ...metadata, annotations, managedFields: [{ manager: 'kubectl' }] } };
    const rig = await rigOf([open(event('ADDED', fat), bookmark('10', true))]);
    await rig.reflector.whenSynced();
    expect(rig.reflector.get('ns/a')?.metadata).toEqual({ ...metadata, annotations: { note: 'kept' } });
  });

  test('a new uid under one name as a deletion and an addition', async () => {
    const rig = await rigOf([
      open(
        event('ADDED', policy('a', '5', 'one')),
        bookmark('10', true),
        event('ADDED', policy('a', '11', 'two')),
      ),
    ]);
    await until(() => rig.changes.length === 3);
    expect(rig.changes).toEqual(['initial ns/a', 'gone one', 'event ns/a']);
  });

  test('and ignores a version that is older than the one it holds', async () => {
    const rig = await rigOf([
      open(
        event('ADDED', policy('a', '100')),
        bookmark('100', true),
        event('MODIFIED', policy('a', '99')),
        event('DELETED', policy('a', '98')),
        event('ADDED', policy('b', '101')),
      ),
    ]);
    await until(() => rig.changes.includes('event ns/b'));
    expect(rig.reflector.resourceVersionOf('ns/a')).toBe('100');
    expect(rig.changes).toEqual(['initial ns/a', 'event ns/b']);
  });

  test('E8 versions that are no numbers, in the order of their events', async () => {
    const rig = await rigOf([
      open(event('ADDED', policy('a', 'x9')), bookmark('x9', true), event('MODIFIED', policy('a', 'b1'))),
    ]);
    await until(() => rig.changes.length === 2);
    expect(rig.reflector.resourceVersionOf('ns/a')).toBe('b1');
  });

  test('an object that holds U+2028', async () => {
    const name = 'a\u2028b';
    const rig = await rigOf([open(bookmark('10', true), event('ADDED', policy(name, '11')))]);
    await until(() => rig.changes.length === 1);
    expect(rig.reflector.get(`ns/${name}`)?.metadata.name).toBe(name);
  });

  test('an object whose character is split between two chunks', async () => {
    const bytes = Buffer.from(event('ADDED', policy('前后', '11')));
    const at = bytes.indexOf(Buffer.from('前')) + 1;
    const rig = await rigOf([
      (response) => {
        open(bookmark('10', true), bytes.subarray(0, at))(response, { ...NO_REQUEST });
        setTimeout(() => response.write(bytes.subarray(at)), 20);
      },
    ]);
    await until(() => rig.changes.length === 1);
    expect(rig.changes).toEqual(['event ns/前后']);
  });

  test('on after a handler has thrown', async () => {
    const rig = await rigOf(
      [open(bookmark('10', true), event('ADDED', policy('a', '11')), event('ADDED', policy('b', '12')))],
      {
        onChange: () => {
          throw new Error('handler');
        },
      },
    );
    await until(() => rig.changes.length === 2);
    expect(rig.reflector.resourceVersionOf('ns/b')).toBe('12');
    expect(rig.log.lines.filter((line) => line.level === 'error')).toHaveLength(2);
  });

  test('50,000 objects and lets the event loop turn meanwhile', async () => {
    const lines = Array.from({ length: 50_000 }, (_, index) =>
      event('ADDED', policy(`p${index}`, String(index + 1))),
    );
    const rig = await rigOf([open(lines.join(''), bookmark('50001', true))]);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await rig.reflector.whenSynced();
    clearInterval(timer);
    expect(rig.changes).toHaveLength(50_000);
    expect(turns).toBeGreaterThan(50);
  });
});

const NO_REQUEST = { method: 'GET', path: '', query: new URLSearchParams(), headers: {}, body: '' };

describe('startReflector() resumes from its last version', () => {
  const faults: readonly (readonly [string, Script[number]])[] = [
    ['429', (response) => status(response, 429, 'TooManyRequests')],
    ['500', (response) => status(response, 500, 'InternalError')],
    ['503 without a Status', (response) => response.writeHead(503).end('upstream is down')],
    ['401', (response) => status(response, 401, 'Unauthorized')],
    ['403', (response) => status(response, 403, 'Forbidden')],
    ['a reset before the headers', (response) => response.socket?.resetAndDestroy()],
    ['a reset between two lines', reset(bookmark('11'))],
    ['a line cut short', closed(event('ADDED', policy('b', '12')).slice(0, 30))],
    ['a line that is no JSON', closed('<html>\n')],
    ['an ERROR event that is no 410', closed(errorEvent(500, 'InternalError'))],
  ];

  test.each(faults)('E2 after %s, and loses nothing', async (name, fault) => {
    const begin = closed(event('ADDED', policy('a', '5')), bookmark('10', true));
    // The transport itself repeats a request that was answered 401.
    const faulty = name === '401' ? [fault, fault] : [fault];
    const rig = await rigOf([begin, ...faulty, open(event('ADDED', policy('b', '12')))]);
    await rig.reach(name === '401' ? 4 : 3);
    await until(() => rig.changes.includes('event ns/b'));
    expect(rig.changes).toEqual(['initial ns/a', 'event ns/b']);
    expect(rig.kinds().filter((kind) => kind !== 'resume')).toEqual(['stream']);
  });

  test('E2 after a normal end, from the version of the last bookmark', async () => {
    const rig = await rigOf([closed(bookmark('10', true), bookmark('42')), open()]);
    await rig.reach(2);
    expect(rig.kinds()).toEqual(['stream', 'resume']);
    expect(rig.server.received[1]?.query.get('resourceVersion')).toBe('42');
  });

  test('E2 without a pause after a watch that lasted', async () => {
    const ends: (() => void)[] = [];
    const rig = await rigOf([
      (response, request) => {
        open(bookmark('10', true))(response, request);
        ends.push(() => response.end());
      },
      open(),
    ]);
    await rig.reflector.whenSynced();
    rig.clock.advance(5000);
    ends[0]?.();
    await until(() => rig.server.received.length === 2);
  });

  test('E3 after a half-open connection: 150 s without a bookmark', async () => {
    const rig = await rigOf([FIRST, open(event('ADDED', policy('b', '11')))]);
    await rig.reflector.whenSynced();
    rig.clock.advance(149_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.server.received).toHaveLength(1);
    rig.clock.advance(1000);
    await rig.reach(2);
    await until(() => rig.changes.includes('event ns/b'));
    expect(rig.kinds()).toEqual(['stream', 'resume']);
  });

  test('E3 when the headers of a watch do not come within 10 s', async () => {
    const rig = await rigOf([() => {}, FIRST]);
    await until(() => rig.server.received.length === 1);
    rig.clock.advance(10_000);
    await rig.reach(2);
    await rig.reflector.whenSynced();
  });

  test('D2 no sooner than Retry-After says', async () => {
    const rig = await rigOf([
      (response) =>
        json(
          response,
          503,
          { kind: 'Status', code: 503, reason: 'ServiceUnavailable' },
          { 'retry-after': '7' },
        ),
      FIRST,
    ]);
    await until(() => rig.clock.delays().includes(7000));
    rig.clock.advance(6999);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.server.received).toHaveLength(1);
    rig.clock.advance(1);
    await rig.reflector.whenSynced();
  });
});

describe('startReflector() reads everything again', () => {
  const expired: readonly (readonly [string, Script[number]])[] = [
    ['410 as HTTP status', (response) => status(response, 410, 'Expired')],
    ['410 as an ERROR event', closed(errorEvent(410, 'Expired'))],
    [
      'a version that the server has not reached',
      (response) => status(response, 504, 'Timeout', 'Too large resource version: 10, current: 3'),
    ],
    ['400 for its version', (response) => status(response, 400, 'BadRequest')],
  ];

  test.each(expired)('E1 after %s, and notices the deletions', async (_, fault) => {
    const rig = await rigOf([
      closed(
        event('ADDED', policy('a', '5')),
        event('ADDED', policy('b', '6')),
        event('ADDED', policy('c', '7')),
        bookmark('10', true),
      ),
      fault,
      open(
        event('ADDED', policy('b', '6')),
        event('ADDED', policy('c', '30', 'other')),
        bookmark('31', true),
      ),
    ]);
    await rig.reach(3);
    await until(() => rig.changes.length === 7);
    expect(rig.changes.slice(3)).toEqual(['gone uid-c', 'relist ns/c', 'gone uid-a', 'relist ns/a']);
    expect([...rig.reflector.keys()]).toEqual(['ns/b', 'ns/c']);
  });

  test('E11 after three ERROR events in a row that are no 410, each after a longer pause', async () => {
    const bad = closed(errorEvent(500, 'InternalError'));
    const rig = await rigOf([closed(bookmark('10', true)), bad, bad, bad, open(bookmark('20', true))]);
    await rig.reach(5);
    expect(rig.kinds()).toEqual(['stream', 'resume', 'resume', 'resume', 'stream']);
  });

  test('when relist() is called, with a read that begins after the call', async () => {
    const rig = await rigOf([FIRST, open(event('ADDED', policy('a', '50')), bookmark('51', true))]);
    await rig.reflector.whenSynced();
    await rig.reflector.relist();
    expect(rig.kinds()).toEqual(['stream', 'stream']);
    expect(rig.reflector.resourceVersionOf('ns/a')).toBe('50');
  });

  test('when relist() is called while a list runs: that list does not count', async () => {
    const rig = await rigOf([open(event('ADDED', policy('a', '5'))), FIRST]);
    await until(() => rig.server.received.length === 1);
    await rig.reflector.relist();
    expect(rig.server.received).toHaveLength(2);
    expect(rig.reflector.synced()).toBe(true);
  });

  test('at once when relist() is called in a pause, and again after a failure', async () => {
    const down: Script[number] = (response) => status(response, 503, 'ServiceUnavailable');
    const rig = await rigOf([down, down, page('10', [policy('a', '5')]), open()]);
    await until(() => rig.server.received.length === 1 && rig.clock.delays()[0] === 800);
    const done = rig.reflector.relist();
    await until(() => rig.server.received.length === 2);
    await rig.reach(3);
    await done;
    expect(rig.reflector.synced()).toBe(true);
  });
});

describe('stop() leaves nothing open', () => {
  async function expectStopped(rig: WatchRig): Promise<void> {
    const waits = [rig.reflector.relist(), rig.reflector.whenSynced()];
    rig.reflector.stop();
    await Promise.all(waits);
    const changes = rig.changes.length;
    await until(() => rig.server.connections().open === 0, 'connections closed');
    const { length } = rig.server.received;
    rig.clock.advance(600_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.server.received).toHaveLength(length);
    expect(rig.changes).toHaveLength(changes);
    expect(rig.clock.delays()).toEqual([]);
  }

  test('while connecting', async () => {
    const rig = await rigOf([FIRST]);
    rig.reflector.stop();
    await rig.transport.close();
    await expectStopped(rig);
    expect(rig.reflector.synced()).toBe(false);
  });

  test('while it waits for headers', async () => {
    const rig = await rigOf([() => {}]);
    await until(() => rig.server.received.length === 1);
    await expectStopped(rig);
  });

  test('inside the first view', async () => {
    const rig = await rigOf([open(event('ADDED', policy('a', '5')))]);
    await until(() => rig.server.received.length === 1);
    await expectStopped(rig);
    expect(rig.changes).toEqual([]);
  });

  test('inside a watch', async () => {
    const rig = await rigOf([FIRST]);
    await rig.reflector.whenSynced();
    await expectStopped(rig);
  });

  test('in a pause', async () => {
    const rig = await rigOf([(response) => response.socket?.resetAndDestroy()]);
    await until(() => rig.clock.delays()[0] === 800);
    await expectStopped(rig);
  });

  test('from inside a handler', async () => {
    const rig = await rigOf(
      [open(event('ADDED', policy('a', '5')), event('ADDED', policy('b', '6')), bookmark('10', true))],
      {
        onChange: () => running?.reflector.stop(),
      },
    );
    await until(() => rig.changes.length === 1);
    await expectStopped(rig);
    expect(rig.changes).toEqual(['initial ns/a']);
  });
});
