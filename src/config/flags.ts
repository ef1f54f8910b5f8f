import { isRegion } from '../adapters/alb/endpoints.ts';
import { any, duration, metadata, oneOf, pattern, url } from './values.ts';

/** One flag of `albsp run`: its name without hyphens, what its value is called, its default, its help and its rule. */
export interface Flag {
  readonly name: string;
  readonly value: string;
  readonly fallback: string;
  readonly help: string;
  /** The rule that a value breaks, or undefined. */
  readonly broken: (text: string) => string | undefined;
  readonly many?: true;
}

/** Every flag of `albsp run`, in the order of the help text. */
export const FLAGS: readonly Flag[] = [
  {
    name: 'kubeconfig',
    value: 'FILE',
    fallback: '',
    help: 'kubeconfig file; else the service account, $KUBECONFIG, ~/.kube/config',
    broken: any,
  },
  { name: 'context', value: 'NAME', fallback: '', help: 'context of the kubeconfig', broken: any },
  {
    name: 'namespace',
    value: 'NS',
    fallback: '',
    help: 'watch only this namespace (again for more); --cluster-id is then required',
    broken: pattern(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a namespace name'),
    many: true,
  },
  {
    name: 'selector',
    value: 'LABELS',
    fallback: '',
    help: 'only objects that match this label selector',
    broken: any,
  },
  {
    name: 'credentials',
    value: 'KIND',
    fallback: 'environment',
    help: "the operator's own identity: environment, rrsa, ecs-ram-role or none",
    broken: oneOf('environment', 'rrsa', 'ecs-ram-role', 'none'),
  },
  {
    name: 'region',
    value: 'ID',
    fallback: '',
    help: 'region of objects that name none; else $ALIBABA_CLOUD_REGION_ID',
    broken: (text) =>
      text === '' || isRegion(text) ? undefined : 'must be a region id, for example cn-hangzhou',
  },
  {
    name: 'network',
    value: 'public|vpc',
    fallback: 'public',
    help: 'which endpoints to call',
    broken: oneOf('public', 'vpc'),
  },
  {
    name: 'alb-endpoint',
    value: 'URL',
    fallback: '',
    help: 'ALB endpoint; else built from the region',
    broken: url,
  },
  {
    name: 'sts-endpoint',
    value: 'URL',
    fallback: '',
    help: 'STS endpoint; a loopback ALB endpoint answers for STS too unless this is given',
    broken: url,
  },
  {
    name: 'metadata-endpoint',
    value: 'URL',
    fallback: '',
    help: 'metadata service of the node, for ecs-ram-role; else http://100.100.100.200',
    broken: metadata,
  },
  {
    name: 'adoption',
    value: 'BOOL',
    fallback: 'true',
    help: 'whether objects without a provider config may adopt existing policies',
    broken: oneOf('true', 'false'),
  },
  {
    name: 'cluster-id',
    value: 'ID',
    fallback: '',
    help: 'ownership mark in the cloud; else the UID of kube-system',
    broken: pattern(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
      'must be 1 to 128 letters, digits, dots, underscores or hyphens',
    ),
  },
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
  {
    name: 'lease-name',
    value: 'NAME',
    fallback: 'albsp',
    help: 'name of the Lease',
    broken: pattern(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a DNS subdomain name'),
  },
  {
    name: 'lease-namespace',
    value: 'NS',
    fallback: '',
    help: 'namespace of the Lease; else the own namespace',
    broken: any,
  },
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

/** The environment variable that says the same as the flag of this name. */
export function variable(flag: string): string {
  return `ALBSP_${flag.toUpperCase().replaceAll('-', '_')}`;
}
