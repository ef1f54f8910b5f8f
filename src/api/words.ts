/**
 * What several kinds say in the same words.
 * @module
 */

/** A region id: endpoints are built from it, so nothing but a region may pass. */
export const region = {
  example: 'cn-hangzhou',
  minLength: 4,
  maxLength: 64,
  pattern: '^[a-z]{2}(-[a-z0-9]+)+$',
} as const;

/** The name of an object or Secret (a DNS subdomain, RFC 1123). */
export const resourceName = {
  minLength: 1,
  maxLength: 253,
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
} as const;

/** A moment in RFC 3339. */
export const moment = { example: '2026-03-01T09:30:00Z', format: 'date-time', maxLength: 64 } as const;
