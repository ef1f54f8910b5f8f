/**
 * The floor as a process of its own, as the operator is one: reads what to do from the file that is its argument,
 * lists the policies of the namespace, makes them Ready and prints one line of JSON.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Admin } from '../../test/environment/admin.ts';
import { Floor } from './floor.ts';
import { scoreSchema } from './score.ts';

const task = z.object({
  kubeconfig: z.string(),
  namespace: z.string(),
  cloudUrl: z.string(),
  keys: z.object({ accessKeyId: z.string(), accessKeySecret: z.string() }),
  workers: z.number(),
  score: scoreSchema,
});

const { kubeconfig, namespace, workers, ...parts } = task.parse(
  JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')),
);
const admin = await Admin.of(kubeconfig);
const items = await admin.list('SecurityPolicy', namespace);
// The items of a list do not say what they are, and a write must.
const policies = items.map((item) => ({
  ...item,
  apiVersion: 'alb.alicloud.dev/v1alpha1',
  kind: 'SecurityPolicy',
}));
const floor = new Floor({ admin, ...parts });
const cpu = process.cpuUsage();
const begun = performance.now();
await floor.playAll(policies, workers);
const ms = performance.now() - begun;
const { user, system } = process.cpuUsage(cpu);
await floor.close();
await admin.close();
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, ...floor.played }));
