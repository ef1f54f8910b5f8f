import { join } from 'node:path';
import type { Keys } from './keys.ts';

/** Ports of 127.0.0.1. */
export interface Ports {
  readonly api: number;
  readonly etcd: number;
  readonly peer: number;
}

/** How to start etcd with its data in this folder. What it holds is thrown away, so it need not reach the disk. */
export function etcdFlags(folder: string, ports: Ports): readonly string[] {
  const url = `http://127.0.0.1:${ports.etcd}`;
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=http://127.0.0.1:${ports.peer}`,
    '--unsafe-no-fsync=true',
    '--log-level=warn',
  ];
}

/** How to start kube-apiserver on that etcd. */
export function apiServerFlags(keys: Keys, ports: Ports): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--cert-dir=${keys.pki}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.api}`,
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
    `--token-auth-file=${keys.tokens}`,
    '--authorization-mode=RBAC',
    `--service-account-issuer=https://127.0.0.1:${ports.api}/`,
    `--service-account-key-file=${keys.serviceAccounts}`,
    `--service-account-signing-key-file=${keys.serviceAccounts}`,
  ];
}

/** For a server without a controller manager: nobody makes the ServiceAccount that this admission asks for. */
export const WITHOUT_CONTROLLERS = '--disable-admission-plugins=ServiceAccount';
