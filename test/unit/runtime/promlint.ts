/** One metric family of an exposition. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[];
}

/** Reads Prometheus text format, strictly: a line that is neither HELP, TYPE nor a sample of its family throws. */
export function parseExposition(text: string): Family[] {
  const families: (Omit<Family, 'samples'> & { samples: Family['samples'][number][] })[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line);
    const sample = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/.exec(line);
    const last = families.at(-1);
    if (help !== null) families.push({ name: help[1] ?? '', help: help[2] ?? '', type: '', samples: [] });
    else if (type !== null && last !== undefined)
      families[families.length - 1] = { ...last, type: type[2] ?? '' };
    else if (sample?.[1]?.startsWith(last?.name ?? '?'))
      last?.samples.push({ name: sample[1], labels: sample[2] ?? '', value: Number(sample[3]) });
    else throw new Error(`Not a line of the exposition format: "${line}"`);
  }
  return families;
}

const NOT_BASE_UNITS =
  /(^|_)(milliseconds?|microseconds?|nanoseconds?|minutes?|hours?|days?|kilobytes?|megabytes?|bits?|percent|ms|sec|mins?|kb|mb)(_|$)/;

/** The rules of `promtool check metrics` (promlint), as far as they concern names, types, help texts and labels. */
export function promlint(families: readonly Family[]): string[] {
  const problems: string[] = [];
  for (const { name, type, help, samples } of families) {
    const say = (problem: string) => problems.push(`${name}: ${problem}`);
    if (help.trim() === '') say('no help text');
    if (type === 'counter' && !name.endsWith('_total')) say('counter metrics should have "_total" suffix');
    if (type !== 'counter' && name.endsWith('_total'))
      say('non-counter metrics should not have "_total" suffix');
    if (/_(count|sum|bucket)$/.test(name)) say('reserved suffix');
    if (/[A-Z]/.test(name)) say('metric names should be written in "snake_case"');
    if (name.includes(':')) say('metric names should not contain ":"');
    if (NOT_BASE_UNITS.test(name)) say('use base unit');
    if (new RegExp(`_(${type})(_|$)`).test(name)) say(`metric name should not include type "${type}"`);
    for (const { labels } of samples) {
      if (type !== 'histogram' && /[{,]le=/.test(labels)) say('label "le" outside of a histogram');
      if (/[{,][a-z]*[A-Z]\w*=/.test(labels)) say('label names should be written in "snake_case"');
    }
    if (new Set(samples.map((sample) => sample.name + sample.labels)).size !== samples.length)
      say('duplicate sample');
  }
  if (new Set(families.map((family) => family.name)).size !== families.length)
    problems.push('duplicate family');
  return problems;
}
