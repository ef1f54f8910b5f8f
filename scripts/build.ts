/**
 * Bundles `src/main.ts` and all that it needs into `dist/`, which then runs alone on Node 22.19 or later.
 *
 * The entry is `dist/albsp.mjs`; what it loads lazily (the kubeconfig client, 0.7 s and 80 MB when loaded) stays
 * in chunks beside it, so that an operator inside a cluster never reads them. Names are kept, since a stack
 * trace at night must be readable. Beside them lies `sbom.cdx.json`: which packages are in them, and their
 * licences. Usage: `node scripts/build.ts [ENTRY [FOLDER]]`.
 * @module
 */
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildResult, build, type OutputFile, type Plugin } from 'esbuild';
import { NOTICES_FILE, noticesOf } from './notices.ts';
import { packagesOf, SBOM_FILE, sbomOf } from './sbom.ts';

/** CommonJS dependencies call `require` and read `__dirname`, which an ES module does not have. */
const COMMONJS_BANNER = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  "import { dirname as dirnameOfBundle } from 'node:path';",
  "import { fileURLToPath as pathOfBundle } from 'node:url';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = pathOfBundle(import.meta.url);',
  'const __dirname = dirnameOfBundle(__filename);',
].join('\n');

const HASHBANG = '#!/usr/bin/env node\n';

/**
 * A lazy `import('@kubernetes/client-node')` gives `KubeConfig` and nothing else: the package does not say that it
 * is free of side effects, so all of its 15 MB of models would come along.
 */
const kubeconfigOnly: Plugin = {
  name: 'kubeconfig-only',
  setup(building) {
    const name = '@kubernetes/client-node';
    building.onResolve({ filter: new RegExp(`^${name}$`) }, async (request) => {
      if (request.kind === 'dynamic-import') return { path: name, namespace: 'kubeconfig-only' };
      if (request.namespace !== 'kubeconfig-only') return undefined;
      return { path: fileURLToPath(new URL('./config.js', import.meta.resolve(name))) };
    });
    building.onLoad({ filter: /./, namespace: 'kubeconfig-only' }, () => ({
      contents: `export { KubeConfig } from '${name}';`,
      resolveDir: process.cwd(),
    }));
  },
};

type Bundle = Pick<BuildResult<{ write: false; metafile: true }>, 'outputFiles' | 'metafile'>;

function bundle(entry: string, folder: string, definitions: readonly string[]): Promise<Bundle> {
  return build({
    entryPoints: [{ in: entry, out: 'albsp' }],
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['module'],
    plugins: [kubeconfigOnly],
    // `albsp dev` installs them, and a bundle runs alone.
    define: { EMBEDDED_CRDS: JSON.stringify(definitions) },
    // The texts of all licences lie beside the bundle.
    legalComments: 'none',
    banner: { js: COMMONJS_BANNER },
    logLevel: 'warning',
    write: false,
    metafile: true,
  });
}

async function definitionTexts(): Promise<readonly string[]> {
  const folder = new URL('../crds/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  return Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')));
}

/** Chunks first and the entry last, by rename: an operator that starts during a build sees the old bundle or the new one. */
async function write(files: readonly OutputFile[], entry: string): Promise<void> {
  const chunks = files.filter((file) => file.path !== entry);
  for (const file of chunks) {
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, file.contents);
  }
  const text = files.find((file) => file.path === entry)?.text ?? '';
  const part = `${entry}.${process.pid}.part`;
  await mkdir(dirname(entry), { recursive: true });
  await writeFile(part, text.startsWith('#!') ? text : HASHBANG + text);
  await chmod(part, 0o755);
  await rename(part, entry);
}

async function removeStale(folder: string, files: readonly OutputFile[]): Promise<void> {
  const current = new Set(files.map((file) => basename(file.path)));
  const chunks = join(folder, 'chunks');
  for (const name of await readdir(chunks).catch(() => [])) {
    if (!current.has(name)) await rm(join(chunks, name));
  }
}

const [source = 'src/main.ts', target = 'dist'] = process.argv.slice(2);
const folder = resolve(target);
const entry = join(folder, 'albsp.mjs');
const started = performance.now();
const { outputFiles: files, metafile } = await bundle(resolve(source), folder, await definitionTexts());
const root = fileURLToPath(new URL('..', import.meta.url));
const lockText = await readFile(join(root, 'package-lock.json'), 'utf8');
const sbom = sbomOf(metafile, lockText);
await write(files, entry);
await writeFile(join(folder, SBOM_FILE), `${JSON.stringify(sbom, null, 2)}\n`);
await writeFile(join(folder, NOTICES_FILE), await noticesOf(root, packagesOf(metafile, lockText)));
// Written anew and not copied: the mode of a file in somebody's checkout must not be seen in the image.
await writeFile(join(folder, 'LICENSE'), await readFile(join(root, 'LICENSE')));
await removeStale(folder, files);
const size = files.find((file) => file.path === entry)?.contents.length ?? 0;
console.log(
  `${relative('.', entry)}: ${Math.round(size / 1024)} KiB, ${files.length - 1} lazy chunks, ${sbom.components.length} packages, ${Math.round(performance.now() - started)} ms`,
);
