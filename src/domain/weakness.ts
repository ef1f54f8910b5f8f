/**
 * Which versions and suites of a spec are weak, and why. A matter of opinion that changes with the table, so nothing
 * is planned by it and none of it is written to status: it is counted and shown.
 * @module
 */
import { property } from './check/shape.ts';
import { findSuite, TLS_VERSIONS, type TlsVersion, WEAK_VERSIONS, type Weakness } from './tls.ts';

/** A version that new policies should not offer. */
export interface WeakVersion {
  readonly version: TlsVersion;
  readonly why: string;
}

/** A suite that new policies should not list. */
export interface WeakSuite {
  readonly name: string;
  readonly field: SuiteField;
  /** At least one. */
  readonly weaknesses: readonly Weakness[];
  readonly why: string;
}

/** Where a spec lists suites. What the table knows may stand in either. */
export type SuiteField = 'ciphers' | 'unlistedCiphers';

/** What is weak in a spec, each list in the order of the table or of the spec. */
export interface SpecWeakness {
  readonly versions: readonly WeakVersion[];
  readonly suites: readonly WeakSuite[];
  /** Suites that the table does not know: nobody here can say whether they are weak. They do not make a spec weak. */
  readonly unknown: readonly string[];
}

const FIELDS: readonly SuiteField[] = ['ciphers', 'unlistedCiphers'];

/**
 * What is weak in `tlsVersions`, `ciphers` and `unlistedCiphers`. Total: whatever is not a list of strings is not
 * looked at. `status.observed` has the first two fields as well, and may be given for an object that only observes.
 */
export function weaknessOf(spec: unknown): SpecWeakness {
  const offered = new Set(strings(property(spec, 'tlsVersions')));
  const listed = FIELDS.flatMap((field) => strings(property(spec, field)).map((name) => ({ name, field })));
  return {
    versions: TLS_VERSIONS.flatMap((version) => {
      const why = WEAK_VERSIONS.get(version);
      return why === undefined || !offered.has(version) ? [] : [{ version, why }];
    }),
    suites: listed.flatMap(({ name, field }) => {
      const { weak, weaknesses = [] } = findSuite(name) ?? {};
      return weak === undefined ? [] : [{ name, field, weaknesses, why: weak }];
    }),
    unknown: listed.map(({ name }) => name).filter((name) => findSuite(name) === undefined),
  };
}

/** Whether `weaknessOf` names a version or a suite, without the reasons: asked of every object at each scrape. */
export function isWeak(spec: unknown): boolean {
  const versions = property(spec, 'tlsVersions');
  if (Array.isArray(versions) && versions.some((version) => WEAK_VERSIONS.has(version))) return true;
  return FIELDS.some((field) => {
    const names = property(spec, field);
    return (
      Array.isArray(names) &&
      names.some((name) => typeof name === 'string' && findSuite(name)?.weak !== undefined)
    );
  });
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
