import type { Millis } from './clock.ts';

/**
 * What the work queue does with a key after its pass.
 * - `settled`: nothing until something changes; failures are forgotten.
 * - `again`: look again after `delay`; failures are forgotten.
 * - `retry`: look again after the key's own exponential back-off, at least `delay` if given.
 */
export type Action =
  | { readonly kind: 'settled' }
  | { readonly kind: 'again'; readonly delay: Millis }
  | { readonly kind: 'retry'; readonly delay?: Millis };
