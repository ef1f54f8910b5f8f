import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The files of an API server's keys. The server makes its own serving certificate in `pki` when it first starts; it
 * signs itself, so that the certificate is also the authority to trust.
 */
export interface Keys {
  readonly pki: string;
  readonly authority: string;
  /** Signs and checks the tokens of service accounts. */
  readonly serviceAccounts: string;
  /** The one static token, of a user in system:masters. */
  readonly tokens: string;
}

/** Writes the keys that the server does not make itself, readable by their owner alone. */
export async function writeKeys(folder: string, adminToken: string): Promise<Keys> {
  const pki = join(folder, 'pki');
  const keys = {
    pki,
    authority: join(pki, 'apiserver.crt'),
    serviceAccounts: join(pki, 'sa.key'),
    tokens: join(folder, 'tokens.csv'),
  };
  await mkdir(pki);
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(keys.serviceAccounts, privateKey, { mode: 0o600 });
  await writeFile(keys.tokens, `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
  return keys;
}
