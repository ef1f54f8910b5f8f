/**
 * 50,000 objects at once. How long until they are known, how long is the event loop held up, how much memory?
 * Each client runs in a process of its own. Run: node scripts/reproductions/largelist.ts
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { line, object, say, sendList, serve, startInformer, startOurs } from './loopback.ts';

const COUNT = 50_000;

/** An object of about 2 KB, a third of it managedFields. */
function full(index: number): unknown {
  const { metadata } = object(`policy-${index}`, String(index + 1));
  const managedFields = [
    { manager: 'kubectl', fieldsV1: { 'f:spec': Object.fromEntries(ciphers(20).map((name) => [name, {}])) } },
  ];
  return {
    metadata: { ...metadata, managedFields },
    spec: { ciphers: ciphers(20) },
    status: { ciphers: ciphers(20) },
  };
}

function ciphers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `ECDHE-RSA-AES${index}-GCM-SHA256`);
}

async function measure(client: string, url: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const begun = performance.now();
  let count = 0;
  const done = Promise.withResolvers<void>();
  const note = (): void => {
    count += 1;
    if (count === COUNT) done.resolve();
  };
  if (client === 'albsp') startOurs(url, note);
  else await startInformer(url, note);
  await done.promise;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const blocked = (delay.max / 1e6).toFixed(0);
  const memory = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  say(
    `${client.padEnd(12)} ${COUNT} objects known after ${seconds} s, loop held up at most ${blocked} ms, at most ${memory} MB`,
  );
  process.exit(0);
}

async function main(): Promise<void> {
  const objects = Array.from({ length: COUNT }, (_, index) => full(index));
  const events = objects.map((each) => line('ADDED', each));
  const end = {
    metadata: { resourceVersion: '60000', annotations: { 'k8s.io/initial-events-end': 'true' } },
  };
  const server = await serve((query, response) => {
    if (query.get('watch') !== 'true') {
      sendList(response, '60000', objects);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (query.get('sendInitialEvents') !== 'true') return;
    for (let index = 0; index < COUNT; index += 1000)
      response.write(events.slice(index, index + 1000).join(''));
    response.write(line('BOOKMARK', end));
  });
  for (const client of ['client-node', 'albsp'])
    await once(fork(import.meta.filename, [client, server.url]), 'exit');
  server.close();
}

const [client, url] = process.argv.slice(2);
if (client === undefined || url === undefined) await main();
else await measure(client, url);
