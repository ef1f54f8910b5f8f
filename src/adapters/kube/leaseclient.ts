import type { Millis } from '../../ports/clock.ts';
import type { LeaseClient, LeaseRecord, LeaseResult } from '../../ports/lease.ts';
import { type Answer, describeFailure, field, text } from './answer.ts';
import type { Transport } from './transport.ts';

/** Longest wait for a call: half of the default renew deadline of 10 s. */
const TIMEOUT: Millis = 5000;
/** `date-time` with its fraction apart. */
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/** Reads and writes one Lease, over connections of its own. */
export function createLeaseClient(
  transport: Transport,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): LeaseClient {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  const path = `${collection}/${encodeURIComponent(name)}`;
  const common = { pool: 'lease', timeout: TIMEOUT } as const;
  return {
    async read() {
      return readAnswer(await transport.call({ verb: 'get', path, ...common }));
    },
    async create(record) {
      const body = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace, name },
        spec: specOf(record),
      };
      return readAnswer(await transport.call({ verb: 'create', path: collection, body, ...common }));
    },
    async update(record) {
      // A merge patch keeps the labels and annotations that somebody else has put on the Lease.
      const body = { metadata: { resourceVersion: record.resourceVersion }, spec: specOf(record) };
      return readAnswer(await transport.call({ verb: 'patch', path, body, ...common }));
    },
  };
}

function specOf(record: Omit<LeaseRecord, 'resourceVersion'>): Readonly<Record<string, unknown>> {
  return {
    holderIdentity: record.holderIdentity,
    leaseDurationSeconds: record.leaseDurationSeconds,
    acquireTime: microTime(record.acquireTime),
    renewTime: microTime(record.renewTime),
    leaseTransitions: record.leaseTransitions,
  };
}

/** A time as `MicroTime` wants it, with six decimals; text that is no time is left for the server to refuse, none at all is null. */
export function microTime(time: string): string | null {
  if (time === '') return null;
  const [, seconds, fraction = '', zone] = TIME.exec(time) ?? [];
  return seconds === undefined || zone === undefined
    ? time
    : `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}${zone}`;
}

function readAnswer(answer: Answer): LeaseResult {
  if (answer.kind === 'network') return { kind: 'failed', message: describeFailure(answer) };
  if (answer.kind === 'ok') return readLease(answer.body);
  if (answer.code === 404) return { kind: 'absent' };
  return answer.code === 409 ? { kind: 'conflict' } : { kind: 'failed', message: describeFailure(answer) };
}

function readLease(body: unknown): LeaseResult {
  const resourceVersion = text(field(body, 'metadata'), 'resourceVersion');
  if (resourceVersion === '')
    return { kind: 'failed', message: 'API server answered something that is no Lease' };
  const spec = field(body, 'spec');
  const duration = field(spec, 'leaseDurationSeconds');
  const transitions = field(spec, 'leaseTransitions');
  return {
    kind: 'ok',
    record: {
      resourceVersion,
      holderIdentity: text(spec, 'holderIdentity'),
      leaseDurationSeconds: typeof duration === 'number' ? duration : 0,
      acquireTime: text(spec, 'acquireTime'),
      renewTime: text(spec, 'renewTime'),
      leaseTransitions: typeof transitions === 'number' ? transitions : 0,
    },
  };
}
