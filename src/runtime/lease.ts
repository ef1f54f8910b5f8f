import type { Clock, Millis } from '../ports/clock.ts';
import type { LeaseClient, LeaseRecord, LeaseResult } from '../ports/lease.ts';
import type { Log } from '../ports/log.ts';
import { freeAt, heldRecord, releasedRecord, type Sighting, sameClaim } from './leaserecord.ts';
import { type LeaseTimes, standbyPause } from './leasetimes.ts';

export interface ElectionOptions {
  readonly client: LeaseClient;
  /** Unique to this process, for example the pod's name and a random part: who finds it in the lease is the holder. */
  readonly identity: string;
  /** Must have passed `checkLeaseTimes`. */
  readonly times: LeaseTimes;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** The lease is ours; called at most once. */
  readonly onWon: () => void;
  /** The lease was ours and is not any more; called at most once, and the election is over: end the process. */
  readonly onLost: (reason: string) => void;
}

/** One process's part in a leader election. */
export interface Election {
  /**
   * The fence, to be asked right before each write. True only while the monotonic time is before that at which the
   * last successful renewal was sent plus the renew deadline; a frozen process sees false the moment it wakes.
   */
  holds(): boolean;
  /** For /healthz: false when this process should lead but its lease ran out long ago and it is still here. */
  fresh(): boolean;
  /** Ends the election and gives the lease away. Only after all workers have drained. Never rejects. */
  release(): Promise<void>;
  /** Ends the election and leaves the lease to run out. */
  stop(): void;
}

/** How long past the lease /healthz waits for the process to end by itself (the value of kube-controller-manager). */
const HEALTH_TOLERANCE: Millis = 20_000;

/** Starts to stand for leader. Loses for good: a process that lost the lease must not win it again by itself. */
export function startElection(options: ElectionOptions): Election {
  return new Candidate(options);
}

class Candidate implements Election {
  readonly #options: ElectionOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #run: Promise<void>;
  #state: 'standby' | 'leader' | 'lost' | 'ended' = 'standby';
  /** What was last seen of the lease, by reading or by writing it. */
  #sighting: Sighting | undefined;
  /** Since when every read has found no lease. */
  #absentSince: Millis | undefined;
  /** When the last successful write of our claim was sent. */
  #renewedAt: Millis | undefined;
  #cancelWatchdog: () => void = () => {};
  #wake: () => void = () => {};

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log.with({ identity: options.identity });
    this.#run = this.#stand();
  }

  holds(): boolean {
    return this.#state === 'leader' && this.#inTime();
  }

  fresh(): boolean {
    if (this.#state === 'standby' || this.#state === 'ended' || this.#renewedAt === undefined) return true;
    const limit = this.#renewedAt + this.#options.times.duration + HEALTH_TOLERANCE;
    return this.#clock.monotonic() <= limit;
  }

  stop(): void {
    this.#end('ended');
  }

  async release(): Promise<void> {
    const lost = this.#state === 'lost';
    this.#end('ended');
    await this.#run;
    const record = this.#sighting?.record;
    if (lost || record === undefined || record.holderIdentity !== this.#options.identity) return;
    let result = await this.#call((client) => client.update(releasedRecord(record, this.#clock.now())));
    if (result.kind === 'conflict') {
      const seen = await this.#call((client) => client.read());
      if (seen.kind !== 'ok' || seen.record.holderIdentity !== this.#options.identity) return;
      result = await this.#call((client) => client.update(releasedRecord(seen.record, this.#clock.now())));
    }
    if (result.kind === 'ok') this.#log.info('Released the lease');
    else this.#log.warn('Could not release the lease; it will run out', { result: describe(result) });
  }

  async #stand(): Promise<void> {
    const { times, random } = this.#options;
    while (this.#state === 'standby') {
      await this.#tryToWin();
      if (this.#state === 'standby') await this.#pause(standbyPause(times.retry, random()));
    }
    while (this.#state === 'leader') {
      await this.#pause(times.retry);
      if (this.#state === 'leader') await this.#renew();
    }
  }

  async #tryToWin(): Promise<void> {
    const seen = await this.#call((client) => client.read());
    if (this.#state !== 'standby') return;
    if (seen.kind === 'ok') this.#see(seen.record);
    if (seen.kind === 'failed') this.#log.warn('Could not read the lease', { reason: seen.message });
    if (seen.kind !== 'ok' && seen.kind !== 'absent') return;
    this.#absentSince = seen.kind === 'absent' ? (this.#absentSince ?? this.#clock.monotonic()) : undefined;
    if (this.#clock.monotonic() < this.#freeAt()) return;
    const sentAt = this.#clock.monotonic();
    const claimed = await this.#claim(seen.kind === 'ok' ? seen.record : undefined);
    if (claimed.kind === 'ok') this.#win(sentAt);
    else this.#log.debug('Did not get the lease', { result: describe(claimed) });
  }

  #win(sentAt: Millis): void {
    this.#renewedAt = sentAt;
    // Frozen since the claim was sent, or told to stop: the lease is in our name, but this process does not lead.
    if (this.#state !== 'standby' || !this.#inTime()) return;
    this.#state = 'leader';
    this.#watch();
    this.#log.info('Won the lease', { transitions: this.#sighting?.record.leaseTransitions });
    this.#tell(() => this.#options.onWon());
  }

  /** One renewal. A conflict may be no more than a new label: look who holds the lease before giving it up. */
  async #renew(): Promise<void> {
    const known = this.#sighting?.record;
    if (known === undefined || (await this.#extend(known)) !== 'changed') return;
    const seen = await this.#call((client) => client.read());
    if (!this.#stillLeads()) return;
    if (seen.kind === 'absent') {
      await this.#extend(undefined);
    } else if (seen.kind === 'ok') {
      this.#see(seen.record);
      const holder = seen.record.holderIdentity;
      if (holder === this.#options.identity) await this.#extend(seen.record);
      else this.#lose(holder === '' ? 'The lease has been emptied' : `The lease was taken by "${holder}"`);
    } else {
      this.#log.warn('Could not read the lease', { result: describe(seen) });
    }
  }

  async #extend(record: LeaseRecord | undefined): Promise<'done' | 'changed'> {
    const sentAt = this.#clock.monotonic();
    const result = await this.#claim(record);
    if (!this.#stillLeads()) return 'done';
    switch (result.kind) {
      case 'ok':
        this.#renewedAt = sentAt;
        return 'done';
      case 'failed':
        this.#log.warn('Could not renew the lease', { reason: result.message });
        return 'done';
      case 'absent':
      case 'conflict':
        this.#log.warn('The lease was changed by somebody else', { result: result.kind });
        return 'changed';
    }
  }

  async #claim(record: LeaseRecord | undefined): Promise<LeaseResult> {
    const { identity, times } = this.#options;
    const claim = heldRecord(record, identity, times.duration, this.#clock.now());
    const result = await this.#call((client) =>
      record === undefined
        ? client.create(claim)
        : client.update({ ...claim, resourceVersion: record.resourceVersion }),
    );
    if (result.kind === 'ok') this.#see(result.record);
    return result;
  }

  /** Whether this process leads; notices a deadline that passed during the call whose answer has just come. */
  #stillLeads(): boolean {
    if (this.#state === 'leader' && !this.#inTime()) this.#overdue();
    return this.#state === 'leader';
  }

  #inTime(): boolean {
    const { deadline } = this.#options.times;
    return this.#renewedAt !== undefined && this.#clock.monotonic() < this.#renewedAt + deadline;
  }

  /** Rings at the deadline as it is known now; when the lease was renewed since, only to be set anew. */
  #watch(): void {
    if (this.#renewedAt === undefined) return;
    const left = this.#renewedAt + this.#options.times.deadline - this.#clock.monotonic();
    this.#cancelWatchdog = this.#clock.after(left, () => {
      if (this.#stillLeads()) this.#watch();
    });
  }

  #overdue(): void {
    this.#lose(`The lease was not renewed within ${this.#options.times.deadline / 1000} s`);
  }

  #lose(reason: string): void {
    this.#end('lost');
    this.#log.error('Lost the lease', { reason });
    this.#tell(() => this.#options.onLost(reason));
  }

  #end(state: 'lost' | 'ended'): void {
    if (this.#state !== 'lost') this.#state = state;
    this.#cancelWatchdog();
    this.#wake();
  }

  /** From when on the lease may be taken. */
  #freeAt(): Millis {
    const { identity, times } = this.#options;
    if (this.#sighting === undefined) return Number.NEGATIVE_INFINITY;
    // A lease that was deleted under a living leader is waited out from when that was seen: the leader does not know
    // yet, and may have renewed it, or somebody may have taken it, since it was read last.
    if (this.#absentSince !== undefined) return this.#absentSince + times.duration;
    return freeAt(this.#sighting, identity, times.duration);
  }

  #see(record: LeaseRecord): void {
    const known = this.#sighting;
    const seenAt =
      known !== undefined && sameClaim(known.record, record) ? known.seenAt : this.#clock.monotonic();
    this.#sighting = { record, seenAt };
  }

  #pause(delay: Millis): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(delay, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** A client that throws in spite of its contract must not end the election unseen. */
  async #call(call: (client: LeaseClient) => Promise<LeaseResult>): Promise<LeaseResult> {
    try {
      return await call(this.#options.client);
    } catch (error) {
      return { kind: 'failed', message: `The lease client threw: ${String(error)}` };
    }
  }

  #tell(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#log.error('A callback of the election failed', { error });
    }
  }
}

function describe(result: LeaseResult): string {
  return result.kind === 'failed' ? result.message : result.kind;
}
