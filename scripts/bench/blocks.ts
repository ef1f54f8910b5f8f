/**
 * Loaded into an operator before its bundle (`node --import`): measures how long its event loop is held up. On SIGUSR2
 * it prints the longest block since the last SIGUSR2, in milliseconds, as a line of JSON, and starts anew. The metric
 * `albsp_event_loop_lag_seconds` looks once a second and sees only a block that lies across its tick.
 * @module
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.on('SIGUSR2', () => {
  const blockedMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
  process.stderr.write(`${JSON.stringify({ msg: 'bench: blocked', blockedMs })}\n`);
  delay.reset();
});
