import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Access, kubeconfigOf } from '../../src/dev/realkube/kubeconfig.ts';

const kubeconfig = z.object({
  clusters: z.tuple([
    z.object({
      cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string().optional() }),
    }),
  ]),
  users: z.array(z.object({ user: z.object({ token: z.string().optional() }).nullish() })).optional(),
});

/** Writes a kubeconfig with one context; only its owner may read it. */
export async function writeKubeconfig(path: string, access: Access): Promise<void> {
  await writeFile(path, kubeconfigOf(access, 'test'), { mode: 0o600 });
}

/**
 * Reads a kubeconfig with one cluster and at most one user, by token; what the tests themselves write.
 * @throws when it is anything else.
 */
export async function readKubeconfig(path: string): Promise<Access> {
  const document = kubeconfig.parse(parse(await readFile(path, 'utf8')));
  const { cluster } = document.clusters[0];
  const authority = cluster['certificate-authority-data'];
  return {
    server: cluster.server,
    authority: authority === undefined ? undefined : Buffer.from(authority, 'base64').toString(),
    token: document.users?.[0]?.user?.token,
  };
}
