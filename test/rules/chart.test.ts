/** The chart is of one piece: copies, values, schema, versions. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { HELM_VERSIONS } from '../../scripts/chart/helm.ts';
import { valueRows } from '../../scripts/chart/values.ts';
import { CHART, staleFiles } from '../../scripts/chart.ts';
import { VERSION } from '../../src/version.ts';
import { firstCells } from './documents.ts';

interface Schema {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly additionalProperties?: unknown;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.union([z.string(), z.array(z.string()).transform(String)]).optional(),
    properties: z.record(z.string(), schema).optional(),
    additionalProperties: z.unknown().optional(),
  }),
);

const values = await readFile(`${CHART}/values.yaml`, 'utf8');
const root = schema.parse(JSON.parse(await readFile(`${CHART}/values.schema.json`, 'utf8')));

/** Every object of the schema that names its keys, by its path. */
function levels(node: Schema, path = ''): readonly { readonly path: string; readonly node: Schema }[] {
  const { properties } = node;
  if (properties === undefined) return [];
  const below = Object.entries(properties).flatMap(([key, child]) => levels(child, `${path}/${key}`));
  return [{ path, node }, ...below];
}

/** Every path in the values that the schema knows: down to where it is closed. */
function known(value: unknown, node: Schema, path: string): readonly string[] {
  const { properties } = node;
  if (properties === undefined) return [path];
  const map = z.record(z.string(), z.unknown()).parse(value);
  return Object.entries(properties).flatMap(([key, child]) =>
    key in map ? known(map[key], child, `${path}/${key}`) : [`${path}/${key} is not in values.yaml`],
  );
}

describe('the chart', () => {
  test('holds fresh copies of what it is made of, and a fresh table of its values', async () => {
    expect(await staleFiles()).toEqual([]);
  });

  test('has a schema that is closed at every level, and knows every value', () => {
    const open = levels(root).filter(({ node }) => node.additionalProperties !== false);
    expect(open.map(({ path }) => path)).toEqual([]);
    expect(levels(root).length).toBeGreaterThan(15);
    // Those two are a parent chart's.
    const missing = known(parse(values), root, '').filter((path) => path.endsWith('is not in values.yaml'));
    expect(missing).toEqual(['/global is not in values.yaml', '/enabled is not in values.yaml']);
    for (const key of Object.keys(parse(values))) expect(root.properties).toHaveProperty([key]);
  });

  test('explains every value in its README once', async () => {
    const rows = valueRows(values).map(({ path }) => path);
    const readme = await readFile(`${CHART}/README.md`, 'utf8');
    expect(firstCells(readme).filter((cell) => rows.includes(cell))).toEqual(rows);
    expect(rows.length).toBeGreaterThan(80);
  });

  test('refuses a value without a comment', () => {
    expect(() => valueRows('# One.\none: 1\ntwo: 2\n')).toThrow("'two' has no comment");
    expect(() => valueRows('# A.\na:\n  # B.\n  b: 1\n  c: 2\n')).toThrow("'a.c' has no comment");
  });

  test('has the version of the program, and is tested by the Helms that are built', async () => {
    const chart = parse(await readFile(`${CHART}/Chart.yaml`, 'utf8'));
    expect([chart.version, chart.appVersion]).toEqual([VERSION, VERSION]);
    const script = await readFile('test/environment/helm.sh', 'utf8');
    expect([...script.matchAll(/^build (v\S+)/gm)].map(([, version]) => version)).toEqual([...HELM_VERSIONS]);
  });
});
