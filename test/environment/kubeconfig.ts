import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/** How to reach one API server as one user. `authority` is PEM. */
export interface Access {
  readonly server: string;
  readonly authority?: string | undefined;
  readonly token?: string | undefined;
}

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
  const authority = access.authority;
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [
      {
        name: 'test',
        cluster: {
          server: access.server,
          ...(authority && { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
        },
      },
    ],
    users: [{ name: 'test', user: access.token === undefined ? {} : { token: access.token } }],
  };
  await writeFile(path, stringify(document), { mode: 0o600 });
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
