import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fault, FaultRule } from '../../../src/dev/alb/faults.ts';
import { type RunningAlb, startAlb } from '../../../src/dev/alb/server.ts';
import { GOOD, HandClock, seeded } from './bench.ts';
import { Caller } from './caller.ts';

const KEY = { id: 'test-key', secret: 'test-secret' };
const SIDES = [
  ['before', 0],
  ['after', 1],
] as const;

let alb: RunningAlb;
let clock: HandClock;
let caller: Caller;

beforeEach(async () => {
  clock = new HandClock();
  alb = await startAlb({ accessKeys: [KEY], options: { rates: {} }, clock, random: seeded(3) });
  caller = new Caller(alb.url, KEY, clock);
});
afterEach(async () => {
  await alb.close();
});

function strike(fault: Fault, rule: Omit<FaultRule, 'fault'> = {}): string {
  return alb.faults.add({ action: 'CreateSecurityPolicy', ...rule, fault });
}

function create(signal?: AbortSignal): Promise<Response> {
  return caller.call('CreateSecurityPolicy', GOOD, signal === undefined ? {} : { signal });
}

/** Lets I/O happen until `ready`; the test's own time limit ends it. */
async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await new Promise((resolve) => setImmediate(resolve));
}

function created(): readonly [live: number, answered: boolean | undefined] {
  return [alb.model.live().length, alb.ledger.entries().at(-1)?.answered];
}

describe('a fault that loses the answer', () => {
  test.each(SIDES)('C3: reset %s the commit rejects the call and leaves %d policies', async (at, live) => {
    strike({ kind: 'reset', at });
    await expect(create()).rejects.toThrow();
    expect(created()).toEqual([live, false]);
  });

  test.each(SIDES)('C3: hang %s the commit never answers and leaves %d policies', async (at, live) => {
    strike({ kind: 'hang', at });
    const abort = new AbortController();
    const call = create(abort.signal);
    await until(() => alb.ledger.last === 1);
    abort.abort();
    await expect(call).rejects.toThrow();
    expect(created()).toEqual([live, false]);
  });

  test('C3: truncated JSON comes after the commit', async () => {
    strike({ kind: 'truncated', form: 'json' });
    const response = await create();
    expect(response.status).toBe(200);
    await expect(response.json()).rejects.toThrow(SyntaxError);
    expect(alb.model.live()).toHaveLength(1);
  });

  test('C3: a body below its Content-Length comes after the commit', async () => {
    strike({ kind: 'truncated', form: 'length' });
    const response = await create();
    await expect(response.text()).rejects.toThrow();
    expect(created()).toEqual([1, false]);
  });
});

describe('hold', () => {
  test.each(SIDES)('F2: hold %s the commit shows %d policies until it is released', async (at, live) => {
    const name = strike({ kind: 'hold', at });
    const call = create();
    await alb.faults.whenHeld(name);
    expect(alb.model.live()).toHaveLength(live);
    expect(alb.faults.release(name)).toBe(1);
    expect((await call).status).toBe(200);
    expect(created()).toEqual([1, true]);
  });

  test.each(SIDES)('hold %s the commit that is dropped leaves %d policies', async (at, live) => {
    const name = strike({ kind: 'hold', at });
    const call = create();
    await alb.faults.whenHeld(name);
    alb.faults.release(name, 'drop');
    await expect(call).rejects.toThrow();
    expect(created()).toEqual([live, false]);
  });

  test('I10: hold before the commit commits when it is released after the client died', async () => {
    const name = strike({ kind: 'hold', at: 'before' });
    const abort = new AbortController();
    const call = create(abort.signal);
    await alb.faults.whenHeld(name);
    abort.abort();
    await expect(call).rejects.toThrow();
    alb.faults.release(name);
    await until(() => alb.ledger.last === 1);
    expect(alb.model.live()).toHaveLength(1);
  });

  test('close() lets go what is held', async () => {
    const name = strike({ kind: 'hold', at: 'before' });
    const call = create();
    await alb.faults.whenHeld(name);
    const failed = expect(call).rejects.toThrow();
    await alb.close();
    await failed;
    expect(alb.model.live()).toEqual([]);
  });
});

describe('a fault that answers otherwise', () => {
  test.each([500, 503, 403])('C2: refuse answers %d with the code and commits nothing', async (status) => {
    strike({ kind: 'refuse', status, code: 'Some.Code' });
    const response = await create();
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({ Code: 'Some.Code' }),
    ]);
    expect(created()).toEqual([0, true]);
  });

  test.each(SIDES)('C2: html %s the commit answers a page and leaves %d policies', async (at, live) => {
    strike({ kind: 'html', at, status: 502 });
    const response = await create();
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await response.text()).toMatch(/^<html>/);
    expect(alb.model.live()).toHaveLength(live);
  });

  test.each(SIDES)('C13: body %s the commit answers anything and leaves %d policies', async (at, live) => {
    strike({ kind: 'body', at, status: 200, body: { SecurityPolicies: null } });
    expect(await (await create()).json()).toEqual({ SecurityPolicies: null });
    expect(alb.model.live()).toHaveLength(live);
  });

  test('C13: oversized answers at least the bytes asked for', async () => {
    strike({ kind: 'oversized', bytes: 100_000 });
    expect((await (await create()).text()).length).toBeGreaterThan(100_000);
  });

  test('C13: drip answers byte by byte', async () => {
    strike({ kind: 'drip', every: 1000 });
    const call = create().then((response) => response.json());
    let settled = false;
    const watch = call.finally(() => {
      settled = true;
    });
    let steps = 0;
    while (!settled) {
      if (clock.waiting > 0) steps += 1;
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await watch).toHaveProperty('SecurityPolicyId');
    expect(steps).toBeGreaterThan(50);
  });

  test.each([
    ['first' as const, undefined],
    ['second' as const, 'QuotaExceeded.SecurityPoliciesNum'],
  ])('C4: duplicate carries out twice and answers the %s', async (answer, code) => {
    alb.model.configure({ quota: 1 });
    strike({ kind: 'duplicate', answer });
    const body = (await (await create()).json()) as { readonly Code?: string };
    expect(body.Code).toBe(code);
    expect(alb.ledger.last).toBe(2);
  });

  test.each([
    ['acs' as const, 'x-acs-retry-after', '1500'],
    ['timeleft' as const, 'x-ratelimit-user-api', 'Limit:1,Remain:0,TimeLeft:1500,Reset:1716192001500'],
    ['seconds' as const, 'retry-after', '2'],
    ['date' as const, 'retry-after', 'Mon, 20 May 2024 08:00:01 GMT'],
    ['none' as const, 'retry-after', null],
  ])('C1: throttle in the form %s says it in %s', async (form, header, value) => {
    strike({ kind: 'throttle', form, retryAfter: 1500 });
    const response = await create();
    expect([response.status, response.headers.get(header)]).toEqual([400, value]);
    expect(alb.model.live()).toEqual([]);
  });

  test('S3: redirect sends elsewhere', async () => {
    strike({ kind: 'redirect', location: 'http://127.0.0.1:1/' });
    const response = await create();
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/']);
  });

  test.each(SIDES)(
    'slow %s the commit answers as usual, later, and until then %d policies exist',
    async (at, live) => {
      strike({ kind: 'slow', at, delay: 5000 });
      const call = create();
      await until(() => clock.waiting > 0);
      expect(alb.model.live()).toHaveLength(live);
      clock.advance(5000);
      expect((await call).status).toBe(200);
    },
  );
});

describe('FaultRule', () => {
  test('take() strikes from the nth match on, as many times as asked', async () => {
    strike({ kind: 'refuse', status: 500, code: 'X' }, { nth: 2, times: 2 });
    await caller.call('ListSecurityPolicies');
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await create()).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  test('take() strikes only requests with the parameters asked for', async () => {
    strike({ kind: 'refuse', status: 500, code: 'X' }, { parameters: { SecurityPolicyName: 'other' } });
    expect((await create()).status).toBe(200);
    const other = { ...GOOD, SecurityPolicyName: 'other' };
    expect((await caller.call('CreateSecurityPolicy', other)).status).toBe(500);
  });

  test('clear() and remove() end a fault', async () => {
    const name = strike({ kind: 'refuse', status: 500, code: 'X' }, { times: Number.POSITIVE_INFINITY });
    expect((await create()).status).toBe(500);
    alb.faults.remove(name);
    expect((await create()).status).toBe(200);
    strike({ kind: 'refuse', status: 500, code: 'X' });
    alb.faults.clear();
    expect((await create()).status).toBe(200);
  });
});
