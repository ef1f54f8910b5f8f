import { describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../../../src/adapters/alb/exchange.ts';
import { answer, desk, refusal, type Seen, wirePage, wirePolicy } from './desk.ts';

const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `p-${from + index}`);

/** A cloud whose every answer takes 100 ms of virtual time. */
function slow(respond: (request: Seen, count: number) => HttpAnswer) {
  let count = 0;
  const bench = desk((request) => {
    count += 1;
    const reply = respond(request, count);
    return new Promise((resolve) => bench.clock.after(100, () => resolve(reply)));
  });
  return { ...bench, region: bench.cloud.region('cn-hangzhou') };
}

describe('list', () => {
  test('list() serves the snapshot when it was sent late enough', async () => {
    const { region, clock, seen } = slow(() => wirePage(['a']));
    const first = region.list(1000);
    await clock.advance(100);
    const snapshot = await first;
    expect(snapshot).toMatchObject({ kind: 'ok', value: { sentAt: 1000, policies: [{ id: 'a' }] } });
    expect(await region.list(1000)).toEqual(snapshot);
    expect(seen).toHaveLength(1);
  });

  test('list() holds what has not changed once, and what has anew', async () => {
    const { region, clock } = slow((_, count) => {
      const SecurityPolicyName = count === 1 ? 'first' : 'renamed';
      const SecurityPolicies = [wirePolicy('a', { SecurityPolicyName }), wirePolicy('b')];
      return answer(200, {
        RequestId: 'r-1',
        MaxResults: 100,
        TotalCount: 2,
        NextToken: '',
        SecurityPolicies,
      });
    });
    const first = region.list(1000);
    await clock.advance(100);
    const second = region.list(1100);
    await clock.advance(100);
    const [before, after] = [await first, await second];
    if (before.kind === 'error' || after.kind === 'error') throw new Error('A list failed');
    expect(after.value.policies[0]).toMatchObject({ id: 'a', name: 'renamed' });
    expect(after.value.policies[1]).toBe(before.value.policies[1]);
  });

  test('list() shares one next list among all who need a fresher one than is under way', async () => {
    const { region, clock, seen } = slow(() => wirePage(['a']));
    const early = region.list(1000);
    await clock.advance(50);
    const late = Array.from({ length: 30 }, () => region.list(1050));
    const content = region.list(990);
    await clock.advance(300);
    expect(seen.map(({ at }) => at)).toEqual([1000, 1100]);
    expect(await early).toMatchObject({ value: { sentAt: 1000 } });
    expect(await content).toMatchObject({ value: { sentAt: 1000 } });
    for (const one of late) expect(await one).toMatchObject({ value: { sentAt: 1100 } });
  });

  test('list() never answers with a list sent before the time asked for, whoever comes when', async () => {
    const { region, clock, seen } = slow(() => wirePage(['a']));
    const asked: { readonly notBefore: number; readonly result: ReturnType<typeof region.list> }[] = [];
    for (let n = 0; n < 100; n += 1) {
      const notBefore = clock.monotonic() - (n % 3) * 40;
      asked.push({ notBefore, result: region.list(notBefore) });
      await clock.advance((n * 7) % 31);
    }
    await clock.advance(1000);
    for (const { notBefore, result } of asked) {
      const got = await result;
      expect(got.kind === 'ok' && got.value.sentAt >= notBefore).toBe(true);
    }
    expect(seen.length).toBeLessThan(25);
  });

  test('list() answers at once when asked for a time to come', async () => {
    const { region, seen } = slow(() => wirePage(['a']));
    expect(await region.list(5000)).toMatchObject({ error: { kind: 'busy', retryAfter: 4000 } });
    expect(seen).toHaveLength(0);
  });

  test('list() counts its age from the first page, and from when that went out, not from when it was asked for', async () => {
    const rates = { ListSecurityPolicies: { limit: 2, window: 1000, burst: 1 } };
    const { cloud, clock } = desk(({ query }) => (query.NextToken ? wirePage(['b']) : wirePage(['a'], 'n')), {
      rates,
    });
    const region = cloud.region('cn-hangzhou');
    void region.relations('x');
    await region.sight('a');
    const list = region.list(1000);
    await clock.advance(5000);
    expect(await list).toMatchObject({ value: { sentAt: 2000, policies: [{ id: 'a' }, { id: 'b' }] } });
  });

  test.each([0, 1, 99, 100, 101, 10_000])(
    'list() C12 reads all of %i policies in pages of 100',
    async (total) => {
      const all = ids(0, total);
      const { cloud, clock, seen } = desk(({ query }) => {
        const from = Number(query.NextToken ?? 0);
        const more = from + 100 < total ? String(from + 100) : undefined;
        return wirePage(all.slice(from, from + 100), more, total);
      });
      const list = cloud.region('cn-hangzhou').list(0);
      await clock.advance(20_000);
      const result = await list;
      expect(result.kind === 'ok' && result.value.policies.map(({ id }) => id)).toEqual(all);
      expect(seen).toHaveLength(Math.max(1, Math.ceil(total / 100)));
      expect(seen.every(({ query }) => query.MaxResults === '100')).toBe(true);
    },
  );

  test.each([
    ['a token comes back', (n: number) => `t-${n % 3}`],
    ['tokens never end', (n: number) => `t-${n}`],
  ])('list() C12 gives up when %s', async (_what, token) => {
    const { region, clock, seen } = slow((_request, count) => wirePage([`p-${count}`], token(count), 1));
    const list = region.list(0);
    await clock.advance(60_000);
    expect(await list).toMatchObject({ kind: 'error', error: { kind: 'indeterminate' } });
    expect(seen.length).toBeLessThanOrEqual(200);
  });

  test('list() settles within 25 s when every page is slow', async () => {
    const bench = desk(
      (_request, raw) =>
        new Promise((resolve) =>
          bench.clock.after(raw.deadline, () => resolve({ kind: 'failed', reason: 'Timeout' })),
        ),
    );
    const list = bench.cloud.region('cn-hangzhou').list(0);
    await bench.clock.advance(10_000);
    expect(await list).toMatchObject({ error: { code: 'Timeout' } });
  });

  test('list() C12 makes no snapshot of some of the pages', async () => {
    const { region, clock } = slow(({ query }) =>
      query.NextToken === undefined ? wirePage(['a'], 'n', 2) : refusal(500, 'InternalError'),
    );
    const list = region.list(0);
    await clock.advance(200);
    expect(await list).toMatchObject({ error: { kind: 'indeterminate' } });
    const again = region.list(0);
    await clock.advance(200);
    expect(await again).toMatchObject({ kind: 'error' });
  });

  test('list() C12 shows a policy once when it moves between pages', async () => {
    const { region, clock } = slow(({ query }) =>
      query.NextToken === undefined ? wirePage(['a', 'b'], 'n', 3) : wirePage(['b', 'c'], undefined, 3),
    );
    const list = region.list(0);
    await clock.advance(200);
    const result = await list;
    expect(result.kind === 'ok' && result.value.policies.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });
});

describe('a suspect list', () => {
  const run = async (
    answers: readonly HttpAnswer[],
    before?: (region: ReturnType<typeof slow>['region']) => unknown,
  ) => {
    const bench = slow(({ action }, count) =>
      action === 'DeleteSecurityPolicy'
        ? answer(200, { RequestId: 'r' })
        : (answers[Math.min(count, answers.length) - 1] ?? wirePage([])),
    );
    const snapshots: number[] = [];
    bench.region.subscribe(({ policies }) => snapshots.push(policies.length));
    const first = bench.region.list(0);
    await bench.clock.advance(100);
    await first;
    before?.(bench.region);
    await bench.clock.advance(100);
    const second = bench.region.list(bench.clock.monotonic());
    await bench.clock.advance(1000);
    return { ...bench, snapshots, result: await second };
  };

  test('list() takes another when more than three and over a tenth are missing', async () => {
    const { snapshots, seen } = await run([wirePage(ids(0, 10)), wirePage(ids(0, 5)), wirePage(ids(0, 10))]);
    expect(snapshots).toEqual([10, 10]);
    expect(seen).toHaveLength(3);
  });

  test('list() believes it when the next one misses the same', async () => {
    const { snapshots, seen, result } = await run([wirePage(ids(0, 10)), wirePage(ids(0, 5))]);
    expect(snapshots).toEqual([10, 5]);
    expect(seen).toHaveLength(3);
    expect(result).toMatchObject({ kind: 'ok', value: { sentAt: seen[2]?.at } });
  });

  test('list() believes neither when the next one misses others', async () => {
    const { snapshots, result } = await run([
      wirePage(ids(0, 10)),
      wirePage(ids(0, 5)),
      wirePage(ids(5, 10)),
    ]);
    expect(snapshots).toEqual([10]);
    expect(result).toMatchObject({ error: { kind: 'indeterminate', code: 'SuspectList' } });
  });

  test.each([
    ['three of ten', 10, 7],
    ['four of fifty', 50, 46],
  ])('list() takes no other when only %s are missing', async (_what, total, left) => {
    const { seen } = await run([wirePage(ids(0, total)), wirePage(ids(0, left))]);
    expect(seen).toHaveLength(2);
  });

  test('list() does not wonder at what we deleted ourselves', async () => {
    const lists = [wirePage(ids(0, 10)), ...ids(5, 10).map(() => wirePage([])), wirePage(ids(0, 5))];
    const { seen } = await run(lists, (region) => ids(5, 10).map((id) => region.delete(id)));
    expect(seen.filter(({ action }) => action === 'ListSecurityPolicies')).toHaveLength(2);
  });

  test('list() C12 takes another when a policy fell between two pages', async () => {
    const { snapshots, seen } = await run([
      wirePage(['a', 'b', 'c']),
      wirePage(['a'], 'n', 3),
      wirePage(['c'], undefined, 3),
      wirePage(['a', 'b', 'c']),
    ]);
    expect(snapshots).toEqual([3, 3]);
    expect(seen).toHaveLength(4);
  });

  test('list() C12 believes no list that is torn twice in a row', async () => {
    const torn = [wirePage(['a'], 'n', 3), wirePage(['c'], undefined, 3)];
    const { snapshots, result } = await run([wirePage(['a', 'b', 'c']), ...torn, ...torn]);
    expect(snapshots).toEqual([3]);
    expect(result).toMatchObject({ error: { kind: 'indeterminate', code: 'TornList' } });
  });

  test('list() C12 believes a single page whatever its total says: one page cannot be torn', async () => {
    const { snapshots, seen } = await run([wirePage(['a', 'b']), wirePage(['a'], undefined, 2)]);
    expect(snapshots).toEqual([2, 1]);
    expect(seen).toHaveLength(2);
  });

  test('subscribe() ends when its result is called', async () => {
    const { region, clock } = slow(() => wirePage(['a']));
    let told = 0;
    const end = region.subscribe(() => {
      told += 1;
    });
    void region.list(1000);
    await clock.advance(100);
    end();
    void region.list(1100);
    await clock.advance(100);
    expect(told).toBe(1);
  });
});

describe('sight', () => {
  const asked = ({ query }: Seen): string[] =>
    Object.keys(query)
      .filter((key) => key.startsWith('SecurityPolicyIds.'))
      .map((key) => query[key] ?? '');
  const show = (request: Seen): HttpAnswer =>
    answer(200, {
      TotalCount: 1,
      SecurityPolicies: asked(request)
        .filter((id) => id !== 'gone')
        .map((id) => wirePolicy(id)),
    });

  test('sight() asks once for all who come in the same turn, 20 ids at a time', async () => {
    const { region, clock, seen } = slow(show);
    const all = ids(0, 45).map((id) => region.sight(id));
    await clock.advance(1000);
    expect(seen.map((request) => asked(request).length)).toEqual([20, 20, 5]);
    for (const [index, one] of all.entries())
      expect(await one).toMatchObject({ value: { id: `p-${index}` } });
  });

  test('sight() waits a moment for others when creates are under way, and not when none is', async () => {
    const bench = desk((request) => {
      if (request.action !== 'CreateSecurityPolicy') return show(request);
      const id = request.query.ClientToken ?? '';
      const reply = answer(200, { RequestId: 'r', SecurityPolicyId: id });
      return new Promise((resolve) => bench.clock.after(20 + Number(id.slice(2)) / 10, () => resolve(reply)));
    });
    const region = bench.cloud.region('cn-hangzhou');
    const parameters = { name: 'n', tlsVersions: ['V'], ciphers: ['C'], tags: [] };
    const all = ids(0, 40).map(async (token) => {
      const made = await region.create(parameters, token);
      return made.kind === 'ok' ? region.sight(made.value.id) : made;
    });
    await bench.clock.advance(100);
    for (const one of all) expect(await one).toMatchObject({ kind: 'ok', value: { status: 'Available' } });
    const lists = bench.seen.filter(({ action }) => action === 'ListSecurityPolicies');
    expect(lists.length).toBeLessThanOrEqual(3 + 40 / 20);
    await bench.clock.advance(300);
    const before = bench.clock.monotonic();
    await region.sight('p-1');
    expect(bench.clock.monotonic()).toBe(before);
  });

  test('sight() gathers for up to half a second while creates go on slowly, and no longer than they do', async () => {
    const bench = desk((request) =>
      request.action === 'CreateSecurityPolicy'
        ? answer(200, { RequestId: 'r', SecurityPolicyId: request.query.ClientToken ?? '' })
        : show(request),
    );
    const region = bench.cloud.region('cn-hangzhou');
    const parameters = { name: 'n', tlsVersions: ['V'], ciphers: ['C'], tags: [] };
    const waits: number[] = [];
    const all = ids(0, 50).map(async (token, index) => {
      await new Promise<void>((resolve) => bench.clock.after(index * 20, resolve));
      const made = await region.create(parameters, token);
      const begun = bench.clock.monotonic();
      if (made.kind === 'ok') await region.sight(made.value.id);
      waits.push(bench.clock.monotonic() - begun);
    });
    for (let turn = 0; turn < 100; turn += 1) await bench.clock.advance(20);
    await Promise.all(all);
    const lists = bench.seen.filter(({ action }) => action === 'ListSecurityPolicies');
    expect(lists.length).toBeLessThanOrEqual(3 + Math.ceil(50 / 20));
    expect(Math.max(...waits)).toBeLessThanOrEqual(500);
  });

  test('sight() of one create that is alone goes out as soon as it is answered', async () => {
    const bench = desk((request) =>
      request.action === 'CreateSecurityPolicy'
        ? answer(200, { RequestId: 'r', SecurityPolicyId: 'p-1' })
        : show(request),
    );
    const region = bench.cloud.region('cn-hangzhou');
    await region.create({ name: 'n', tlsVersions: ['V'], ciphers: ['C'], tags: [] }, 't');
    const before = bench.clock.monotonic();
    await region.sight('p-1');
    expect(bench.clock.monotonic()).toBe(before);
  });

  test('sight() answers nothing found as undefined, and does not touch the snapshot', async () => {
    const { cloud, seen } = desk((request) =>
      asked(request).length > 0 ? show(request) : wirePage(['a', 'b']),
    );
    const region = cloud.region('cn-hangzhou');
    expect(await region.sight('gone')).toEqual({ kind: 'ok', value: undefined });
    expect(await region.list(0)).toMatchObject({ value: { policies: [{ id: 'a' }, { id: 'b' }] } });
    expect(seen).toHaveLength(2);
  });

  test('sight() tells everybody of the batch when it fails', async () => {
    const { region, clock } = slow(() => refusal(500, 'InternalError'));
    const both = [region.sight('a'), region.sight('b')];
    await clock.advance(100);
    for (const one of both) expect(await one).toMatchObject({ error: { kind: 'indeterminate' } });
  });
});
