import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { systemClock } from '../../src/adapters/clock.ts';
import { Admin } from '../../test/environment/admin.ts';
import { findBinaries, KUBERNETES_VERSION } from '../../test/environment/binaries.ts';
import { readKubeconfig } from '../../test/environment/kubeconfig.ts';
import { BUNDLE } from '../../test/environment/operator.ts';
import { OPERATOR_NAMESPACE, RealServer } from '../../test/environment/realserver.ts';
import { startPrinting } from './printing.ts';

/** The API server of a run. */
export interface ApiServer {
  /** For the line under the table. */
  readonly name: string;
  readonly adminKubeconfig: string;
  readonly operatorKubeconfig: string;
  /** A folder with what a kubelet would mount, and the address for its environment; the stand-in has none. */
  readonly pod?: { readonly folder: string; readonly host: string; readonly port: string };
  close(): Promise<void>;
}

/** The log of requests with their bodies, which the tests want, would cost more than the requests. */
const NO_AUDIT = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'None' }] };

/** The real API server where its programs are, else the stand-in, in a process of its own either way. */
export async function openApiServer(): Promise<ApiServer> {
  const binaries = findBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'albsp-bench-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  if (binaries.kind === 'missing') return openStandIn(remove);
  const policy = join(folder, 'audit-policy.json');
  await writeFile(policy, JSON.stringify(NO_AUDIT));
  const server = await RealServer.start({ binaries, flags: [`--audit-policy-file=${policy}`] });
  const { hostname: host, port } = new URL(server.url);
  const { token = '', authority = '' } = await readKubeconfig(server.operatorKubeconfig);
  const mounted = { token, 'ca.crt': authority, namespace: OPERATOR_NAMESPACE };
  for (const [name, text] of Object.entries(mounted))
    await writeFile(join(folder, name), text, { mode: 0o600 });
  return {
    pod: { folder, host, port },
    name: `kube-apiserver ${KUBERNETES_VERSION}`,
    adminKubeconfig: server.adminKubeconfig,
    operatorKubeconfig: server.operatorKubeconfig,
    async close() {
      await server.stop();
      await remove();
    },
  };
}

async function openStandIn(remove: () => Promise<void>): Promise<ApiServer> {
  const crds = fileURLToPath(new URL('../../crds', import.meta.url));
  const { program, line } = await startPrinting([BUNDLE, 'dev', 'kube', '--crds', crds]);
  const { kubeconfig } = z.object({ kubeconfig: z.string() }).parse(line);
  const admin = await Admin.of(kubeconfig);
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE } });
  await admin.close();
  return {
    name: 'the stand-in API server, since there are no real binaries (test/environment/build.sh)',
    adminKubeconfig: kubeconfig,
    operatorKubeconfig: kubeconfig,
    async close() {
      await program.end(systemClock);
      await remove();
    },
  };
}
