/** Whether a figure keeps its limit; `noted` has none and is printed beside the others to explain them. */
export type Verdict = 'ok' | 'MISSED' | 'noted';

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly verdict: Verdict;
}

/** A figure that must be at most `limit`; both in `unit`. */
export function atMost(what: string, value: number, limit: number, unit: string): Figure {
  const verdict = value <= limit ? 'ok' : 'MISSED';
  // What is missed by a hair must not look like the limit.
  const text = verdict === 'MISSED' && round(value) === round(limit) ? value.toFixed(4) : round(value);
  return { what, measured: `${text} ${unit}`, limit: `at most ${round(limit)} ${unit}`, verdict };
}

/** A count that must be this one. */
export function exactly(what: string, value: number, wanted: number): Figure {
  return {
    what,
    measured: String(value),
    limit: String(wanted),
    verdict: value === wanted ? 'ok' : 'MISSED',
  };
}

/** A figure without a limit. */
export function noted(what: string, measured: string): Figure {
  return { what, measured, limit: '', verdict: 'noted' };
}

/** The value with as many digits as mean something: none from 100 on, else one, two below 10. */
export function round(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

/** The middle one of several values; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** The table in Markdown, so that it can be pasted as it is. */
export function table(figures: readonly Figure[]): string {
  const head = ['what', 'measured', 'limit', 'verdict'];
  const rows = [
    head,
    ...figures.map(({ what, measured, limit, verdict }) => [what, measured, limit, verdict]),
  ];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rows.slice(1).map(line)].join('\n');
}
