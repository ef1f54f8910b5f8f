/**
 * Renders `deploy/install.yaml` and the kustomize base from the chart. With `--check` it writes nothing and exits 1
 * when a file is stale; without Helm on this machine the check says that it is skipped, and fails where nothing may be
 * skipped (`ALBSP_REQUIRE_REAL`).
 * @module
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { findHelm, HELM_COMMAND, HELM_VERSIONS, renderChart } from './chart/helm.ts';
import { CHART } from './chart.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Where the plain manifests install the operator. */
export const NAMESPACE = 'albsp-system';
/** The Secret that plain manifests take keys and region from: nothing has to be edited. */
export const SECRET = 'albsp-credentials';

/** The values of the plain manifests. */
export const VALUES = {
  credentials: { mode: 'environment', environment: { existingSecret: SECRET } },
  extraEnv: [
    {
      name: 'ALIBABA_CLOUD_REGION_ID',
      valueFrom: { secretKeyRef: { name: SECRET, key: 'regionId' } },
    },
  ],
  tests: { enabled: false },
};

/** Marks of Helm: on objects that no release owns they would be a lie. */
const HELM_MARKS = ['helm.sh/chart', 'app.kubernetes.io/managed-by', 'helm.sh/resource-policy'];
const HEADER = '# Rendered from deploy/charts/albsp by scripts/manifests.ts; do not edit.\n';
const RIGHTS = new Set(['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']);

const marks = z.record(z.string(), z.string()).optional();
const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: marks, annotations: marks }),
});
type Manifest = z.infer<typeof manifest>;

/** The objects of the chart as no release owns them, the namespace first, then the definitions, rights and the rest. */
export function plainObjects(helm: string): readonly Manifest[] {
  const text = renderChart(join(root, CHART), {
    helm,
    release: 'albsp',
    namespace: NAMESPACE,
    values: VALUES,
  });
  const objects = parseAllDocuments(text)
    .filter((document) => document.contents !== null)
    .map((document) => withoutMarks(manifest.parse(document.toJS())));
  const place = ({ kind }: Manifest) => (kind === 'CustomResourceDefinition' ? 0 : RIGHTS.has(kind) ? 1 : 2);
  return [namespace(), ...objects.toSorted((one, other) => place(one) - place(other))];
}

/** Every rendered file by its path from the root, with its text. */
export function rendered(helm: string): ReadonlyMap<string, string> {
  const objects = plainObjects(helm);
  const base = 'deploy/kustomize/base';
  const of = (test: (kind: string) => boolean) => textOf(objects.filter(({ kind }) => test(kind)));
  const isCrd = (kind: string) => kind === 'CustomResourceDefinition';
  return new Map([
    ['deploy/install.yaml', textOf(objects)],
    [`${base}/namespace.yaml`, of((kind) => kind === 'Namespace')],
    [`${base}/crds.yaml`, of(isCrd)],
    [`${base}/rbac.yaml`, of((kind) => RIGHTS.has(kind))],
    [`${base}/operator.yaml`, of((kind) => kind !== 'Namespace' && !isCrd(kind) && !RIGHTS.has(kind))],
  ]);
}

/** The paths of the rendered files whose text on disk is another one. */
export async function staleManifests(helm: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [path, text] of rendered(helm)) {
    const current = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (current !== text) found.push(path);
  }
  return found;
}

function namespace(): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  };
}

function textOf(objects: readonly Manifest[]): string {
  // YAML 1.1, as kubectl reads it: there a bare `on` is a boolean. Without anchors, for readers that are simpler.
  const options = { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' } as const;
  return HEADER + objects.map((object) => stringify(object, options)).join('---\n');
}

/** Takes the marks off wherever they are: a Pod template has labels of its own. */
function withoutMarks(object: Manifest): Manifest {
  const text = JSON.stringify(object, (key, value: unknown) => {
    if (key !== 'labels' && key !== 'annotations') return value;
    const kept = marks.safeParse(value);
    if (!kept.success || kept.data === undefined) return value;
    const entries = Object.entries(kept.data).filter(([name]) => !HELM_MARKS.includes(name));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  });
  return manifest.parse(JSON.parse(text));
}

async function write(helm: string): Promise<void> {
  for (const [path, text] of rendered(helm)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [version] = HELM_VERSIONS;
  const helm = findHelm(version);
  if (helm === undefined) {
    const checking = process.argv.includes('--check') && process.env.ALBSP_REQUIRE_REAL !== '1';
    const what = `no helm ${version}; "${HELM_COMMAND}" builds it (2 minutes, needs Go)`;
    console.error(
      checking ? `SKIPPED: freshness of deploy/install.yaml and deploy/kustomize: ${what}` : what,
    );
    process.exitCode = checking ? 0 : 1;
  } else if (process.argv.includes('--check')) {
    const found = await staleManifests(helm);
    for (const path of found) console.error(`'${path}' is stale: run "node scripts/manifests.ts"`);
    process.exitCode = found.length === 0 ? 0 : 1;
  } else {
    await write(helm);
  }
}
