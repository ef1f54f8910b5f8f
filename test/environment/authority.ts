import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A server's key and certificate, PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Object identifiers as DER (RFC 5480, RFC 5280). */
const ECDSA_SHA256 = '06082a8648ce3d040302';
const COMMON_NAME = '0603550403';
const BASIC_CONSTRAINTS = '0603551d13';
const SUBJECT_ALT_NAME = '0603551d11';

const DAY_MS = 86_400_000;

/**
 * A certificate authority of a test's own, which no system trusts. Node signs but makes no certificates; these are the
 * few fields of X.509 (RFC 5280) that a TLS client looks at.
 */
export class Authority {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #name: string;
  /** Its certificate, PEM: what `NODE_EXTRA_CA_CERTS` takes. */
  readonly cert: string;

  constructor(name: string) {
    this.#name = name;
    const authority = extension(BASIC_CONSTRAINTS, tlv(0x30, tlv(0x01, Buffer.of(0xff))));
    this.cert = this.#certify(name, this.#keys.publicKey, authority, DAY_MS);
  }

  /** A certificate for these host names, that ends `life` milliseconds from now; below 0 it has ended. */
  issue(names: readonly string[], life = DAY_MS): Identity {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const hosts = names.map((name) => tlv(0x82, Buffer.from(name)));
    const cert = this.#certify(
      names[0] ?? '',
      publicKey,
      extension(SUBJECT_ALT_NAME, tlv(0x30, ...hosts)),
      life,
    );
    return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
  }

  #certify(subject: string, key: KeyObject, extra: Buffer, life: number): string {
    const algorithm = tlv(0x30, hex(ECDSA_SHA256));
    const now = Date.now();
    const body = tlv(
      0x30,
      tlv(0xa0, tlv(0x02, Buffer.of(2))),
      tlv(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
      algorithm,
      nameOf(this.#name),
      tlv(0x30, time(now - 2 * DAY_MS), time(now + life)),
      nameOf(subject),
      key.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, tlv(0x30, extra)),
    );
    const signature = sign('sha256', body, this.#keys.privateKey);
    const der = tlv(0x30, body, algorithm, tlv(0x03, Buffer.of(0), signature));
    const lines = der.toString('base64').replaceAll(/(.{64})/g, '$1\n');
    return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`;
  }
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

/** A tag, the length and the value, as DER has them. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), value]);
}

function nameOf(text: string): Buffer {
  return tlv(0x30, tlv(0x31, tlv(0x30, hex(COMMON_NAME), tlv(0x0c, Buffer.from(text)))));
}

/** `YYMMDDHHMMSSZ`; good until 2049. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\..*/g, '');
  return tlv(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

function extension(id: string, value: Buffer): Buffer {
  return tlv(0x30, hex(id), tlv(0x04, value));
}
