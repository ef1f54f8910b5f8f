import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { differences } from '../../../scripts/release/artifacts.ts';
import { provenance } from '../../../scripts/release/provenance.ts';
import { verdictOf, written } from '../../../scripts/release/verdict.ts';
import { changelogProblems } from '../../../scripts/release/versions.ts';

const GOOD =
  '# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-12-01\n\n- More.\n\n## 0.1.0 - 2026-11-01\n\n- First.\n';

describe('changelogProblems()', () => {
  test('finds nothing wrong with a heading that has a date and entries', () => {
    expect(changelogProblems(GOOD, '0.2.0')).toEqual([]);
  });

  test.each([
    ['another version is the newest', GOOD, '0.3.0', "is '0.2.0 - 2026-12-01', not '0.3.0 - YYYY-MM-DD'"],
    ['the dot stands for a dot only', GOOD.replace('0.2.0', '0x2.0'), '0.2.0', "is '0x2.0 - 2026-12-01'"],
    ['there is no date', GOOD.replace(' - 2026-12-01', ''), '0.2.0', "is '0.2.0', not"],
    ['nothing is said', GOOD.replace('- More.', ''), '0.2.0', "says nothing under '0.2.0 - 2026-12-01'"],
    [
      'entries were left behind',
      GOOD.replace('Unreleased\n', 'Unreleased\n\n- Left.\n'),
      '0.2.0',
      "under 'Unreleased'",
    ],
    [
      'nothing is for what comes next',
      GOOD.replace('## Unreleased\n', ''),
      '0.1.0',
      "does not open with '## Unreleased'",
    ],
    ['there is no release', '# Changelog\n\n## Unreleased\n', '0.1.0', "the newest release is ''"],
  ])('says so when %s', (_, changelog, version, problem) => {
    expect(changelogProblems(changelog, version).join('\n')).toContain(problem);
  });
});

describe('differences()', () => {
  test('names files of another content, and those of one folder only, also below', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'albsp-differences-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    for (const side of [one, other]) {
      await mkdir(join(side, 'below'), { recursive: true });
      await writeFile(join(side, 'same'), 'same');
    }
    expect(await differences(one, other)).toEqual([]);
    await writeFile(join(one, 'below', 'a'), 'x');
    await writeFile(join(other, 'below', 'a'), 'y');
    await writeFile(join(one, 'b'), 'x');
    await writeFile(join(other, 'c'), 'x');
    expect(await differences(one, other)).toEqual(['b', 'below/a', 'c']);
  });
});

describe('provenance()', () => {
  const SOURCE = { version: '0.2.0', commit: 'c0ffee', lockSha256: 'aa', tools: { node: 'v26.10.0' } };

  test('is an in-toto statement about every file, with SLSA provenance and no time or machine in it', () => {
    const statement = provenance([{ name: 'albsp-0.2.0.tgz', sha256: 'bb' }], SOURCE);
    expect(statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'albsp-0.2.0.tgz', digest: { sha256: 'bb' } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: expect.stringMatching(/^[a-z]+:/),
          externalParameters: { version: '0.2.0', commit: 'c0ffee' },
          internalParameters: { tools: { node: 'v26.10.0' } },
          resolvedDependencies: [
            { name: 'source', digest: { gitCommit: 'c0ffee' } },
            { name: 'package-lock.json', digest: { sha256: 'aa' } },
          ],
        },
        runDetails: { builder: { id: expect.stringMatching(/^[a-z]+:/) } },
      },
    });
  });

  test('throws for no files at all', () => {
    expect(() => provenance([], SOURCE)).toThrow(RangeError);
  });
});

test('a verdict is written in one line, and one more for each reason', () => {
  expect(written(verdictOf('all is well', []))).toBe('passed   all is well');
  expect(written(verdictOf('all is well', ['a', 'b']))).toBe('FAILED   all is well\n         a\n         b');
  expect(written({ kind: 'skipped', what: 'the chart', why: 'no helm' })).toBe('SKIPPED  the chart: no helm');
});
