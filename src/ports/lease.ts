/** The record in a `coordination.k8s.io/v1` Lease, and the calls that leader election needs. */
export interface LeaseRecord {
  readonly resourceVersion: string;
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** The answer to a call on the Lease; never a throw. */
export type LeaseResult =
  | { readonly kind: 'ok'; readonly record: LeaseRecord }
  | { readonly kind: 'absent' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'failed'; readonly message: string };

/** Reads and writes one Lease. Each call settles within `timeout` (5 s). */
export interface LeaseClient {
  read(): Promise<LeaseResult>;
  create(record: Omit<LeaseRecord, 'resourceVersion'>): Promise<LeaseResult>;
  /** Carries the record's resourceVersion: `conflict` when somebody else has written since. */
  update(record: LeaseRecord): Promise<LeaseResult>;
}
