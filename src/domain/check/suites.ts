import { findSuite, GROUP_VERSIONS, SUITES, suitesOf } from '../tls.ts';
import { property, violation } from './shape.ts';
import { step, type Violation } from './violation.ts';

/**
 * Most suites of a policy, listed and unlisted together
 * (ALB UpdateSecurityPolicyAttribute, Ciphers: 1 to 32).
 */
export const SUITES_MAX = 32;
/** Most entries of `unlistedCiphers`: room for what a cloud adds between two versions of this program. */
export const UNLISTED_MAX = 8;

const LISTS = ['tlsVersions', 'ciphers', 'unlistedCiphers'] as const;

/** The rules between `tlsVersions`, `ciphers` and `unlistedCiphers`. */
export function checkSuites(spec: unknown): readonly Violation[] {
  const versions = strings(property(spec, 'tlsVersions'));
  const ciphers = strings(property(spec, 'ciphers'));
  const unlisted = strings(property(spec, 'unlistedCiphers'));
  return [
    ...LISTS.flatMap((field) => checkUnique(field, strings(property(spec, field)))),
    ...checkOverlap(ciphers, unlisted),
    ...checkTotal(ciphers.length, unlisted.length),
    ...(property(spec, 'tlsVersions') === undefined || property(spec, 'ciphers') === undefined
      ? []
      : [...checkMatrix(versions, ciphers), ...checkTls13(versions, ciphers)]),
  ];
}

function checkUnique(field: string, list: readonly string[]): readonly Violation[] {
  const seen = new Set<string>();
  return list.flatMap((one, index) => {
    if (!seen.has(one)) {
      seen.add(one);
      return [];
    }
    const pointer = step(`/spec/${field}`, index);
    return [violation(pointer, one, 'unique', 'Listed twice: each value may stand once', 'Remove it')];
  });
}

function checkOverlap(ciphers: readonly string[], unlisted: readonly string[]): readonly Violation[] {
  const listed = new Set(ciphers);
  return unlisted.flatMap((one, index) =>
    listed.has(one)
      ? [
          violation(
            step('/spec/unlistedCiphers', index),
            one,
            'unlisted-twice',
            'Stands in spec.ciphers already: a suite may stand in one of the two lists',
            'Remove it from unlistedCiphers',
          ),
        ]
      : [],
  );
}

function checkTotal(ciphers: number, unlisted: number): readonly Violation[] {
  if (unlisted === 0 || ciphers + unlisted <= SUITES_MAX) return [];
  const message = `ciphers and unlistedCiphers have ${ciphers + unlisted} entries together, may have ${SUITES_MAX}`;
  return [violation('/spec/unlistedCiphers', undefined, 'ciphers-total', message)];
}

function checkMatrix(versions: readonly string[], ciphers: readonly string[]): readonly Violation[] {
  const chosen = new Set(versions);
  return ciphers.flatMap((name, index) => {
    const suite = findSuite(name);
    if (suite === undefined || suite.versions.some((version) => chosen.has(version))) return [];
    const usable = suite.versions.join(', ');
    return [
      violation(
        step('/spec/ciphers', index),
        name,
        'suite-version',
        `Works with ${usable} only, and tlsVersions has ${versions.join(', ') || 'none'}`,
        `Remove it, or add ${GROUP_VERSIONS[suite.group].at(-1)} to tlsVersions`,
      ),
    ];
  });
}

/**
 * Says of an unknown cipher what only the table knows: the right spelling, the API's name for an IANA name, or that
 * a suite which is newer than this program has a list of its own. Other violations come back as they are.
 */
export function explainSuite(found: Violation): Violation {
  if (found.rule !== 'enum' || !found.pointer.startsWith('/spec/ciphers/')) return found;
  const suite = SUITES.find((one) => one.iana === found.value);
  if (suite !== undefined) {
    const message = 'Is an IANA name; ALB names this suite otherwise';
    return { ...found, rule: 'iana-name', message, fix: `Write ${suite.name}` };
  }
  const message = `Is not one of the ${SUITES.length} suites that this version knows`;
  const fix =
    found.fix ??
    'See albsp ciphers; a suite that ALB knows and this version does not goes into unlistedCiphers';
  return { ...found, message, fix };
}

function checkTls13(versions: readonly string[], ciphers: readonly string[]): readonly Violation[] {
  const needed = suitesOf('tls13');
  if (!versions.includes('TLSv1.3') || ciphers.some((name) => needed.includes(name))) return [];
  return [
    violation(
      '/spec/ciphers',
      'TLSv1.3',
      'tls13-suite',
      'TLSv1.3 is chosen and none of its suites is listed: at least one is needed',
      `Add one of ${needed.join(', ')}, or remove TLSv1.3 from tlsVersions`,
    ),
  ];
}

/** The texts of a list that may be junk; a list past its bound is cut, since the bound is a violation already. */
function strings(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, 2 * SUITES_MAX).filter((one) => typeof one === 'string');
}
