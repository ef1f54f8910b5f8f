import { GROUP } from '../../api/group.ts';
import { isObject, property, violation } from './shape.ts';
import { step, type Violation } from './violation.ts';

/** Most tags of a spec: 20 go with one call (ALB CreateSecurityPolicy, Tag), and three of them are ours. */
export const TAGS_MAX = 17;
/** Most characters of a tag's key and of its value (ALB CreateSecurityPolicy, Tag). */
export const TAG_MAX = 128;
/** No key or value may start with one of these (ALB CreateSecurityPolicy, Tag). */
export const TAG_STARTS = ['aliyun', 'acs:'] as const;
/** No key or value may contain one of these (ALB CreateSecurityPolicy, Tag). */
export const TAG_PARTS = ['http://', 'https://'] as const;
/** Keys that start like this are how a policy is known to be ours. */
export const TAG_RESERVED = `${GROUP}/`;

/** The rules on `spec.tags` that a structural schema cannot say. */
export function checkTags(spec: unknown): readonly Violation[] {
  const tags = property(spec, 'tags');
  if (!isObject(tags)) return [];
  return Object.keys(tags)
    .filter((key) => property(tags, key) !== undefined)
    .slice(0, TAGS_MAX)
    .flatMap((key) => [...checkKey(key), ...checkWords(key, key, 'key'), ...checkValue(key, tags[key])]);
}

function checkKey(key: string): readonly Violation[] {
  const pointer = step('/spec/tags', key);
  const length = key.length > 2 * TAG_MAX ? key.length : [...key].length;
  if (length < 1 || length > TAG_MAX) {
    const message = `The key has ${length} characters, must have 1 to ${TAG_MAX}`;
    return [violation(pointer, key, 'tag-key-length', message)];
  }
  if (!key.startsWith(TAG_RESERVED)) return [];
  const message = `The key starts with '${TAG_RESERVED}', which marks the policies of this operator`;
  return [violation(pointer, key, 'tag-reserved', message, 'Choose another prefix')];
}

function checkValue(key: string, value: unknown): readonly Violation[] {
  return typeof value === 'string' ? checkWords(key, value, 'value') : [];
}

function checkWords(key: string, text: string, part: 'key' | 'value'): readonly Violation[] {
  const pointer = step('/spec/tags', key);
  const start = TAG_STARTS.find((one) => text.startsWith(one));
  const inside = TAG_PARTS.find((one) => text.includes(one));
  return [
    ...(start === undefined
      ? []
      : [
          violation(
            pointer,
            text,
            'tag-start',
            `The ${part} starts with '${start}', which Alibaba Cloud reserves`,
          ),
        ]),
    ...(inside === undefined
      ? []
      : [violation(pointer, text, 'tag-url', `The ${part} contains '${inside}', which no tag may contain`)]),
  ];
}
