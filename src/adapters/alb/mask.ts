/**
 * Makes a text of the cloud fit for status, events and logs: no key, token, request id or URL.
 * @module
 */

/** The longest message (contract of `CloudError.message`), in UTF-16 code units. */
export const LONGEST_MESSAGE = 512;
/** Patterns run on no more than this, so that a body of a megabyte costs nothing. */
const LONGEST_MATCHED = 4096;
/** Shorter literals are no secrets, and replacing them would garble the text. */
const SHORTEST_SECRET = 4;

/**
 * The gateway's answer to a wrong signature repeats what it signed, session token and all, from the words
 * `server StringToSign` or `server CanonicalRequest` on. (Of other messages, the word alone cuts nothing.)
 */
const ECHO = /\bserver (string|canonical)/i;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** What looks like a secret or an id, whoever it belongs to. Each is linear: no nested repetition. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]{0,20}:\/\/\S+/gi, '<url>'],
  // Request ids are UUIDs in upper case; client tokens are UUIDs, too.
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  // AccessKey ids of users (LTAI), of sessions (STS.) and of consoles (TMP.).
  [/\b(LTAI|STS\.|TMP\.)[A-Za-z0-9]{4,}/g, '<key>'],
  [
    /\b(authorization|signature|access-?key-?(?:id|secret)|(?:x-acs-)?security-?token)(["']?\s*[:=]\s*).{1,2048}$/gi,
    '$1$2<secret>',
  ],
  // Session tokens and signatures: no name or cipher suite is that long without a dot or a space.
  [/[A-Za-z0-9+/=_-]{64,}/g, '<secret>'],
];

function beforeEcho(text: string): string {
  const echo = ECHO.exec(text);
  return echo === null ? text : text.slice(0, echo.index);
}

function withoutLiterals(text: string, secrets: readonly string[]): string {
  const literals = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())])
    .sort((a, b) => b.length - a.length);
  return literals.reduce((masked, literal) => masked.replaceAll(literal, '<secret>'), text);
}

/** The text on one line, without `secrets` and without anything that looks like one; at most 512 characters. */
export function mask(text: string, secrets: readonly string[]): string {
  const line = withoutLiterals(beforeEcho(text).replace(CONTROL, ' '), secrets).slice(0, LONGEST_MATCHED);
  const masked = PATTERNS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), line)
    .toWellFormed()
    .trim();
  return masked.length <= LONGEST_MESSAGE
    ? masked
    : `${masked.slice(0, LONGEST_MESSAGE - 3)}...`.toWellFormed();
}
