import type { Cause } from './failure.ts';
import { violation } from './violation.ts';

// RFC 1123, as k8s.io/apimachinery/pkg/util/validation words it.
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_LENGTH = 253;

/** What is wrong with `metadata.name`, if anything. */
export function nameViolations(name: unknown): readonly Cause[] {
  const field = 'metadata.name';
  if (typeof name !== 'string' || name === '') {
    return [violation('FieldValueRequired', field, { detail: 'name or generateName is required' })];
  }
  if (name.length > NAME_LENGTH) {
    const detail = `must be no more than ${NAME_LENGTH} bytes`;
    return [violation('FieldValueInvalid', field, { shown: name, detail })];
  }
  if (SUBDOMAIN.test(name)) return [];
  return [violation('FieldValueInvalid', field, { shown: name, detail: SUBDOMAIN_RULE })];
}
