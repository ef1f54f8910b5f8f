/** What one look at one thing came to; `fix` says what to do. */
export type Verdict =
  | { readonly kind: 'OK'; readonly detail: string }
  | { readonly kind: 'FAILED'; readonly detail: string; readonly fix: string }
  | { readonly kind: 'SKIPPED'; readonly detail: string };

/** A verdict and what it is about. */
export type Check = Verdict & { readonly name: string };

/** It is as it should be. */
export function passed(name: string, detail: string): Check {
  return { kind: 'OK', name, detail };
}

/** It is not, and this mends it. */
export function failed(name: string, detail: string, fix: string): Check {
  return { kind: 'FAILED', name, detail, fix };
}

/** Nobody could look, or there is nothing to look at. */
export function skipped(name: string, detail: string): Check {
  return { kind: 'SKIPPED', name, detail };
}
