import type { LeaseClient, LeaseRecord, LeaseResult } from '../../../src/ports/lease.ts';

/** What a test lets happen to a call: `lost` is carried out, but its answer never comes back as such. */
export type Fate = 'pass' | 'fail' | 'lost' | 'conflict' | 'throw' | Promise<void>;

/** One Lease in memory, with optimistic locking as the API server does it, and a client for each candidate. */
export class MemoryLease {
  record: LeaseRecord | undefined;
  writes = 0;
  #version = 0;

  /** A client whose every call asks `fate` first; a promise delays the call before it reaches the lease. */
  client(fate: (verb: 'read' | 'create' | 'update') => Fate = () => 'pass'): LeaseClient {
    const call = async (verb: 'read' | 'create' | 'update', act: () => LeaseResult): Promise<LeaseResult> => {
      const decided = fate(verb);
      if (decided === 'throw') throw new Error('boom');
      if (decided === 'fail') return { kind: 'failed', message: 'No answer' };
      if (decided === 'conflict') return { kind: 'conflict' };
      if (decided !== 'pass' && decided !== 'lost') await decided;
      const result = act();
      return decided === 'lost' ? { kind: 'failed', message: 'No answer' } : result;
    };
    return {
      read: () => call('read', () => this.#answer()),
      create: (record) =>
        call('create', () => (this.record === undefined ? this.write(record) : { kind: 'conflict' })),
      update: (record) =>
        call('update', () => {
          if (this.record === undefined) return { kind: 'absent' };
          if (this.record.resourceVersion !== record.resourceVersion) return { kind: 'conflict' };
          return this.write(record);
        }),
    };
  }

  /** Writes as somebody with full rights does, whoever holds the lease. */
  write(record: Omit<LeaseRecord, 'resourceVersion'>): LeaseResult {
    this.writes++;
    this.record = { ...record, resourceVersion: String(++this.#version) };
    return this.#answer();
  }

  #answer(): LeaseResult {
    return this.record === undefined ? { kind: 'absent' } : { kind: 'ok', record: this.record };
  }
}
