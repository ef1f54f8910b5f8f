import type { Context } from './context.ts';
import { type Outcome, refused } from './outcome.ts';

/** The refusal of a call beyond the rate of its action, telling when the current window ends. */
export function throttle({ world, options, now, wall }: Context, action: string): Outcome | undefined {
  const rate = Object.hasOwn(options.rates, action) ? options.rates[action] : undefined;
  if (rate === undefined) return undefined;
  const open = world.windows.get(action);
  if (open === undefined || now >= open.since + rate.per) {
    world.windows.set(action, { since: now, calls: 1 });
    return undefined;
  }
  open.calls += 1;
  if (open.calls <= rate.calls) return undefined;
  const left = Math.ceil(open.since + rate.per - now);
  return throttled(left, rate.calls, wall);
}

/** A throttling refusal, with both headers that the cloud's own clients read. `left` in milliseconds. */
export function throttled(left: number, limit: number, wall: number): Outcome {
  return refused(400, 'Throttling.User', 'Request was denied due to user flow control.', {
    'x-acs-retry-after': String(left),
    'x-ratelimit-user-api': `Limit:${limit},Remain:0,TimeLeft:${left},Reset:${wall + left}`,
  });
}
