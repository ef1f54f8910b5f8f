/**
 * Object names for policies that exist: valid, unique, readable, and the same in every run.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { CloudPolicy } from '../../ports/cloud.ts';

/** A label's length (RFC 1123): longer names are valid and fit neither a label nor a narrow screen. */
const NAME_LENGTH = 63;
/** Hexadecimal digits of the hash: two of a region's 50 policies share them once in a million regions. */
const DIGITS = 8;

/**
 * The name of each policy by its id. A name that is a valid object name stays; of several policies with one name the
 * oldest has it. All others are a slug of the name and a hash of the id, so that no other policy changes them.
 */
export function objectNames(policies: readonly CloudPolicy[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const { id, name } of policies.toSorted(byAge)) {
    const slug = slugOf(name);
    const plain = slug === name && slug.length <= NAME_LENGTH && !taken.has(slug);
    const chosen = plain ? slug : hashed(slug, id);
    taken.add(chosen);
    names.set(id, chosen);
  }
  return names;
}

function byAge(one: CloudPolicy, other: CloudPolicy): number {
  return compare(one.createTime ?? '', other.createTime ?? '') || compare(one.id, other.id);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** What a name has of small letters, digits and hyphens; empty for a name in Han. */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

function hashed(slug: string, id: string): string {
  const hash = bytesToHex(sha256(utf8ToBytes(id))).slice(0, DIGITS);
  const room = slug.slice(0, NAME_LENGTH - DIGITS - 1).replace(/-+$/, '');
  return `${room === '' ? 'policy' : room}-${hash}`;
}
