import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lint } from '../../../src/cli/lint.ts';
import { captured } from './captured.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'albsp-lint-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(text: string | Uint8Array) {
  const file = join(folder, 'x.yaml');
  await writeFile(file, text);
  const output = captured();
  const code = await lint([file], output);
  const plain = (one: string) => one.replaceAll(file, 'x.yaml');
  return { code, out: plain(output.out()), err: plain(output.err()) };
}

const HEAD = 'apiVersion: alb.alicloud.dev/v1alpha1\nkind: SecurityPolicy\nmetadata: {name: web}\n';
const GOOD = `${HEAD}spec:\n  tlsVersions: [TLSv1.2]\n  ciphers: [AES128-SHA]\n`;

describe('lint', () => {
  test.each(['minimal', 'strict-tls13', 'legacy', 'tagged', 'retain', 'adopt', 'observe', 'dryrun'])(
    'lint() accepts the sample %s',
    async (name) => {
      const output = captured();
      const code = await lint([join(import.meta.dirname, `../../../deploy/samples/${name}.yaml`)], output);
      expect([code, output.out()]).toEqual([0, '1 file, 1 object judged: 0 violations\n']);
    },
  );

  test('lint() names every violation of every document with its place, value and fix', async () => {
    const bad = `${HEAD}spec:\n  tlsVersion: [TLSv1.2]\n  tlsVersions: [TLSv1.3]\n  ciphers:\n    - AES128-SHA\n    - TLS_AES_128_GCM_SHA256\n`;
    const { code, out } = await run(`${GOOD}---\n${bad}---\napiVersion: v1\nkind: Secret\n`);
    expect(code).toBe(1);
    expect(out).toBe(
      [
        'x.yaml:12:3: spec.tlsVersion "a list of 1": Unknown field [unknown-field]',
        '    fix: Write tlsVersions',
        'x.yaml:15:7: spec.ciphers[0] "AES128-SHA": Works with TLSv1.0, TLSv1.1, TLSv1.2 only, and tlsVersions has TLSv1.3 [suite-version]',
        '    fix: Remove it, or add TLSv1.2 to tlsVersions',
        '1 file, 2 objects judged, 1 object of other kinds skipped: 2 violations',
        '',
      ].join('\n'),
    );
  });

  test('lint() reads scalars as kubectl does', async () => {
    const { out } = await run(
      `${GOOD}  tags: {a: yes, b: 1:30, c: 2020-01-01, d: 0o10, e: "yes", f: 1_0, g: on}\n`,
    );
    expect(out.match(/spec\.tags\.\w/g)).toEqual([
      'spec.tags.a',
      'spec.tags.d',
      'spec.tags.f',
      'spec.tags.g',
    ]);
  });

  test('lint() finds its way through a List and an alias', async () => {
    const item =
      '{apiVersion: alb.alicloud.dev/v1alpha1, kind: SecurityPolicy, metadata: {name: ab}, spec: *s}';
    const anchor = `x-spec: &s {tlsVersions: [TLSv1.2], ciphers: [NOPE]}\n`;
    const { code, out } = await run(`apiVersion: v1\nkind: List\n${anchor}items:\n  - ${item}\n`);
    expect(code).toBe(1);
    expect(out).toMatch(/^x\.yaml:3:47: spec\.ciphers\[0\] "NOPE"/);
  });

  test('lint() judges provider configs', async () => {
    const { code, out } = await run(
      'apiVersion: alb.alicloud.dev/v1alpha1\nkind: ClusterProviderConfig\nmetadata: {name: x}\nspec:\n' +
        '  endpoint: http://example.com\n  credentials: {environment: {}, ecsRamRole: {}}\n' +
        '  allowedNamespaces: {matchExpressions: [{key: a, operator: In}]}\n',
    );
    expect(code).toBe(1);
    expect(out.match(/\[[a-zA-Z-]+\]$/gm)).toEqual([
      '[pattern]',
      '[maxProperties]',
      '[required]',
      '[selector-values]',
    ]);
  });

  test.each([
    ['apiVersion: alb.alicloud.dev/v1\nkind: SecurityPolicy\n', 'api-version'],
    ['apiVersion: alb.alicloud.dev/v1alpha1\nkind: securitypolicy\n', 'kind'],
    [GOOD.replace('{name: web}', '{name: Web}'), 'pattern'],
    [GOOD.replace('{name: web}', '{}'), 'required'],
    [`${GOOD}extra: 1\n`, 'unknown-field'],
    [GOOD.replace('{name: web}', '{name: a}'), 'name-default'],
    [HEAD, 'required'],
  ])('lint() refuses %j by %s', async (text, rule) => {
    const { code, out } = await run(text);
    expect(code).toBe(1);
    expect(out).toContain(`[${rule}]`);
  });

  test('lint() takes generateName for a name', async () => {
    expect((await run(GOOD.replace('{name: web}', '{generateName: a}'))).code).toBe(0);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['a text that is no YAML', 'a: [b', /^x\.yaml:\d+:\d+: Is not valid YAML: /],
    [
      'a key that stands twice',
      `${GOOD}spec: {}\n`,
      /^x\.yaml:7:1: Is not valid YAML: Map keys must be unique/,
    ],
    ['a bomb', bomb(), /^x\.yaml:1:1: Cannot be read as YAML: Excessive alias count/],
    ['nesting without end', '['.repeat(50_000), /^x\.yaml:\d+:\d+: Is not valid YAML: /],
    ['bytes that are no UTF-8', new Uint8Array([0x61, 0xff, 0xfe]), /^x\.yaml: Cannot be read: is not UTF-8/],
  ])('lint() calls %s unreadable', async (_, text, message) => {
    const { code, err } = await run(text);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test('lint() goes on after a file that it cannot read', async () => {
    const file = join(folder, 'good.yaml');
    await writeFile(file, GOOD);
    const output = captured();
    expect(await lint([join(folder, 'none.yaml'), folder, file], output)).toBe(2);
    expect(output.err()).toMatch(/none\.yaml: Cannot be read: no such file\n.*is a folder/);
    expect(output.out()).toBe('3 files, 1 object judged, 2 files unreadable: 0 violations\n');
  });

  test('lint() writes no control characters of a manifest to the terminal', async () => {
    const { out } = await run(`${GOOD}  "\\e[31m": "\\x9b31m"\n`);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test.each([[[]], [['--nope', 'x']]])('lint(%j) is wrong usage', async (args) => {
    const output = captured();
    expect(await lint(args, output)).toBe(2);
    expect(output.err()).toContain('Usage: albsp lint FILE...');
  });

  test('lint() explains itself', async () => {
    const output = captured();
    expect(await lint(['-h'], output)).toBe(0);
    expect(output.out()).toMatch(/^Usage: albsp lint/);
  });
});

/** Ten to the seventh items in seven lines. */
function bomb(): string {
  const names = [...'abcdefg'];
  const lines = names.map((name, index) => {
    const item = index === 0 ? 'x' : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 10 }, () => item).join(', ')}]`;
  });
  return lines.join('\n');
}
