import type { AlbOptions } from './options.ts';
import { illegal, type Outcome, refused } from './outcome.ts';
import type { WireTag } from './parameters.ts';
import { TLS_VERSIONS, versionsOf } from './suites.ts';

const NAME = /^[A-Za-z\p{Script=Han}][A-Za-z0-9._\-\p{Script=Han}]{1,127}$/u;
const ASCII = /^[\x20-\x7e]+$/;

/** The refusal of a policy name, or undefined for a good one. */
export function checkName(name: string): Outcome | undefined {
  if (NAME.test(name)) return undefined;
  return illegal(
    'SecurityPolicyName',
    '2 to 128 letters, digits, periods, underscores or hyphens, a letter first',
  );
}

/** The refusal of a ClientToken: ASCII, at most 64. */
export function checkToken(token: string | undefined): Outcome | undefined {
  if (token === undefined || (ASCII.test(token) && token.length <= 64)) return undefined;
  return illegal('ClientToken', 'at most 64 ASCII characters');
}

/** The refusal of versions and suites that do not go together. */
export function checkSuites(
  tlsVersions: readonly string[],
  ciphers: readonly string[],
  options: AlbOptions,
): Outcome | undefined {
  const unknown = tlsVersions.find((version) => !TLS_VERSIONS.includes(version));
  if (unknown !== undefined) return illegal('TLSVersions', `${unknown} is not a TLS version`);
  if (tlsVersions.length > 4) return illegal('TLSVersions', 'at most 4');
  if (ciphers.length > 32) return illegal('Ciphers', 'at most 32');
  const pair = (rule: string) =>
    refused(400, options.illegalPairCode, `The parameter Ciphers is illegal: ${rule}.`);
  const works = (suite: string, version: string) =>
    versionsOf(suite, options.extraSuites)?.includes(version) === true;
  const useless = ciphers.find((suite) => !tlsVersions.some((version) => works(suite, version)));
  if (useless !== undefined) return pair(`${useless} is not supported by ${tlsVersions.join(',')}`);
  if (tlsVersions.includes('TLSv1.3') && !ciphers.some((suite) => works(suite, 'TLSv1.3')))
    return pair('TLSv1.3 needs a suite of TLS 1.3');
  return undefined;
}

function isTagText(word: string): boolean {
  return word.length <= 128 && !/^(aliyun|acs:)/.test(word) && !/https?:\/\//.test(word);
}

/** The refusal of tags to be set. */
export function checkTags(tags: readonly WireTag[]): Outcome | undefined {
  if (tags.length > 20) return illegal('Tag', 'at most 20');
  for (const { key, value } of tags) {
    if (!isTagText(key)) return illegal('Tag.Key', 'at most 128 characters, not aliyun, acs: or a URL');
    if (value !== undefined && !isTagText(value))
      return illegal('Tag.Value', 'at most 128 characters, not aliyun, acs: or a URL');
  }
  if (new Set(tags.map((tag) => tag.key)).size < tags.length) return illegal('Tag.Key', 'no key twice');
  return undefined;
}

/** The refusal of a resource group that does not exist. */
export function checkGroup(group: string | undefined, options: AlbOptions): Outcome | undefined {
  if (group === undefined || options.resourceGroups === undefined || options.resourceGroups.includes(group))
    return undefined;
  return refused(400, 'NotExist.ResourceGroup', `The specified resource group ${group} does not exist.`);
}

/** Tags as a record; a tag without a value has the empty one. */
export function tagRecord(tags: readonly WireTag[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value ?? '']));
}
