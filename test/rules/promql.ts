/** What a query of ours asks for: enough of PromQL to compare names and labels with the metrics that exist. */

/** One condition between the braces of a selector. */
export interface Matcher {
  readonly metric: string;
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** The metrics of a query, its matchers, and the labels that it groups or joins by. */
export interface Asked {
  readonly metrics: readonly string[];
  readonly matchers: readonly Matcher[];
  readonly grouped: readonly string[];
}

const SELECTOR = /([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}/g;
const MATCHER = /([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const WORDS = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'and',
  'or',
  'unless',
]);

/** Reads a query. No label value of ours has a brace or a quote in it, which is what makes this enough. */
export function asked(query: string): Asked {
  const matchers = [...query.matchAll(SELECTOR)].flatMap(([, metric = '', inside = '']) =>
    [...inside.matchAll(MATCHER)].map(([, label = '', operator = '', value = '']) => ({
      metric,
      label,
      operator,
      value,
    })),
  );
  const grouped = [...query.matchAll(GROUPING)].flatMap(([, list = '']) => list.match(/\w+/g) ?? []);
  const rest = query
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(GROUPING, '');
  // What is left of an expression is names of metrics, of functions (before a parenthesis), and words.
  const metrics = [...rest.matchAll(/(?<![\w.$])([a-zA-Z_:][\w:]*)(?!\w)(?!\s*\()/g)]
    .map(([, name = '']) => name)
    .filter((name) => !WORDS.has(name));
  return { metrics, matchers, grouped };
}

/** Whether a word satisfies the matcher. Regular expressions of PromQL are anchored. */
export function matches({ operator, value }: Matcher, word: string): boolean {
  switch (operator) {
    case '=':
      return word === value;
    case '!=':
      return word !== value;
    case '=~':
      return new RegExp(`^(?:${value})$`).test(word);
    default:
      return !new RegExp(`^(?:${value})$`).test(word);
  }
}
