import { createHash } from 'node:crypto';

/** Parameters in their flattened wire form: `Ciphers.1`, `Tag.1.Key`. */
export type Parameters = Readonly<Record<string, string>>;

/** A tag as the wire carries it. */
export interface WireTag {
  readonly key: string;
  readonly value: string | undefined;
}

/** The value of a parameter; an empty one counts as absent, as on the real gateway. */
export function text(parameters: Parameters, name: string): string | undefined {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  return value === '' ? undefined : value;
}

/** The values of `<name>.1`, `<name>.2`, … up to the first gap. */
export function list(parameters: Parameters, name: string): readonly string[] {
  const values: string[] = [];
  for (let index = 1; ; index += 1) {
    const value = text(parameters, `${name}.${index}`);
    if (value === undefined) return values;
    values.push(value);
  }
}

/** The tags of `Tag.1.Key`, `Tag.1.Value`, … up to the first gap. */
export function tags(parameters: Parameters): readonly WireTag[] {
  const found: WireTag[] = [];
  for (let index = 1; ; index += 1) {
    const key = text(parameters, `Tag.${index}.Key`);
    if (key === undefined) return found;
    found.push({ key, value: text(parameters, `Tag.${index}.Value`) });
  }
}

/** Whether a boolean parameter is true; anything but `true` is false. */
export function flag(parameters: Parameters, name: string): boolean {
  return text(parameters, name)?.toLowerCase() === 'true';
}

/** A hash of what the request says, without its token: equal for a word-for-word replay only. */
export function bodyHash(parameters: Parameters): string {
  const said = Object.entries(parameters)
    .filter(([name]) => name !== 'ClientToken' && name !== 'RegionId')
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
