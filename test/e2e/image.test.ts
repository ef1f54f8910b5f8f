/** The image that the Dockerfile makes, on stand-ins for its bases, and the operator in it as a cluster would run it. */
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOf } from '../environment/credentials.ts';
import { BUILD_MS, findContainers, Images, MEMORY_BYTES } from '../environment/image.ts';
import { readKubeconfig } from '../environment/kubeconfig.ts';
import type { Flags } from '../environment/operator.ts';
import { OPERATOR_NAMESPACE } from '../environment/realserver.ts';
import { billed, bundled } from '../environment/sbom.ts';
import { describeTiers } from '../environment/tiers.ts';
import type { World } from '../environment/world.ts';

const containers = findContainers();
const MIB = 1024 * 1024;

if (containers.kind === 'impossible')
  describe.skip(`the image [skipped: ${containers.why}]`, () => define('not limited'));
else describe('the image [on stand-in bases]', () => define(containers.memory));

function define(memory: 'limited' | 'not limited'): void {
  let images: Images;
  beforeAll(async () => {
    images = await Images.build(memory);
  }, BUILD_MS);
  afterAll(() => images?.close());

  test('two builds, from two folders and at two times, give the same image', async () => {
    const [first, second] = [await images.inspect('first'), await images.inspect('second')];
    expect(second.RootFS).toEqual(first.RootFS);
    expect(second.Id).toBe(first.Id);
  });

  test('holds the bundle, its chunks and its bill over the base, and nothing that its user may change', async () => {
    const root = await images.mount('first');
    const app = join(root, 'app');
    const files = await readdir(app, { recursive: true });
    const others = files.filter((file) => !/^chunks(?:\/[\w.-]+-[A-Z0-9]{8}\.mjs)?$/.test(file));
    expect(others.toSorted()).toEqual(['LICENSE', 'THIRD-PARTY-NOTICES.txt', 'albsp.mjs', 'sbom.cdx.json']);
    for (const file of ['', ...files]) {
      const { uid, mode } = await stat(join(app, file));
      expect({ file, uid, writable: mode & 0o022 }).toEqual({ file, uid: 0, writable: 0 });
    }
    expect(await readdir(root)).not.toContain('src');
  });

  test('has a bill of materials that equals the bundle in it and the lockfile', async () => {
    const app = join(await images.mount('first'), 'app');
    const packages = await bundled(app, await readFile('package-lock.json', 'utf8'));
    expect(packages.length).toBeGreaterThan(20);
    expect(await billed(app)).toEqual(packages);
  });

  test('says who runs it, by number, and what; no build leaves its settings in it', async () => {
    const { User, Config, Created, Labels } = await images.inspect('first');
    expect(User).toBe('65532:65532');
    expect(Config.Entrypoint).toEqual(['/nodejs/bin/node', '/app/albsp.mjs']);
    expect(Config.Cmd).toEqual(['run']);
    expect(Config.Env.map((entry) => entry.split('=')[0]).toSorted()).toEqual([
      'NODE_ENV',
      'NODE_OPTIONS',
      'PATH',
      'SSL_CERT_FILE',
    ]);
    expect(Created).toBe('1970-01-01T00:00:00Z');
    expect(Object.keys(Labels)).toEqual(
      expect.arrayContaining(['org.opencontainers.image.title', 'org.opencontainers.image.licenses']),
    );
  });

  describeTiers('an operator in it', (tier) => {
    test('runs read-only, without capabilities and as user 65532 until a policy is Ready, and ends with 0', async () => {
      const world = await tier.open();
      const container = `albsp-${world.namespace}`;
      const { flags, env, files } = await accessOf(world);
      const passed = [...Object.keys(environmentOf(world.canaries)), ...Object.keys(env)];
      // The world ends it with SIGTERM, and judges that its code is 0: podman passes both on.
      const operator = await world.startOperator({
        launcher: images.launcher(container, passed, files),
        env,
        flags,
      });
      await operator.whenReady();
      await world.apply('strict', { tlsVersions: ['TLSv1.2'], ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] });
      await world.whenReady('strict');
      expect(world.alb.model.live()).toHaveLength(1);
      const ids = '65532\t65532\t65532\t65532';
      expect(await images.confinement(container)).toEqual({
        uid: ids,
        gid: ids,
        capabilities: '0000000000000000',
        noNewPrivileges: true,
        seccomp: '2',
        rootIsReadOnly: true,
      });
      if (memory === 'not limited') return console.log('SKIPPED: no memory limit: no memory controller here');
      const { limit, peak } = await images.memory(container);
      expect(limit).toBe(MEMORY_BYTES);
      console.log(`The operator in the image needed ${Math.round(peak / MIB)} of ${limit / MIB} MiB`);
    });
  });

  const limited = `knows a limit of ${MEMORY_BYTES / MIB} MiB, and collects before it is killed`;
  if (memory === 'not limited') test.skip(`${limited} [skipped: no memory controller here]`);
  else
    test(limited, async () => {
      const script = 'console.log(v8.getHeapStatistics().heap_size_limit)';
      const heap = Number(await images.script(script));
      expect(heap).toBeGreaterThan(0.6 * MEMORY_BYTES);
      expect(heap).toBeLessThan(0.8 * MEMORY_BYTES);
    });
}

interface Way {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** How a container reaches the API server: on the real one as any Pod, by the token of a service account. */
async function accessOf(world: World): Promise<Way> {
  const kubeconfig = world.cluster.operatorKubeconfig;
  if (world.tier === 'stand-in')
    return { flags: { kubeconfig: '/kubeconfig' }, env: {}, files: { '/kubeconfig': kubeconfig } };
  const { server, authority = '', token = '' } = await readKubeconfig(kubeconfig);
  const folder = await mkdtemp(join(tmpdir(), 'albsp-account-'));
  world.onClose(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'ca.crt'), authority);
  await writeFile(join(folder, 'namespace'), OPERATOR_NAMESPACE);
  await writeFile(join(folder, 'token'), token);
  const { hostname, port } = new URL(server);
  return {
    flags: { kubeconfig: null },
    env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    files: { '/var/run/secrets/kubernetes.io/serviceaccount': folder },
  };
}
