/**
 * TLS versions and cipher suites of ALB custom security policies: the only table of them. The enum and the
 * compatibility rules of the CRD, `checkSpec`, `albsp ciphers` and the docs all come from here.
 *
 * Source: ALB API 2020-06-16, CreateSecurityPolicy (24 suites), and the user guide "TLS security policies"
 * (the two CHACHA20-POLY1305 suites of TLS 1.2). Codes: IANA registry "TLS Cipher Suites".
 * @module
 */

/** The versions that a policy can offer, oldest first. */
export const TLS_VERSIONS = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** A version of TLS by the name that the API gives it. */
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/**
 * The versions that a suite works with. No suite belongs to any other set, so three groups are the whole matrix.
 * - `legacy`: TLS 1.0, 1.1 and 1.2.
 * - `tls12`: TLS 1.2 only.
 * - `tls13`: TLS 1.3 only.
 */
export type SuiteGroup = 'legacy' | 'tls12' | 'tls13';

/** The versions of each group, oldest first. */
export const GROUP_VERSIONS: Readonly<Record<SuiteGroup, readonly TlsVersion[]>> = {
  legacy: ['TLSv1.0', 'TLSv1.1', 'TLSv1.2'],
  tls12: ['TLSv1.2'],
  tls13: ['TLSv1.3'],
};

/** Versions that new policies should not offer, and why. RFC 8996 deprecates both. */
export const WEAK_VERSIONS: ReadonlyMap<TlsVersion, string> = new Map([
  ['TLSv1.0', 'deprecated by RFC 8996'],
  ['TLSv1.1', 'deprecated by RFC 8996'],
]);

/** A class of weak suites, by a name that may be a key of a ConfigMap. */
export type Weakness = '3DES' | 'CBC' | 'static-RSA' | 'CCM_8';

/**
 * The classes and why each is weak, in the order in which tables show them. Weak is what the IANA registry does not
 * recommend for a reason that bites on a public listener.
 * 3DES: RFC 7525 4.1 and CVE-2016-2183. CBC: CVE-2013-0169. Static RSA: RFC 7525 4.1. CCM_8: a tag of 64 bits, RFC 8446 B.4.
 */
export const WEAKNESSES: ReadonlyMap<Weakness, string> = new Map([
  ['3DES', '3DES: 64-bit blocks (Sweet32)'],
  ['CBC', 'CBC: padding oracles (Lucky 13)'],
  ['static-RSA', 'static RSA: no forward secrecy'],
  ['CCM_8', 'CCM_8: a short authentication tag of 64 bits'],
]);

/** One cipher suite. */
export interface Suite {
  /** Exactly as the API spells it. */
  readonly name: string;
  /** The name in the IANA registry, which other tools print. */
  readonly iana: string;
  readonly group: SuiteGroup;
  /** The versions that can use it, oldest first. */
  readonly versions: readonly TlsVersion[];
  /** The classes of weak suites that it is in; none for a suite without a known weakness. */
  readonly weaknesses: readonly Weakness[];
  /** Why new policies should not list it; absent for a suite without a known weakness. */
  readonly weak?: string;
}

/** Every suite that this version knows, in the order in which tables show them. */
export const SUITES: readonly Suite[] = [
  suite('ECDHE-ECDSA-AES128-SHA', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'legacy'),
  suite('ECDHE-ECDSA-AES256-SHA', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'legacy'),
  suite('ECDHE-RSA-AES128-SHA', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'legacy'),
  suite('ECDHE-RSA-AES256-SHA', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'legacy'),
  suite('AES128-SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA', 'legacy'),
  suite('AES256-SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA', 'legacy'),
  suite('DES-CBC3-SHA', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'legacy'),
  suite('ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'tls12'),
  suite('ECDHE-ECDSA-AES256-GCM-SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'tls12'),
  suite('ECDHE-ECDSA-AES128-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'tls12'),
  suite('ECDHE-ECDSA-AES256-SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 'tls12'),
  suite('ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'tls12'),
  suite('ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'tls12'),
  suite('ECDHE-RSA-AES256-GCM-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'tls12'),
  suite('ECDHE-RSA-AES128-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'tls12'),
  suite('ECDHE-RSA-AES256-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'tls12'),
  suite('ECDHE-RSA-CHACHA20-POLY1305', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'tls12'),
  suite('AES128-GCM-SHA256', 'TLS_RSA_WITH_AES_128_GCM_SHA256', 'tls12'),
  suite('AES256-GCM-SHA384', 'TLS_RSA_WITH_AES_256_GCM_SHA384', 'tls12'),
  suite('AES128-SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA256', 'tls12'),
  suite('AES256-SHA256', 'TLS_RSA_WITH_AES_256_CBC_SHA256', 'tls12'),
  suite('TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', 'tls13'),
  suite('TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384', 'tls13'),
  suite('TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'tls13'),
  suite('TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_SHA256', 'tls13'),
  suite('TLS_AES_128_CCM_8_SHA256', 'TLS_AES_128_CCM_8_SHA256', 'tls13'),
];

const BY_NAME: ReadonlyMap<string, Suite> = new Map(SUITES.map((one) => [one.name, one]));

/** The suite of exactly this name, or undefined when this version does not know it. */
export function findSuite(name: string): Suite | undefined {
  return BY_NAME.get(name);
}

/** The names of a group's suites, in the table's order. */
export function suitesOf(group: SuiteGroup): readonly string[] {
  return SUITES.filter((one) => one.group === group).map((one) => one.name);
}

function suite(name: string, iana: string, group: SuiteGroup): Suite {
  const weaknesses = [...WEAKNESSES.keys()].filter((one) => has(one, name, iana));
  const weak = weaknesses.map((one) => WEAKNESSES.get(one)).join('; ');
  const versions = GROUP_VERSIONS[group];
  return { name, iana, group, versions, weaknesses, ...(weak === '' ? {} : { weak }) };
}

function has(weakness: Weakness, name: string, iana: string): boolean {
  switch (weakness) {
    case '3DES':
      return iana.includes('_3DES_');
    case 'CBC':
      return iana.includes('_CBC_');
    case 'static-RSA':
      return iana.startsWith('TLS_RSA_');
    case 'CCM_8':
      return name.endsWith('_CCM_8_SHA256');
  }
}
