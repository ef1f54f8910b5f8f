/**
 * A string of an object holds U+2028, which JSON allows unescaped. Who sees the event?
 * Run: node scripts/reproductions/separator.ts
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
  const server = await serve((query, response) => {
    if (refuseWatchList(query, response)) return;
    if (query.get('watch') !== 'true') {
      sendList(response, '10', []);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    const plain = object('plain', '11');
    const odd = object('odd', '12');
    response.write(line('ADDED', plain));
    response.write(line('ADDED', { ...odd, spec: { note: 'one\u2028two' } }));
    response.write(line('ADDED', object('last', '13')));
  });
  const notes: string[] = [];
  const note = (what: string): void => {
    notes.push(what);
  };
  const running = client === 'albsp' ? startOurs(server.url, note) : await startInformer(server.url, note);
  await pause(2000);
  say(`${client.padEnd(12)} 3 events sent, told: ${notes.join(', ')}`);
  running.stop();
  server.close();
}

await run('client-node');
await run('albsp');
process.exit(0);
