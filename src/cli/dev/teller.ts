import type { Output } from '../output.ts';

/** Columns of the story; the widest terminal that everybody has. */
const WIDTH = 88;
const INDENT = '   ';
/** Complaints of the operator that are shown; they repeat while it tries again. */
const COMPLAINTS = 3;

/** Roles that text can have, with the SGR codes of ECMA-48 that show them. */
const STYLES = { strong: 1, dim: 2, bad: 31, good: 32, warn: 33, key: 36 } as const;
export type Style = keyof typeof STYLES;

/** Something that was told and is not so. */
export class NotAsTold extends Error {
  readonly expected: string;
  readonly seen: string;

  constructor(expected: string, seen: string) {
    super(`Expected ${expected}; seen: ${seen}`);
    this.expected = expected;
    this.seen = seen;
  }
}

/** Writes a story: headings, paragraphs, listings and verdicts, coloured or plain. */
export class Teller {
  readonly #out: Output;
  readonly #colour: boolean;
  #begun = performance.now();
  #number = 0;
  #blank: boolean = false;

  constructor(out: Output, colour: boolean) {
    this.#out = out;
    this.#colour = colour;
  }

  /** Text in a role; as it is when there are no colours. Control characters become `?`. */
  paint(style: Style, text: string): string {
    const plain = printable(text);
    return this.#colour ? `\u001b[${STYLES[style]}m${plain}\u001b[0m` : plain;
  }

  title(text: string): void {
    this.gap();
    this.#line(this.paint('strong', text));
    this.gap();
  }

  /** Begins a numbered step; its time runs from here. */
  step(text: string): void {
    this.#begun = performance.now();
    this.#number += 1;
    this.title(`${this.#number}. ${text}`);
  }

  /** A paragraph, broken into lines. */
  say(text: string): void {
    for (const line of wrap(printable(text), WIDTH - INDENT.length)) this.#line(INDENT + line);
  }

  /** A listing with a bar at its side, and an empty line before and after; lines may be painted. */
  list(lines: readonly string[]): void {
    const bar = this.paint('dim', '│');
    this.gap();
    for (const line of lines) this.#line(`${INDENT}${bar} ${line}`);
    this.gap();
  }

  /** Names and values in two columns; long values go on below themselves. */
  table(rows: readonly (readonly [name: string, value: string, style?: Style])[]): void {
    const width = Math.max(...rows.map(([name]) => name.length)) + 2;
    for (const [name, value, style] of rows) {
      const lines = wrap(printable(value), WIDTH - INDENT.length - width);
      for (const [index, line] of lines.entries()) {
        const left = this.paint('key', (index === 0 ? name : '').padEnd(width));
        this.#line(INDENT + left + (style === undefined ? line : this.paint(style, line)));
      }
    }
  }

  /** What was checked and is so, with the time since the step began at the right edge. */
  verdict(text: string): void {
    const time = seconds(performance.now() - this.#begun);
    const [first = '', ...rest] = wrap(printable(text), WIDTH - INDENT.length - 12);
    const head = `${this.paint('good', '✓')} ${first.padEnd(WIDTH - INDENT.length - 2 - time.length)}`;
    this.gap();
    this.#line(INDENT + head + this.paint('dim', time));
    for (const line of rest) this.#line(`${INDENT}  ${line}`);
    this.gap();
  }

  /** What was told and is not so, with the last of what the operator complained of. */
  failed({ expected, seen }: NotAsTold, complaints: readonly string[]): void {
    this.gap();
    this.#line(INDENT + this.paint('bad', '✗ Not as told'));
    this.table([
      ['expected', expected],
      ['seen', seen, 'bad'],
      ['after', seconds(performance.now() - this.#begun)],
      ...complaints.slice(-COMPLAINTS).map((line) => ['operator', line] as const),
    ]);
    this.gap();
  }

  /** An empty line, unless there is one already. */
  gap(): void {
    if (!this.#blank) this.#line('');
  }

  #line(text: string): void {
    this.#out.stdout(`${text}\n`);
    this.#blank = text === '';
  }
}

/** Milliseconds as text for people. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

/** Text whose control and direction-turning characters cannot drive a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
