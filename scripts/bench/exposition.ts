/** Sum of the samples of a metric in Prometheus' text format whose labels hold all of `labels`; 0 of none. */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const [, inside = '', value = ''] = /^\w+(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (line.charAt(name.length) !== '{' && line.charAt(name.length) !== ' ') continue;
    const held = Object.entries(labels).every(([key, wanted]) => inside.includes(`${key}="${wanted}"`));
    if (held) sum += Number(value);
  }
  return sum;
}
