import { z } from 'zod';
import { systemClock } from '../../src/adapters/clock.ts';
import type { ControlRequests } from '../../src/dev/alb/control.ts';
import { askControl } from '../../src/dev/alb/control-client.ts';
import { DEFAULT_ACCOUNT } from '../../src/dev/alb/keyring.ts';
import type { Program } from '../../src/dev/realkube/program.ts';
import type { Canaries } from '../../test/environment/credentials.ts';
import { BUNDLE } from '../../test/environment/operator.ts';
import { startPrinting } from './printing.ts';

/** The region of all policies of the benchmark. */
export const REGION = 'cn-hangzhou';
const PLACE = { account: DEFAULT_ACCOUNT, region: REGION };

const ledger = z.object({
  entries: z.array(
    z.object({
      at: z.number(),
      action: z.string(),
      parameters: z.record(z.string(), z.string()),
      status: z.number(),
    }),
  ),
  last: z.number(),
});
const live = z.object({ policies: z.array(z.object({ id: z.string() })) });

/** A request that reached the cloud; `at` is wall time in milliseconds. */
export type CloudRequest = z.infer<typeof ledger>['entries'][number];

/** The stand-in ALB in a process of its own, without rates and with room for everything. */
export class Cloud {
  readonly url: string;
  readonly #program: Program;

  private constructor(url: string, program: Program) {
    this.url = url;
    this.#program = program;
  }

  /** `latency`: how much later than at once each call is answered, in milliseconds. */
  static async start(keys: Canaries, latency: number): Promise<Cloud> {
    const key = `${keys.accessKeyId}=${keys.accessKeySecret}`;
    const { program, line } = await startPrinting([BUNDLE, 'dev', 'alb', '--access-key', key]);
    const cloud = new Cloud(z.object({ url: z.string() }).parse(line).url, program);
    await cloud.ask('options/set', { rates: {}, quota: 1_000_000 });
    if (latency > 0) {
      const fault = { kind: 'slow', at: 'before', delay: latency } as const;
      await cloud.ask('faults/add', { times: Number.POSITIVE_INFINITY, fault });
    }
    return cloud;
  }

  ask<Path extends keyof ControlRequests>(path: Path, request: ControlRequests[Path]): Promise<unknown> {
    return askControl(this.url, path, request);
  }

  /** The number of the newest request. */
  async last(): Promise<number> {
    return ledger.parse(await this.ask('ledger/entries', { since: 1_000_000_000 })).last;
  }

  /** Requests after the number `since`, oldest first. */
  async requests(since = 0): Promise<readonly CloudRequest[]> {
    return ledger.parse(await this.ask('ledger/entries', { since })).entries;
  }

  /** How many requests of each action came after the number `since`. */
  async counts(since = 0): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const { action } of await this.requests(since)) counts.set(action, (counts.get(action) ?? 0) + 1);
    return counts;
  }

  /** Ids of all policies. */
  async ids(): Promise<readonly string[]> {
    return live.parse(await this.ask('policies', PLACE)).policies.map(({ id }) => id);
  }

  /** Renames a policy, as a person in the console would. */
  async rename(id: string, name: string): Promise<void> {
    await this.ask('console/edit', { place: PLACE, id, edit: { name } });
  }

  async close(): Promise<void> {
    await this.#program.end(systemClock);
  }
}
