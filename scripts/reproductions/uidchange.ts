/**
 * An object is deleted and made again under its name while the watch is down. Who learns that the first one is gone?
 * Run: node scripts/reproductions/uidchange.ts
 */
import {
  line,
  object,
  pause,
  refuseWatchList,
  say,
  sendList,
  serve,
  startInformer,
  startOurs,
} from './loopback.ts';

async function run(client: 'client-node' | 'albsp'): Promise<void> {
  let lists = 0;
  let watches = 0;
  const server = await serve((query, response) => {
    if (refuseWatchList(query, response)) return;
    if (query.get('watch') !== 'true') {
      lists += 1;
      sendList(response, lists === 1 ? '10' : '30', [
        lists === 1 ? object('a', '5', 'first') : object('a', '25', 'second'),
      ]);
      return;
    }
    watches += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    if (watches > 1) response.flushHeaders();
    else response.end(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
  });
  const notes: string[] = [];
  const note = (what: string): void => {
    notes.push(what);
  };
  const running = client === 'albsp' ? startOurs(server.url, note) : await startInformer(server.url, note);
  await pause(5000);
  say(`${client.padEnd(12)} lists ${lists}, told: ${notes.join(', ')}`);
  running.stop();
  server.close();
}

await run('client-node');
await run('albsp');
process.exit(0);
