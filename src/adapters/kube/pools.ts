import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Certificates, ClusterConfig } from './clusterconfig.ts';

/** Which connections a request goes over. */
export type PoolName = 'api' | 'watch' | 'lease';

/** Three sets of long-lived connections: a crowd of requests can cost neither a watch nor the lease. */
export type Pools = Readonly<Record<PoolName, Dispatcher>>;

/** Sixteen workers and as many again for Events and lists. */
const API_CONNECTIONS = 32;
/** A renewal, and one more in case the first hangs. */
const LEASE_CONNECTIONS = 2;
/** kube-apiserver closes idle connections at about 90 s; below that we are first, and no request meets a closed one. */
const KEEP_ALIVE = 60_000;
/** Time between TCP probes on an idle connection. */
const PROBE_DELAY = 30_000;
/** Longest wait for a TCP and TLS handshake. */
const CONNECT_TIMEOUT = 10_000;

/**
 * Opens nothing yet: connections come with requests. HTTP/1.1 only: one socket a watch means isolated failures,
 * and undici's HTTP/2 has no time-out on its ping. Deadlines are the transport's, so undici's own are off.
 */
export function createPools(config: ClusterConfig, certificates: Certificates): Pools {
  const tls = {
    ...certificates,
    ...(config.serverName === undefined ? {} : { servername: config.serverName }),
    ...(config.insecure === true ? { rejectUnauthorized: false } : {}),
  };
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: PROBE_DELAY, timeout: CONNECT_TIMEOUT };
  const pool = (connections: number | null): Dispatcher => {
    const options = {
      allowH2: false,
      connections,
      connect,
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveMaxTimeout: KEEP_ALIVE,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    if (config.proxy === undefined) return new Agent(options);
    // `connect` would be applied to the proxy; the certificates are for the server behind it.
    const { connect: _, ...behind } = options;
    return new ProxyAgent({ ...behind, uri: config.proxy, requestTls: connect });
  };
  return { api: pool(API_CONNECTIONS), watch: pool(null), lease: pool(LEASE_CONNECTIONS) };
}
