import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type AuditEntry, entryOf } from '../audit.ts';
import { rightOf } from './grants.ts';

/** What operators did with their rights, or what a test says of it. Plain data: it goes from process to process. */
export type Use = Used | Refused | Asked | Ended;

/** A right that was used. */
export interface Used {
  readonly kind: 'used';
  /** Which API server of the run. */
  readonly server: string;
  /** The role that the API server found the right in, as in `ClusterRole albsp`. */
  readonly role: string;
  /** As in `get core/secrets`; for a path that is no resource `get /version`. */
  readonly right: string;
  /** Of what is in no namespace; else empty. */
  readonly name: string;
  /** Whether it was asked of the whole cluster. */
  readonly wide: boolean;
  /** `run`, or the command that asked. */
  readonly command: string;
}

/** A request that was refused for lack of a right; without a namespace it was about the whole cluster. */
export interface Refused {
  readonly kind: 'refused';
  readonly server: string;
  readonly right: string;
  readonly namespace: string;
  /** Of one object; else empty. */
  readonly name: string;
  /** When it happened first, in RFC 3339. */
  readonly time: string;
}

/** A test wants just such a refusal. */
export interface Asked {
  readonly kind: 'asked';
  readonly server: string;
  readonly right: string;
  /** How the name of the namespace starts. */
  readonly namespace: string;
}

/** A test takes all rights away on this server, as an uninstall does, and operators live on for a moment. */
export interface Ended {
  readonly kind: 'ended';
  readonly server: string;
  /** In RFC 3339. */
  readonly time: string;
}

/** In milliseconds since 1970. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What the program calls itself; tests and kubectl may use its token, too, and are not meant. */
const OURS = /^albsp\/\S+ \(([^)]*)\)/;
/** Every ServiceAccount of ours, wherever it was installed. */
const ACCOUNT = /^system:serviceaccount:[^:]+:albsp$/;
const COMMANDS: readonly string[] = ['doctor', 'import', 'orphans', 'plan'];

/**
 * The distinct uses in an audit log that only grows; `server` is its path. Reads line by line, since it may be large.
 * Refusals of an API server that `starts` again are none: it knows its roles a moment later.
 */
export async function readUses(auditLog: string, starts: readonly Period[] = []): Promise<readonly Use[]> {
  const found = new Map<string, Use>();
  for await (const line of createInterface({ input: createReadStream(auditLog) })) {
    if (!line.includes(':albsp"')) continue;
    const use = useOf(entryOf(JSON.parse(line)), auditLog);
    if (use === undefined || (use.kind === 'refused' && starts.some((start) => within(use, start)))) continue;
    const key = JSON.stringify({ ...use, time: '' });
    if (!found.has(key)) found.set(key, use);
  }
  return [...found.values()];
}

function within({ time }: Refused, { from, to }: Period): boolean {
  return Date.parse(time) >= from && Date.parse(time) <= to;
}

/** Undefined for what somebody else asked, and for what nobody decided on, as while storage hangs. */
export function useOf(entry: AuditEntry, server: string): Use | undefined {
  const [, who] = OURS.exec(entry.userAgent) ?? [];
  if (who === undefined || !ACCOUNT.test(entry.user)) return undefined;
  const { verb, group, resource, subresource, namespace, name } = entry;
  const right =
    resource === ''
      ? `${verb} ${entry.path}`
      : rightOf(verb, group, subresource === '' ? resource : `${resource}/${subresource}`);
  if (entry.decision === '') return undefined;
  // By the decision and not by the code: admission answers 403 as well, to those who have the right.
  if (entry.decision !== 'allow')
    return { kind: 'refused', server, right, namespace, name, time: entry.time };
  const [, role = entry.reason] = / of (\w+ "[^"]+") to /.exec(entry.reason) ?? [];
  // A namespace itself is said to be in the namespace of its name.
  const wide = namespace === '' || resource === 'namespaces';
  return {
    kind: 'used',
    server,
    role: role.replaceAll('"', ''),
    right,
    name: wide ? name : '',
    wide,
    command: COMMANDS.includes(who) ? who : 'run',
  };
}
