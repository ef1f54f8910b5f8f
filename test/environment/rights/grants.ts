import { fileURLToPath } from 'node:url';
import { type Manifest, readManifests } from '../admin.ts';

/** How far an operator sees, and with that the file of its rights. */
export type Mode = 'cluster' | 'namespaced';

/** Where the rights of each mode stand, from the root of the repository. */
export const RIGHTS_FILES: Readonly<Record<Mode, string>> = {
  cluster: 'deploy/rbac.yaml',
  namespaced: 'deploy/rbac-namespaced.yaml',
};

/** One verb on one resource, as a rule of one of the files grants it. */
export interface Grant {
  readonly mode: Mode;
  /** As in `ClusterRole albsp`. */
  readonly role: string;
  /** As in `update alb.alicloud.dev/securitypolicies/status`; the core group is `core`. */
  readonly right: string;
  /** The only object that it is for; empty for all. */
  readonly name: string;
  /** Lists and watches of a ClusterRole reach all namespaces. Where nobody needs that, a Role would do. */
  readonly wide: boolean;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A right in one word for a rule, an audit entry and a message. */
export function rightOf(verb: string, group: string, resource: string): string {
  return `${verb} ${group === '' ? 'core' : group}/${resource}`;
}

/** Everything that both files grant. */
export async function readGrants(): Promise<readonly Grant[]> {
  const modes: readonly Mode[] = ['cluster', 'namespaced'];
  const grants = await Promise.all(
    modes.map(async (mode) => {
      const path = fileURLToPath(new URL(`../../../${RIGHTS_FILES[mode]}`, import.meta.url));
      return (await readManifests(path)).flatMap((manifest) => grantsOf(mode, manifest));
    }),
  );
  return grants.flat();
}

function grantsOf(mode: Mode, { kind, metadata, rules = [] }: Manifest): readonly Grant[] {
  return (rules as readonly Rule[]).flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => ({
            mode,
            role: `${kind} ${metadata.name}`,
            right: rightOf(verb, group, resource),
            name,
            wide: kind === 'ClusterRole' && ['list', 'watch'].includes(verb),
          })),
        ),
      ),
    ),
  );
}
