/**
 * A watch is answered 429, 503, 500 or 401, or is reset. Who asks again within 8 s, and sees what is added then?
 * Run: node scripts/reproductions/deadinformer.ts
 */
import type { ServerResponse } from 'node:http';
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

const WAIT = 8000;

const FAULTS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '429, Retry-After: 1': (response) => refuse(response, 429),
  '503': (response) => refuse(response, 503),
  '500': (response) => refuse(response, 500),
  '401': (response) => refuse(response, 401),
  reset: (response) => response.socket?.resetAndDestroy(),
};

function refuse(response: ServerResponse, code: number): void {
  response.writeHead(code, {
    'content-type': 'application/json',
    ...(code === 429 ? { 'retry-after': '1' } : {}),
  });
  response.end(JSON.stringify({ kind: 'Status', code, message: 'fault' }));
}

async function run(
  client: 'client-node' | 'albsp',
  name: string,
  fault: (response: ServerResponse) => void,
): Promise<void> {
  let watches = 0;
  // 401 is asked again at once with a fresh token, so the fault lasts for two requests.
  const faulty = name === '401' ? 2 : 1;
  const server = await serve((query, response) => {
    if (refuseWatchList(query, response)) return;
    if (query.get('watch') !== 'true') {
      sendList(response, '10', [object('a', '5')]);
      return;
    }
    watches += 1;
    if (watches <= faulty) {
      fault(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(line('ADDED', object('b', '11')));
  });
  const notes: string[] = [];
  const note = (what: string): void => {
    notes.push(what);
  };
  const running = client === 'albsp' ? startOurs(server.url, note) : await startInformer(server.url, note);
  await pause(WAIT);
  const seen = notes.some((each) => each.endsWith('uid-b'));
  const errors = notes.filter((each) => each.startsWith('error')).length;
  say(
    `${client.padEnd(12)} ${name.padEnd(20)} watches ${watches}, errors told ${errors}, later addition ${seen ? 'seen' : 'NEVER SEEN'}`,
  );
  running.stop();
  server.close();
}

await Promise.all(
  Object.entries(FAULTS).flatMap(([name, fault]) => [
    run('client-node', name, fault),
    run('albsp', name, fault),
  ]),
);
process.exit(0);
