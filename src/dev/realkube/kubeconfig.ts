import { stringify } from 'yaml';

/** How to reach one API server as one user. `authority` is PEM. */
export interface Access {
  readonly server: string;
  readonly authority?: string | undefined;
  readonly token?: string | undefined;
}

/** The YAML of a kubeconfig with one context, all of whose names are `name`. It holds the token: write it with mode 600. */
export function kubeconfigOf({ server, authority, token }: Access, name: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [
      {
        name,
        cluster: {
          server,
          ...(authority && { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
        },
      },
    ],
    users: [{ name, user: token === undefined ? {} : { token } }],
  });
}
