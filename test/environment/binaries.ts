import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The version that `build.sh` builds; the two must be changed together. */
export const KUBERNETES_VERSION = 'v1.37.2';
/** Builds what is missing. */
export const BUILD_COMMAND = 'test/environment/build.sh';

/** Where the programs of the real tier are. The controller manager and kubectl may be missing. */
export type Binaries =
  | {
      readonly kind: 'found';
      readonly etcd: string;
      readonly apiServer: string;
      readonly controllerManager: string | undefined;
      readonly kubectl: string | undefined;
    }
  | { readonly kind: 'missing'; readonly names: readonly string[]; readonly folder: string };

/** Looks in `KUBEBUILDER_ASSETS` (the convention of envtest), else in the cache that `build.sh` fills. */
export function findBinaries(env: Readonly<Record<string, string | undefined>> = process.env): Binaries {
  const folder =
    env.KUBEBUILDER_ASSETS ?? join(homedir(), '.cache', 'albsp', `kubernetes-${KUBERNETES_VERSION}`);
  const path = (name: string) => (isExecutable(join(folder, name)) ? join(folder, name) : undefined);
  const etcd = path('etcd');
  const apiServer = path('kube-apiserver');
  if (etcd === undefined || apiServer === undefined) {
    const names = [
      ...(etcd === undefined ? ['etcd'] : []),
      ...(apiServer === undefined ? ['kube-apiserver'] : []),
    ];
    return { kind: 'missing', names, folder };
  }
  return {
    kind: 'found',
    etcd,
    apiServer,
    controllerManager: path('kube-controller-manager'),
    kubectl: path('kubectl'),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
