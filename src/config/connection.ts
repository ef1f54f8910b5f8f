import { isRegion } from '../adapters/alb/endpoints.ts';
import type { Flag } from './flag.ts';
import { any, metadata, oneOf, pattern, url } from './values.ts';

/** The flags that say which cluster, whose credentials and which cloud: every command that meets one of them has these. */
export const CONNECTION = {
  kubeconfig: {
    name: 'kubeconfig',
    value: 'FILE',
    fallback: '',
    help: 'kubeconfig file; else the service account, $KUBECONFIG, ~/.kube/config',
    broken: any,
  },
  context: { name: 'context', value: 'NAME', fallback: '', help: 'context of the kubeconfig', broken: any },
  namespace: {
    name: 'namespace',
    value: 'NS',
    fallback: '',
    help: 'watch only this namespace (again for more); --cluster-id is then required',
    broken: pattern(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a namespace name'),
    many: true,
  },
  credentials: {
    name: 'credentials',
    value: 'KIND',
    fallback: 'environment',
    help: "the operator's own identity: environment, rrsa, ecs-ram-role or none",
    broken: oneOf('environment', 'rrsa', 'ecs-ram-role', 'none'),
  },
  region: {
    name: 'region',
    value: 'ID',
    fallback: '',
    help: 'region of objects that name none; else $ALIBABA_CLOUD_REGION_ID',
    broken: (text) =>
      text === '' || isRegion(text) ? undefined : 'must be a region id, for example cn-hangzhou',
  },
  network: {
    name: 'network',
    value: 'public|vpc',
    fallback: 'public',
    help: 'which endpoints to call',
    broken: oneOf('public', 'vpc'),
  },
  albEndpoint: {
    name: 'alb-endpoint',
    value: 'URL',
    fallback: '',
    help: 'ALB endpoint; else built from the region',
    broken: url,
  },
  stsEndpoint: {
    name: 'sts-endpoint',
    value: 'URL',
    fallback: '',
    help: 'STS endpoint; a loopback ALB endpoint answers for STS too unless this is given',
    broken: url,
  },
  metadataEndpoint: {
    name: 'metadata-endpoint',
    value: 'URL',
    fallback: '',
    help: 'metadata service of the node, for ecs-ram-role; else http://100.100.100.200',
    broken: metadata,
  },
  clusterId: {
    name: 'cluster-id',
    value: 'ID',
    fallback: '',
    help: 'ownership mark in the cloud; else the UID of kube-system',
    broken: pattern(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
      'must be 1 to 128 letters, digits, dots, underscores or hyphens',
    ),
  },
} as const satisfies Readonly<Record<string, Flag>>;

/** The flags that say which Lease the operator's replicas share. */
export const LEASE = {
  leaseName: {
    name: 'lease-name',
    value: 'NAME',
    fallback: 'albsp',
    help: 'name of the Lease',
    broken: pattern(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a DNS subdomain name'),
  },
  leaseNamespace: {
    name: 'lease-namespace',
    value: 'NS',
    fallback: '',
    help: 'namespace of the Lease; else the own namespace',
    broken: any,
  },
} as const satisfies Readonly<Record<string, Flag>>;
