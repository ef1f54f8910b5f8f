/**
 * Loaded into an operator before its bundle (`node --import`): lets it find a service account as in a Pod, in the folder
 * that BENCH_SERVICE_ACCOUNT names, since only a kubelet can mount the real one. A kubeconfig would load its library,
 * which no operator in a cluster does and which would be most of what is measured.
 * @module
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/';
const folder = process.env.BENCH_SERVICE_ACCOUNT ?? '';
const readFile = fs.promises.readFile;

fs.promises.readFile = new Proxy(readFile, {
  apply(target, self, [path, ...rest]) {
    const moved =
      typeof path === 'string' && path.startsWith(MOUNT) ? `${folder}/${path.slice(MOUNT.length)}` : path;
    return Reflect.apply(target, self, [moved, ...rest]);
  },
});
syncBuiltinESMExports();
