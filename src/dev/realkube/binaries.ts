import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The programs of a real API server. The controller manager and kubectl may be missing. */
export type Binaries =
  | {
      readonly kind: 'found';
      readonly etcd: string;
      readonly apiServer: string;
      readonly controllerManager: string | undefined;
      readonly kubectl: string | undefined;
    }
  | { readonly kind: 'missing'; readonly names: readonly string[]; readonly folder: string };

/** Those that can be run: {@link Binaries} of the kind `found`. */
export type Found = Extract<Binaries, { kind: 'found' }>;

/** Looks for the programs in a folder, by the names that envtest gives them. */
export function binariesIn(folder: string): Binaries {
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
