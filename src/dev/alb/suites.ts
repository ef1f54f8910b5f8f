/**
 * The stand-in's own table of TLS versions and suites, written down from the API documentation and on purpose not
 * shared with the operator: two independent witnesses disagree where one of them is wrong.
 * @module
 */

/** TLS versions that a custom policy can have. */
export const TLS_VERSIONS: readonly string[] = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

const SINCE_1_0 = `ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES128-SHA ECDHE-RSA-AES256-SHA
  AES128-SHA AES256-SHA DES-CBC3-SHA`.split(/\s+/);
const ONLY_1_2 = `ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-AES128-SHA256
  ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-SHA256
  ECDHE-RSA-AES256-SHA384 AES128-GCM-SHA256 AES256-GCM-SHA384 AES128-SHA256 AES256-SHA256`.split(/\s+/);
const ONLY_1_3 = `TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
  TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256`.split(/\s+/);
/** In the console guide but not in the API reference. */
const NEWER_1_2 = ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'];
/** In the console guide, which does not say its version: taken with any. */
const ANY_VERSION = ['ECC-SM2-WITH-SM4-SM3'];

const BEFORE_1_3 = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2'];
const TABLE: ReadonlyMap<string, readonly string[]> = new Map([
  ...SINCE_1_0.map((suite) => [suite, BEFORE_1_3] as const),
  ...[...ONLY_1_2, ...NEWER_1_2].map((suite) => [suite, ['TLSv1.2']] as const),
  ...ONLY_1_3.map((suite) => [suite, ['TLSv1.3']] as const),
  ...ANY_VERSION.map((suite) => [suite, TLS_VERSIONS] as const),
]);

/** The versions that a suite works with; undefined for a suite that this cloud does not know. */
export function versionsOf(
  suite: string,
  extra: Readonly<Record<string, readonly string[]>>,
): readonly string[] | undefined {
  return TABLE.get(suite) ?? (Object.hasOwn(extra, suite) ? extra[suite] : undefined);
}

/** A policy that every account has. */
export interface SystemPolicy {
  readonly id: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
}

const CLASSIC = [...SINCE_1_0, ...ONLY_1_2];
const STRICT = CLASSIC.filter((suite) => suite.startsWith('ECDHE-'));
const MODERN = STRICT.filter((suite) => suite.includes('-GCM-'));

/** The system policies, as the user guide lists them. */
export const SYSTEM_POLICIES: readonly SystemPolicy[] = [
  { id: 'tls_cipher_policy_1_0', tlsVersions: BEFORE_1_3, ciphers: CLASSIC },
  { id: 'tls_cipher_policy_1_1', tlsVersions: ['TLSv1.1', 'TLSv1.2'], ciphers: CLASSIC },
  { id: 'tls_cipher_policy_1_2', tlsVersions: ['TLSv1.2'], ciphers: CLASSIC },
  { id: 'tls_cipher_policy_1_2_strict', tlsVersions: ['TLSv1.2'], ciphers: STRICT },
  {
    id: 'tls_cipher_policy_1_2_strict_with_1_3',
    tlsVersions: ['TLSv1.2', 'TLSv1.3'],
    ciphers: [...STRICT, ...ONLY_1_3],
  },
  { id: 'tls_cipher_policy_1_0_to_1_3', tlsVersions: TLS_VERSIONS, ciphers: [...MODERN, ...ONLY_1_3] },
];
