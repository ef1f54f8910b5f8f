import { CONNECTION, LEASE } from './connection.ts';
import type { Flag } from './flag.ts';
import { any, duration, oneOf, pattern } from './values.ts';

/** Every flag of `albsp run`, in the order of the help text. */
export const FLAGS: readonly Flag[] = [
  CONNECTION.kubeconfig,
  CONNECTION.context,
  CONNECTION.namespace,
  {
    name: 'selector',
    value: 'LABELS',
    fallback: '',
    help: 'only objects that match this label selector',
    broken: any,
  },
  CONNECTION.credentials,
  CONNECTION.region,
  CONNECTION.network,
  CONNECTION.albEndpoint,
  CONNECTION.stsEndpoint,
  CONNECTION.metadataEndpoint,
  {
    name: 'adoption',
    value: 'BOOL',
    fallback: 'true',
    help: 'whether objects without a provider config may adopt existing policies',
    broken: oneOf('true', 'false'),
  },
  CONNECTION.clusterId,
  {
    name: 'accept-cluster-id',
    value: 'OLD',
    fallback: '',
    help: 'take over the policies of this former cluster id; only when that cluster is no more',
    broken: pattern(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
      'must be 1 to 128 letters, digits, dots, underscores or hyphens',
    ),
  },
  {
    name: 'resync',
    value: 'D',
    fallback: '60s',
    help: 'how often the cloud is compared with the specs',
    broken: duration,
  },
  {
    name: 'workers',
    value: 'N',
    fallback: '16',
    help: 'objects worked on at once, 1 to 256',
    broken: (text) =>
      /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 256
        ? undefined
        : 'must be a whole number from 1 to 256',
  },
  {
    name: 'visibility-window',
    value: 'D',
    fallback: '60s',
    help: 'how long lists of the cloud may lag; below 60s only with loopback endpoints',
    broken: duration,
  },
  {
    name: 'leader-elect',
    value: 'BOOL',
    fallback: 'true',
    help: 'elect one leader among the replicas',
    broken: oneOf('true', 'false'),
  },
  LEASE.leaseName,
  LEASE.leaseNamespace,
  {
    name: 'lease-duration',
    value: 'D',
    fallback: '15s',
    help: 'how long a standby waits for a silent leader',
    broken: duration,
  },
  {
    name: 'renew-deadline',
    value: 'D',
    fallback: '10s',
    help: 'how long a leader works without a renewal',
    broken: duration,
  },
  {
    name: 'retry-period',
    value: 'D',
    fallback: '2s',
    help: 'how often the Lease is renewed or tried',
    broken: duration,
  },
  {
    name: 'listen',
    value: 'HOST:PORT',
    fallback: ':8080',
    help: 'health and metrics; port 0 picks one and the log says which',
    broken: (text) =>
      /^(\[[0-9a-f:]+\]|[^:]*):\d{1,5}$/i.test(text) &&
      Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535
        ? undefined
        : 'must be HOST:PORT with a port from 0 to 65535',
  },
  {
    name: 'read-only',
    value: 'BOOL',
    fallback: 'false',
    help: 'never write to the cloud',
    broken: oneOf('true', 'false'),
  },
  {
    name: 'log-level',
    value: 'LEVEL',
    fallback: 'info',
    help: 'debug, info, warn or error',
    broken: oneOf('debug', 'info', 'warn', 'error'),
  },
  {
    name: 'log-format',
    value: 'json|pretty',
    fallback: '',
    help: 'json, unless standard output is a terminal',
    broken: (text) => (text === '' ? undefined : oneOf('json', 'pretty')(text)),
  },
];
