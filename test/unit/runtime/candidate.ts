import type { Clock } from '../../../src/ports/clock.ts';
import { type Election, startElection } from '../../../src/runtime/lease.ts';
import type { VirtualClock } from '../virtualclock.ts';
import type { Fate, MemoryLease } from './memorylease.ts';
import { RecordingLog } from './recordinglog.ts';

export const TIMES = { duration: 15_000, deadline: 10_000, retry: 2_000 };

/** A process that stands for leader, with what happened to it. */
export class Replica {
  readonly log = new RecordingLog();
  readonly election: Election;
  wonAt: number | undefined;
  lostAt: number | undefined;
  lostBecause: string | undefined;
  /** Decides about each of its calls on the lease. */
  fate: (verb: 'read' | 'create' | 'update') => Fate = () => 'pass';

  constructor(lease: MemoryLease, identity: string, real: VirtualClock, clock: Clock = real, chance = 0.5) {
    this.election = startElection({
      client: lease.client((verb) => this.fate(verb)),
      identity,
      times: TIMES,
      clock,
      random: () => chance,
      log: this.log,
      onWon: () => {
        this.wonAt = real.monotonic();
      },
      onLost: (reason) => {
        this.lostAt = real.monotonic();
        this.lostBecause = reason;
      },
    });
  }

  holds(): boolean {
    return this.election.holds();
  }
}

/** A clock whose monotonic time runs `rate` times as fast as `real`, or whose wall clock is wrong by `skew` ms. */
export function skewed(real: VirtualClock, { rate = 1, skew = 0 }: { rate?: number; skew?: number }): Clock {
  return {
    now: () => real.now() + skew,
    monotonic: () => real.monotonic() * rate,
    after: (delay, fire) => real.after(delay / rate, fire),
  };
}

/**
 * A process of its own whose clock stands still while it is frozen (SIGSTOP): timers that come due meanwhile fire
 * when it thaws, and it sees the time that has passed at once.
 */
export class FreezableClock implements Clock {
  readonly #real: VirtualClock;
  #state: 'running' | 'frozen' = 'running';
  #late: (() => void)[] = [];

  constructor(real: VirtualClock) {
    this.#real = real;
  }

  now(): number {
    return this.#real.now();
  }
  monotonic(): number {
    return this.#real.monotonic();
  }
  after(delay: number, fire: () => void): () => void {
    let cancelled = false;
    const cancel = this.#real.after(delay, () => {
      if (this.#state === 'frozen') this.#late.push(() => cancelled || fire());
      else fire();
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }
  freeze(): void {
    this.#state = 'frozen';
  }
  thaw(): void {
    this.#state = 'running';
    const late = this.#late;
    this.#late = [];
    for (const fire of late) fire();
  }
}

/** Advances in steps and measures for how long two replicas held the lease at the same time, and for how long none did. */
export async function watch(
  clock: VirtualClock,
  replicas: readonly Replica[],
  ms: number,
  step = 100,
): Promise<{ overlap: number; gap: number }> {
  let overlap = 0;
  let gap = 0;
  for (let passed = 0; passed < ms; passed += step) {
    await clock.advance(step);
    const holders = replicas.filter((replica) => replica.holds()).length;
    if (holders > 1) overlap += step;
    if (holders === 0) gap += step;
  }
  return { overlap, gap };
}
