/** The rights that README.md asks the reader to grant in the cloud are those that the program uses. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readSources, withoutComments } from './sources.ts';

/** A call of the ALB API in the adapter: `get`, `set` and `setTags` take the action first. */
const CALL = /\b(?:get|set|setTags)\(\s*'([A-Z]\w+)'/g;

test('the RAM policy in README.md allows exactly the actions that the adapter calls', async () => {
  const adapters = (await readSources()).filter(({ path }) => path.startsWith('src/adapters/alb/'));
  const called = adapters.flatMap(({ text }) =>
    [...withoutComments(text).matchAll(CALL)].map(([, action]) => `alb:${action}`),
  );
  // Those that are called under a name are none: a call by variable would be missed here.
  const others = adapters.flatMap(({ text }) =>
    [...withoutComments(text).matchAll(/\b(?:get|set)\(\s*([a-z]\w*),/g)].map(([, name]) => name),
  );
  expect(others.filter((name) => name === 'action')).toHaveLength(1);
  const readme = await readFile('README.md', 'utf8');
  const allowed = readme.match(/"alb:\w+"/g)?.map((word) => word.slice(1, -1)) ?? [];
  expect(allowed).toEqual([...new Set(called)].toSorted());
  expect(allowed.length).toBeGreaterThan(5);
});
