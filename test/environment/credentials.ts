import { randomBytes } from 'node:crypto';

/** Keys of the stand-in cloud, made for one test so that each can be searched for in everything that was written. */
export interface Canaries {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** New keys that occur nowhere else. */
export function makeCanaries(): Canaries {
  return {
    accessKeyId: `LTAIcanary${randomBytes(8).toString('hex')}`,
    accessKeySecret: `canary${randomBytes(16).toString('hex')}`,
  };
}

/** As the operator expects them in its environment. */
export function environmentOf(canaries: Canaries): Readonly<Record<string, string>> {
  return {
    ALIBABA_CLOUD_ACCESS_KEY_ID: canaries.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: canaries.accessKeySecret,
  };
}

/**
 * Which of the canaries occur in `text`, as they are or in Base64 (O10). Names, never values.
 */
export function leaksIn(text: string, canaries: Canaries): readonly string[] {
  return Object.entries(canaries)
    .filter(([, value]) => text.includes(value) || text.includes(base64Core(value)))
    .map(([name]) => name);
}

/** The part of the Base64 text of `value` that does not depend on what stands behind it. */
function base64Core(value: string): string {
  return Buffer.from(value.slice(0, value.length - (value.length % 3))).toString('base64');
}
