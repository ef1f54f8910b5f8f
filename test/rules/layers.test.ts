/** Who may import whom, who may touch the process, and how large a file may be. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Import, importsOf, packageOf, readSources, type Source, withoutComments } from './sources.ts';

const sources = await readSources();
const edges = sources.flatMap((source) => importsOf(source).map((one) => ({ source, one })));

/** What a layer may import; `folder/` stands for all below it. `types` may be imported as types only. */
interface Layer {
  readonly folder: string;
  readonly values: readonly string[];
  readonly types: readonly string[];
  readonly packages: readonly string[];
}

const LAYERS: readonly Layer[] = [
  {
    folder: 'src/domain/',
    values: ['src/domain/', 'src/api/group.ts'],
    types: ['src/api/', 'src/ports/'],
    packages: ['@noble/hashes'],
  },
  { folder: 'src/ports/', values: [], types: ['src/ports/', 'src/domain/', 'src/api/'], packages: [] },
  {
    folder: 'src/reconcile/',
    values: ['src/reconcile/', 'src/domain/', 'src/ports/', 'src/api/group.ts'],
    types: ['src/api/'],
    packages: [],
  },
  {
    folder: 'src/runtime/',
    values: ['src/runtime/', 'src/ports/'],
    types: [],
    packages: ['@prometheus-io/client', 'node:*'],
  },
  {
    folder: 'src/adapters/',
    values: ['src/adapters/', 'src/ports/', 'src/domain/', 'src/api/group.ts'],
    types: ['src/api/'],
    packages: ['@kubernetes/client-node', '@noble/hashes', 'pino', 'undici', 'node:*'],
  },
  {
    folder: 'src/config/',
    values: [
      'src/config/',
      'src/adapters/alb/endpoints.ts',
      'src/adapters/alb/credentials/ecsramrole.ts',
      'src/domain/check/nearest.ts',
    ],
    types: ['src/ports/', 'src/adapters/alb/credentials/'],
    packages: ['node:util'],
  },
  { folder: 'src/api/', values: ['src/api/', 'src/domain/'], types: [], packages: ['zod'] },
  {
    // What stands in for the two services must not share their client's code, or both would be wrong together.
    folder: 'src/dev/',
    values: ['src/dev/', 'src/ports/', 'src/api/group.ts'],
    types: ['src/api/'],
    packages: ['@marcbachmann/cel-js', 'ajv', 'yaml', 'node:*'],
  },
];

function within(target: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? target.startsWith(place) : target === place));
}

function mayImport(layer: Layer, one: Import): boolean {
  if (!one.written.startsWith('.')) {
    return layer.packages.some((name) =>
      name === 'node:*' ? one.target.startsWith('node:') : packageOf(one.target) === name,
    );
  }
  return within(one.target, layer.values) || (one.typeOnly && within(one.target, layer.types));
}

/** `file -> target` of every import that `broken` finds. */
function breaches(broken: (source: Source, one: Import) => boolean): readonly string[] {
  return edges
    .filter(({ source, one }) => broken(source, one))
    .map(({ source, one }) => `${source.path} -> ${one.target}`);
}

describe('imports', () => {
  test('every import of every file is seen', () => {
    const written = sources.flatMap(({ text }) => withoutComments(text).match(/\bfrom '|\bimport\('/g) ?? []);
    expect(edges.length).toBe(written.length);
    expect(edges.length).toBeGreaterThan(300);
  });

  test.each(LAYERS)('$folder imports only what its layer may', (layer) => {
    expect(sources.some(({ path }) => path.startsWith(layer.folder))).toBe(true);
    expect(breaches((source, one) => source.path.startsWith(layer.folder) && !mayImport(layer, one))).toEqual(
      [],
    );
  });

  test('every folder of src has its layer, or is where all layers meet', () => {
    const known = [...LAYERS.map(({ folder }) => folder), 'src/cli/'];
    expect(sources.map(({ path }) => path).filter((path) => !within(path, known))).toEqual([
      'src/main.ts',
      'src/operator.ts',
      'src/operator/clouds.ts',
      'src/operator/counts.ts',
      'src/operator/rounds.ts',
      'src/operator/views.ts',
      'src/version.ts',
    ]);
  });

  test('only the command line imports what stands in for the services', () => {
    const allowed = ['src/dev/', 'src/cli/'];
    expect(
      breaches((source, one) => one.target.startsWith('src/dev/') && !within(source.path, allowed)),
    ).toEqual([]);
  });

  test('zod is of src/api and the generator: nothing that runs imports a schema', () => {
    const free = 'src/api/group.ts';
    expect(
      breaches(
        (source, one) =>
          !source.path.startsWith('src/api/') &&
          !one.typeOnly &&
          (packageOf(one.target) === 'zod' || (one.target.startsWith('src/api/') && one.target !== free)),
      ),
    ).toEqual([]);
    const source = sources.find(({ path }) => path === free);
    expect(source === undefined ? undefined : importsOf(source)).toEqual([]);
  });

  test('the library of Kubernetes is loaded only when a kubeconfig is read', () => {
    const values = edges.filter(
      ({ one }) => packageOf(one.target) === '@kubernetes/client-node' && !one.typeOnly,
    );
    expect(values.map(({ source, one }) => [source.path, one.lazy])).toEqual([
      ['src/adapters/kube/kubeconfig.ts', true],
    ]);
  });

  test('the dependencies of package.json are the packages that src imports, but for what only dev needs', async () => {
    const { dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
    const used = edges
      .filter(
        ({ source, one }) => !one.written.startsWith('.') && !within(source.path, ['src/dev/', 'src/api/']),
      )
      .map(({ one }) => packageOf(one.target))
      .filter((name) => !name.startsWith('node:'));
    expect([...new Set(used)].sort()).toEqual(Object.keys(dependencies).sort());
  });
});

describe('the process', () => {
  /** Clocks are where the time comes from. */
  const MAY_TOUCH = [
    'src/main.ts',
    'src/operator.ts',
    'src/operator/',
    'src/cli/',
    'src/adapters/clock.ts',
    'src/dev/alb/wallclock.ts',
    'src/dev/kube/clock.ts',
    'src/dev/realkube/port.ts',
  ];
  const TOUCH =
    /(?<![.\w])(?:process\s*[.[]|globalThis\b|Date\.now\b|new Date\(\)|performance\.|Math\.random\b|crypto\.random)|'node:process'/;
  /** An exchange has a deadline of its own, at the socket. */
  const MAY_WAIT = [...MAY_TOUCH, 'src/adapters/alb/undici.ts'];

  function touching(pattern: RegExp, allowed: readonly string[]): readonly string[] {
    return sources
      .filter(({ path, text }) => !within(path, allowed) && pattern.test(withoutComments(text)))
      .map(({ path }) => path);
  }

  test('time, chance and the process are arguments everywhere but in main, operator, cli and the clocks', () => {
    expect(touching(TOUCH, MAY_TOUCH)).toEqual([]);
  });

  test('timers come from a clock', () => {
    expect(touching(/(?<![.\w])set(?:Timeout|Interval)\(/, MAY_WAIT)).toEqual([]);
  });
});

describe('the shape of files', () => {
  const LIMIT = 400;

  test('no file is longer than 400 lines', () => {
    const long = sources.filter(({ lines }) => lines > LIMIT);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test('nothing is exported as default, and no file passes on all of another', () => {
    const bad = sources.filter(({ text }) =>
      /^export (?:default\b|(?:type )?\*)|\bas default\b/m.test(withoutComments(text)),
    );
    expect(bad.map(({ path }) => path)).toEqual([]);
  });
});

describe('the rights of the operator', () => {
  interface Rule {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }
  interface Manifest {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly rules?: readonly Rule[];
  }

  test('deploy/rbac.yaml grants exactly this', async () => {
    const documents = parseAllDocuments(await readFile('deploy/rbac.yaml', 'utf8'));
    const manifests = documents.map((document): Manifest => document.toJS());
    const granted = manifests.flatMap(({ kind, metadata, rules = [] }) =>
      rules.map(({ apiGroups, resources, resourceNames = [], verbs }) =>
        [
          kind === 'ClusterRole' ? 'everywhere' : `in ${metadata.namespace}`,
          [apiGroups, resources, resourceNames].map((names) => names.join()).join('/'),
          verbs.join(),
        ].join(' '),
      ),
    );
    expect(granted).toEqual([
      'everywhere alb.alicloud.dev/securitypolicies/ list,watch,patch',
      'everywhere alb.alicloud.dev/securitypolicies/status/ update',
      'everywhere alb.alicloud.dev/providerconfigs,clusterproviderconfigs/ list,watch',
      'everywhere alb.alicloud.dev/providerconfigs/status,clusterproviderconfigs/status/ update',
      'everywhere /namespaces/ list,watch',
      'everywhere /namespaces/kube-system get',
      'everywhere /events/ create,patch',
      'in albsp-system coordination.k8s.io/leases/ get,create,patch',
    ]);
  });
});
