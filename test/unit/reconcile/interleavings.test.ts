import { describe, expect, test } from 'vitest';
import { INTERLEAVINGS } from './planted/interleavings.ts';

describe('reconcile() holds every oracle when', () => {
  test.each([
    ['the account, then the region, changes after the announce (I1)', INTERLEAVINGS.I1],
    ['the list hides a bound policy past the window (I2)', INTERLEAVINGS.I2],
    ['it dies between the fence and the update under Report (I4)', INTERLEAVINGS.I4],
    ['a new leader reads the generation before the applied one (I7)', INTERLEAVINGS.I7],
    ['the replay of a create that took the last place is refused for quota (I8)', INTERLEAVINGS.I8],
    ['ten objects wait in a full region (I9)', INTERLEAVINGS.I9],
    ['the announced parameters always answer 503 (I12)', INTERLEAVINGS.I12],
    ['the tags of a new policy come late (I13)', INTERLEAVINGS.I13],
    ['the replay of a token answers with the id of a deleted policy (I15)', INTERLEAVINGS.I15],
    ['eight answers in a row are lost and the cloud forgets its tokens (I17)', INTERLEAVINGS.I17],
    ['a process wakes with a view of before the announce (I18)', INTERLEAVINGS.I18],
    ['a tag leaves the spec before its setting was recorded (rule 7)', INTERLEAVINGS.tags],
  ])('%s', async (_name, run) => {
    expect(await run()).toEqual([]);
  });
});
