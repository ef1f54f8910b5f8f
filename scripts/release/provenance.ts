/**
 * Where the files of a release come from: an in-toto Statement (https://in-toto.io/Statement/v1) with SLSA provenance
 * (https://slsa.dev/spec/v1.0/provenance). Unsigned: it is what a signer signs, and by itself proves nothing.
 */

/** One file of the release. */
export interface Artifact {
  readonly name: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** What a release was made of. */
export interface Source {
  readonly version: string;
  /** The commit, hexadecimal. */
  readonly commit: string;
  /** Of package-lock.json: the dependencies, each with its own digest. */
  readonly lockSha256: string;
  /** Of the programs that made it, by name. */
  readonly tools: Readonly<Record<string, string>>;
}

/** Who builds in a dry run: no trusted platform, so that no SLSA build level can be claimed. */
const BUILDER = 'urn:albsp:builder:by-hand';
/** The steps are those of docs/release.md, as scripts/release.ts takes them. */
const BUILD_TYPE = 'urn:albsp:buildtype:release:v1';

/**
 * The statement about these files. No times and no names of machines: the same commit gives the same bytes.
 * @throws RangeError when there is nothing to speak of.
 */
export function provenance(artifacts: readonly Artifact[], source: Source): object {
  if (artifacts.length === 0)
    throw new RangeError('A statement without a subject says nothing: artifacts is empty');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: artifacts.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { version: source.version, commit: source.commit },
        internalParameters: { tools: source.tools },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: source.commit } },
          { name: 'package-lock.json', digest: { sha256: source.lockSha256 } },
        ],
      },
      runDetails: { builder: { id: BUILDER } },
    },
  };
}
