/** What one step of the dry run came to. */
export type Verdict =
  | { readonly kind: 'passed'; readonly what: string }
  | { readonly kind: 'failed'; readonly what: string; readonly why: readonly string[] }
  /** A program that this machine lacks; counted apart, never as passed. */
  | { readonly kind: 'skipped'; readonly what: string; readonly why: string };

/** Passed when nothing stands against it. */
export function verdictOf(what: string, why: readonly string[]): Verdict {
  return why.length === 0 ? { kind: 'passed', what } : { kind: 'failed', what, why };
}

/** As it is printed: one line, and one for each reason. */
export function written(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'passed':
      return `passed   ${verdict.what}`;
    case 'failed':
      return [`FAILED   ${verdict.what}`, ...verdict.why.map((one) => `         ${one}`)].join('\n');
    case 'skipped':
      return `SKIPPED  ${verdict.what}: ${verdict.why}`;
  }
}
