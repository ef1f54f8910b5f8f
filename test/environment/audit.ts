import { open } from 'node:fs/promises';
import type { Manifest } from './admin.ts';

/** One request that the API server answered, from its audit log. */
export interface AuditEntry {
  readonly verb: string;
  /** As in `system:serviceaccount:albsp-system:albsp`. */
  readonly user: string;
  readonly userAgent: string;
  readonly group: string;
  readonly resource: string;
  /** Empty, or as in `status`. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** What the authorizer said, whatever came of the request afterwards. */
  readonly decision: 'allow' | 'forbid' | '';
  /** Why, as in `RBAC: allowed by ClusterRoleBinding "albsp" of ClusterRole "albsp" to ServiceAccount "albsp/albsp-system"`. */
  readonly reason: string;
  /** Without the query. */
  readonly path: string;
  readonly time: string;
  /** For our group and for Leases: what was sent and what was answered. */
  readonly sent: Manifest | undefined;
  readonly answered: Manifest | undefined;
}

interface RawEntry {
  readonly stage: string;
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly userAgent?: string;
  readonly objectRef?: Partial<
    Record<'apiGroup' | 'resource' | 'subresource' | 'namespace' | 'name', string>
  >;
  readonly responseStatus?: { readonly code?: number };
  readonly requestURI?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly stageTimestamp: string;
  readonly requestObject?: Manifest;
  readonly responseObject?: Manifest;
}

/** Verbs that change something. */
export const WRITES: ReadonlySet<string> = new Set([
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
]);

/**
 * The policy of the audit log: everything, with bodies for our group and Leases, never with the body of a Secret.
 * Probes and schemas that anybody reads are left out; a ServiceAccount's use of them counts as use of rights (O11).
 * Watches are logged when they start.
 */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', userGroups: ['system:serviceaccounts'], nonResourceURLs: ['*'] },
    { level: 'None', nonResourceURLs: ['/readyz*', '/healthz*', '/livez*', '/openapi*'] },
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }] },
    {
      level: 'RequestResponse',
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
      resources: [{ group: 'alb.alicloud.dev' }, { group: 'coordination.k8s.io', resources: ['leases'] }],
    },
    { level: 'Metadata' },
  ],
};

/** Reads an audit log while it grows. What was asked for is there as soon as its answer is. */
export class AuditLog {
  readonly path: string;
  readonly #entries: AuditEntry[] = [];
  #offset = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Everything so far that fits: `namespace` of the object, `user` by its end, as in `:albsp`. */
  async entries(
    filter: { readonly namespace?: string; readonly user?: string } = {},
  ): Promise<readonly AuditEntry[]> {
    await this.#readOn();
    return this.#entries.filter(
      (entry) =>
        (filter.namespace === undefined || entry.namespace === filter.namespace) &&
        (filter.user === undefined || entry.user.endsWith(filter.user)),
    );
  }

  /** Those that changed something, or tried to. */
  async writes(
    filter: { readonly namespace?: string; readonly user?: string } = {},
  ): Promise<readonly AuditEntry[]> {
    return (await this.entries(filter)).filter((entry) => WRITES.has(entry.verb));
  }

  async #readOn(): Promise<void> {
    const file = await open(this.path);
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      const end = buffer.lastIndexOf(0x0a, bytesRead) + 1;
      for (const line of buffer.toString('utf8', 0, end).split('\n')) {
        if (line !== '') this.#entries.push(entryOf(JSON.parse(line)));
      }
      this.#offset += end;
    } finally {
      await file.close();
    }
  }
}

/** One line of the log. */
export function entryOf(raw: RawEntry): AuditEntry {
  const decision = raw.annotations?.['authorization.k8s.io/decision'];
  return {
    verb: raw.verb,
    user: raw.user?.username ?? '',
    userAgent: raw.userAgent ?? '',
    group: raw.objectRef?.apiGroup ?? '',
    resource: raw.objectRef?.resource ?? '',
    subresource: raw.objectRef?.subresource ?? '',
    namespace: raw.objectRef?.namespace ?? '',
    name: raw.objectRef?.name ?? '',
    code: raw.responseStatus?.code ?? 0,
    decision: decision === 'allow' || decision === 'forbid' ? decision : '',
    reason: raw.annotations?.['authorization.k8s.io/reason'] ?? '',
    path: raw.requestURI?.split('?')[0] ?? '',
    time: raw.stageTimestamp,
    sent: raw.requestObject,
    answered: raw.responseObject,
  };
}
