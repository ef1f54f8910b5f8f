import type { Millis } from '../../ports/clock.ts';
import type { KeyRing } from './keyring.ts';
import type { AlbOptions } from './options.ts';
import type { Outcome } from './outcome.ts';
import type { Parameters } from './parameters.ts';
import type { World } from './world.ts';

/** What an operation sees: its world, the switches, and time and chance as values. */
export interface Context {
  readonly world: World;
  readonly options: AlbOptions;
  /** Monotonic time. */
  readonly now: Millis;
  /** Wall time. */
  readonly wall: Millis;
  readonly random: () => number;
  readonly keys: KeyRing;
  readonly accessKeyId: string | undefined;
}

/** One operation of the API. */
export type Operation = (context: Context, parameters: Parameters) => Outcome;

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `length` letters and digits of chance, so that nobody can foretell an id. */
export function unpredictable(random: () => number, length: number): string {
  let word = '';
  for (let index = 0; index < length; index += 1)
    word += ALPHABET[Math.floor(random() * ALPHABET.length)] ?? 'a';
  return word;
}

/** Time as the API writes it: `2023-02-15T07:37:33Z`. */
export function timestamp(wall: Millis): string {
  return `${new Date(wall).toISOString().slice(0, 19)}Z`;
}
