import { readdir } from 'node:fs/promises';
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { Millis } from '../ports/clock.ts';

/** The part of Node's `process` that the metrics read. */
export interface ProcessView {
  readonly platform: string;
  cpuUsage(): { readonly user: number; readonly system: number };
  memoryUsage(): { readonly rss: number; readonly heapUsed: number; readonly external: number };
}

/**
 * The process metrics, of a process started at the wall time `startedAt`, that every Prometheus client gives, under their usual names. The client library's own set is not
 * used: it samples the event loop a hundred times a second and breaks the naming rules.
 */
export function registerProcessMetrics(registry: Registry, view: ProcessView, startedAt: Millis): void {
  registerCpu(registry, view);
  const gauge = (name: string, help: string, read: () => number): void => {
    const registers = [registry];
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('process_resident_memory_bytes', 'Resident memory size.', () => view.memoryUsage().rss);
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => view.memoryUsage().heapUsed);
  gauge('nodejs_external_memory_bytes', 'Memory outside of the heap.', () => view.memoryUsage().external);
  gauge('process_start_time_seconds', 'Start of the process, since the epoch.', () => startedAt / 1000);
  if (view.platform === 'linux') registerFiles(registry);
}

function registerCpu(registry: Registry, view: ProcessView): void {
  const registers = [registry];
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time spent, user and system.',
    registers,
    collect() {
      const { user, system } = view.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
}

function registerFiles(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    registers,
    async collect() {
      try {
        this.set((await readdir('/proc/self/fd')).length);
      } catch {
        this.set(Number.NaN);
      }
    },
  });
}
