/**
 * The rules of one value: each gives the rule that a text breaks, to be read after "it", or undefined.
 * @module
 */
import { checkMetadataEndpoint } from '../adapters/alb/credentials/ecsramrole.ts';
import { isLoopback as isLoopbackHost } from '../adapters/alb/endpoints.ts';
import type { Millis } from '../ports/clock.ts';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const UNITS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** A value that is judged by those who use it. */
export const any = () => undefined;
/** One of these words. */
export const oneOf =
  (...words: string[]) =>
  (text: string) =>
    words.includes(text) ? undefined : `must be one of ${words.join(', ')}`;
/** What {@link toMillis} reads. */
export const duration = (text: string) =>
  DURATION.test(text) ? undefined : 'must be a number with a unit of ms, s, m or h, for example 60s';
/** Empty, or of the pattern; `says` is the rule in words. */
export const pattern = (rule: RegExp, says: string) => (text: string) =>
  text === '' || rule.test(text) ? undefined : says;
/** Empty, or an http(s) URL; http only to loopback. */
export const url = (text: string) => {
  if (text === '') return undefined;
  const parsed = URL.parse(text);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
    return 'must be an http or https URL';
  if (parsed.protocol === 'http:' && !isLoopback(text))
    return 'must be https: http is for loopback addresses only';
  return undefined;
};

/** Empty, or an origin that can be the metadata service of a node. */
export const metadata = (text: string) => {
  if (text === '') return undefined;
  const checked = checkMetadataEndpoint(text);
  return checked.kind === 'ok' ? undefined : `cannot be used: ${checked.message}`;
};

/** Whether the URL's host is a loopback address or "localhost". */
export function isLoopback(text: string): boolean {
  return isLoopbackHost(URL.parse(text)?.hostname ?? '');
}

/** The length of a duration that keeps the rule {@link duration}, else NaN. */
export function toMillis(text: string): Millis {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return Number(count) * (UNITS.get(unit ?? 'ms') ?? 1);
}
