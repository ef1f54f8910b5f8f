/**
 * 300 reads over TLS, one after the other. How many handshakes, how long each?
 * Needs the program `openssl`, for a certificate. Run: node scripts/reproductions/agents.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { systemClock } from '../../src/adapters/clock.ts';
import { createTransport } from '../../src/adapters/kube/transport.ts';
import { quiet, say } from './loopback.ts';

const READS = 300;

function certificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'reproduction-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const what = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1', '-nodes'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...what, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  const found = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return found;
}

const { key, cert } = certificate();
let handshakes = 0;
const server = createServer({ key, cert }, (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'u' } }),
  );
});
server.on('secureConnection', () => {
  handshakes += 1;
});
server.listen(0, '127.0.0.1');
await new Promise<void>((resolve) => server.once('listening', () => resolve()));
const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function measure(name: string, read: () => Promise<unknown>): Promise<void> {
  handshakes = 0;
  const took: number[] = [];
  const cpu = process.cpuUsage();
  for (let index = 0; index < READS; index += 1) {
    const begun = performance.now();
    await read();
    took.push(performance.now() - begun);
  }
  const { user, system } = process.cpuUsage(cpu);
  took.sort((left, right) => left - right);
  const p50 = took[Math.floor(READS / 2)] ?? 0;
  const cpuMs = (user + system) / 1000;
  say(
    `${name.padEnd(12)} ${READS} reads: ${handshakes} handshakes, p50 ${p50.toFixed(2)} ms, CPU of both sides ${cpuMs.toFixed(0)} ms`,
  );
}

const config = new KubeConfig();
const caData = Buffer.from(cert).toString('base64');
config.loadFromClusterAndUser({ name: 'c', server: url, caData, skipTLSVerify: false }, { name: 'u' });
const library = config.makeApiClient(CoreV1Api);
const ours = createTransport(
  { server: url, certificates: { ca: cert }, namespace: 'default', token: async () => undefined },
  { clock: systemClock, log: quiet, userAgent: 'reproduction' },
);
await measure('client-node', () => library.readNamespace({ name: 'kube-system' }));
await measure('albsp', () => ours.call({ verb: 'get', path: '/api/v1/namespaces/kube-system' }));
process.exit(0);
