import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('image.sh', import.meta.url));
/** Longest build of both images, in milliseconds: 30 s on two free cores. */
export const BUILD_MS = 300_000;
/** Longest life of a container, in seconds: it ends by itself where the test that started it is gone. */
const LIFE_S = 110;
/** The Node of the stand-in bases: the one that the image will have, whichever runs the tests. */
const NODE = `node_modules/node-linux-${process.arch}/bin/node`;
/** What installs the programs, on Debian. */
const INSTALL = "'apt-get install --no-install-recommends buildah podman runc'";

/** The memory of the container that the tests run, in bytes. */
export const MEMORY_BYTES = 128 * 1024 * 1024;

/** Whether images can be built and run here, and under which limits. */
export type Containers =
  | { readonly kind: 'possible'; readonly memory: 'limited' | 'not limited' }
  | { readonly kind: 'impossible'; readonly why: string };

/** Looks for the programs and the rights that `image.sh` and `podman run` need. */
export function findContainers(): Containers {
  const missing = ['buildah', 'podman', 'runc', 'npm'].filter((name) => !answers(name, '--version'));
  if (process.platform !== 'linux') return { kind: 'impossible', why: 'needs Linux' };
  if (missing.length > 0)
    return { kind: 'impossible', why: `no ${missing.join(', ')}; ${INSTALL} brings them` };
  if (!existsSync(NODE)) return { kind: 'impossible', why: `no ${NODE}; 'npm ci' brings it` };
  if (process.getuid?.() !== 0) return { kind: 'impossible', why: 'needs root' };
  if (!answers('unshare', '--mount', 'true'))
    return { kind: 'impossible', why: 'this machine does not let root mount' };
  return { kind: 'possible', memory: hasMemoryController() ? 'limited' : 'not limited' };
}

function answers(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function hasMemoryController(): boolean {
  if (existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes')) return true;
  const controllers = '/sys/fs/cgroup/cgroup.controllers';
  return existsSync(controllers) && readFileSync(controllers, 'utf8').split(/\s/).includes('memory');
}

const inspected = z.tuple([
  z.object({
    Id: z.string(),
    Created: z.string(),
    User: z.string(),
    Labels: z.record(z.string(), z.string()),
    Config: z.object({
      Entrypoint: z.array(z.string()),
      Cmd: z.array(z.string()),
      Env: z.array(z.string()),
    }),
    RootFS: z.object({ Layers: z.array(z.string()) }),
  }),
]);

/** A command that failed. */
const failed = z.object({ stderr: z.string().catch('') });

/** What an image says of itself. */
export type Inspected = z.infer<typeof inspected>[0];

/** What the kernel says of a process. */
export interface Confinement {
  readonly uid: string;
  readonly gid: string;
  /** The union of all capability sets, in hexadecimal; zeros when there is none. */
  readonly capabilities: string;
  readonly noNewPrivileges: boolean;
  /** `2` for a filter. */
  readonly seccomp: string;
  readonly rootIsReadOnly: boolean;
}

/** The two images that `image.sh` built, and the containers made of them. */
export class Images {
  readonly #store: string;
  readonly #memory: 'limited' | 'not limited';
  readonly #podman: readonly string[];

  private constructor(store: string, driver: string, memory: 'limited' | 'not limited') {
    this.#store = store;
    this.#memory = memory;
    this.#podman = [
      ...['--root', join(store, 'images'), '--runroot', join(store, 'run'), '--storage-driver', driver],
      // No systemd, no journal: neither is everywhere.
      ...['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
    ];
  }

  /** @throws with the end of the log when an image can't be built. */
  static async build(memory: 'limited' | 'not limited'): Promise<Images> {
    const store = await mkdtemp(join(tmpdir(), 'albsp-image-'));
    try {
      await run(SCRIPT, [store], { timeout: BUILD_MS });
      const driver = await readFile(join(store, 'driver'), 'utf8');
      return new Images(store, driver.trim(), memory);
    } catch (failure) {
      await remove(store);
      const { stderr } = failed.parse(failure);
      throw new Error(`test/environment/image.sh failed: ${stderr}`, { cause: failure });
    }
  }

  async inspect(tag: 'first' | 'second'): Promise<Inspected> {
    const [image] = inspected.parse(JSON.parse(await this.#ok('image', 'inspect', nameOf(tag))));
    return image;
  }

  /** A folder with all that is in the image. */
  async mount(tag: 'first' | 'second'): Promise<string> {
    return (await this.#ok('image', 'mount', nameOf(tag))).trim();
  }

  /**
   * What starts a container as the chart would: nothing to write to, no capability, no way to more rights. The memory
   * is limited where this machine can. Arguments of `albsp` follow.
   * @param environment names of variables that the container gets from its starter.
   * @param files files of this machine, by where the container has them.
   */
  launcher(
    container: string,
    environment: readonly string[] = [],
    files: Readonly<Record<string, string>> = {},
  ): readonly [string, ...string[]] {
    return [
      'podman',
      ...this.#podman,
      ...['run', '--rm', '--name', container, '--timeout', String(LIFE_S), '--network', 'host'],
      ...['--read-only', '--read-only-tmpfs=false', '--cap-drop', 'all'],
      ...['--security-opt', 'no-new-privileges'],
      // As much as the starter may have: podman would ask for more.
      ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'],
      ...(this.#memory === 'limited'
        ? ['--memory', String(MEMORY_BYTES), '--memory-swap', String(MEMORY_BYTES)]
        : []),
      ...environment.flatMap((name) => ['--env', name]),
      ...Object.entries(files).flatMap(([path, file]) => ['--volume', `${file}:${path}:ro`]),
      nameOf('first'),
    ];
  }

  /** What a script says that the image's Node runs in place of `albsp`, confined in the same way. */
  async script(text: string): Promise<string> {
    const all = this.launcher(`albsp-script-${process.pid}`);
    const [command, ...options] = all.slice(0, -1);
    const [image] = all.slice(-1);
    const args = [...options, '--entrypoint', '/nodejs/bin/node', String(image), '--eval', text];
    return (await run(String(command), args)).stdout;
  }

  /** How the first process of a running container is confined, as the kernel sees it. */
  async confinement(container: string): Promise<Confinement> {
    const pid = await this.#pid(container);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? 'unknown';
    const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => field(name));
    const mounts = await readFile(`/proc/${pid}/mounts`, 'utf8');
    const root = mounts.split('\n').find((line) => line.split(' ')[1] === '/');
    return {
      uid: field('Uid'),
      gid: field('Gid'),
      capabilities: [...new Set(sets)].join(' '),
      noNewPrivileges: field('NoNewPrivs') === '1',
      seccomp: field('Seccomp'),
      rootIsReadOnly: root?.split(' ')[3]?.split(',').includes('ro') ?? false,
    };
  }

  /** The limit and the peak of a running container's memory, in bytes. */
  async memory(container: string): Promise<{ readonly limit: number; readonly peak: number }> {
    const pid = await this.#pid(container);
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
    const old = /^\d+:(?:\w+,)*memory(?:,\w+)*:(.*)$/m.exec(groups)?.[1];
    const [folder, limit, peak] =
      old === undefined
        ? [`/sys/fs/cgroup${/^0::(.*)$/m.exec(groups)?.[1]}`, 'memory.max', 'memory.peak']
        : [`/sys/fs/cgroup/memory${old}`, 'memory.limit_in_bytes', 'memory.max_usage_in_bytes'];
    const read = async (file: string) => Number(await readFile(join(folder, file), 'utf8'));
    return { limit: await read(limit), peak: await read(peak) };
  }

  async close(): Promise<void> {
    await this.#ok('rm', '--all', '--force');
    await this.#ok('image', 'umount', '--all', '--force');
    await remove(this.#store);
  }

  async #pid(container: string): Promise<string> {
    return (await this.#ok('inspect', '--format', '{{.State.Pid}}', container)).trim();
  }

  async #ok(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('podman', [...this.#podman, ...args], { maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  }
}

function nameOf(tag: 'first' | 'second'): string {
  return `localhost/albsp:${tag}`;
}

/** A program that was cut off may have left the overlay driver's folder mounted on itself, and then it can't be removed. */
async function remove(store: string): Promise<void> {
  await run('umount', [join(store, 'images', 'overlay')]).catch(() => undefined);
  await rm(store, { recursive: true, force: true });
}
