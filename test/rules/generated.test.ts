import { expect, test } from 'vitest';
import { stale } from '../../scripts/generate.ts';

test('generated files are what scripts/generate.ts writes', async () => {
  expect(await stale()).toEqual([]);
});
