import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Binaries, binariesIn } from '../../src/dev/realkube/binaries.ts';

/** The version that `build.sh` builds; the two must be changed together. */
export const KUBERNETES_VERSION = 'v1.37.2';
/** Builds what is missing. */
export const BUILD_COMMAND = 'test/environment/build.sh';

/** Looks in `KUBEBUILDER_ASSETS` (the convention of envtest), else in the cache that `build.sh` fills. */
export function findBinaries(env: Readonly<Record<string, string | undefined>> = process.env): Binaries {
  return binariesIn(
    env.KUBEBUILDER_ASSETS ?? join(homedir(), '.cache', 'albsp', `kubernetes-${KUBERNETES_VERSION}`),
  );
}
