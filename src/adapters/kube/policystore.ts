import { API_VERSION } from '../../api/group.ts';
import type { SecurityPolicy, SecurityPolicyStatus } from '../../api/securitypolicy.ts';
import type { Cached, Key, PolicyStore, WriteResult } from '../../ports/store.ts';
import { type Answer, describeFailure, type StatusFailure } from './answer.ts';
import { asObject, keyOf } from './kubeobject.ts';
import { createOwnWrites } from './ownwrites.ts';
import { policyPath } from './paths.ts';
import type { Reflector } from './reflector.ts';
import type { Transport } from './transport.ts';

/** What a store reads from: one reflector of all namespaces, or one of each that is watched. */
export interface PolicyStoreOptions {
  readonly transport: Transport;
  /** The reflector that sees a namespace; undefined when the namespace is not watched. */
  reflectorOf(namespace: string): Pick<Reflector<SecurityPolicy>, 'get'> | undefined;
  /** The UIDs of all objects of the watched namespaces, labels or not, read live; undefined when they could not be read. */
  living(): Promise<ReadonlySet<string> | undefined>;
}

/**
 * Reads from the watch caches, with our own writes laid over them: an object that we have written is read back as
 * the server answered it until a watch shows that version, a newer one, another uid, or a deletion.
 */
export function createPolicyStore({ transport, reflectorOf, living }: PolicyStoreOptions): PolicyStore {
  const cached = (key: Key): SecurityPolicy | undefined => reflectorOf(key.split('/', 1)[0] ?? '')?.get(key);
  const own = createOwnWrites(cached);

  async function write(object: SecurityPolicy, send: Promise<Answer>): Promise<WriteResult> {
    const result = readResult(object, await send);
    if (result.kind === 'ok') own.record(keyOf(object), result.object);
    return result;
  }

  return {
    read(key): Cached {
      return own.over(key, cached(key));
    },
    async lives(uid) {
      const uids = await living();
      if (uids === undefined) return 'unknown';
      return uids.has(uid) ? 'alive' : 'gone';
    },
    writeFinalizers(object, finalizers) {
      // A merge patch names nothing but what it changes, so no field that we don't know can get lost.
      const { namespace, name, uid, resourceVersion } = object.metadata;
      const body = { metadata: { uid, resourceVersion, finalizers } };
      return write(object, transport.call({ verb: 'patch', path: policyPath(namespace, name), body }));
    },
    writeStatus(object, status: SecurityPolicyStatus) {
      const { namespace, name } = object.metadata;
      const path = `${policyPath(namespace, name)}/status`;
      // Items of a list need not carry their kind; a PUT must.
      const body = { ...object, apiVersion: API_VERSION, kind: 'SecurityPolicy', status };
      return write(object, transport.call({ verb: 'update', path, body }));
    },
  };
}

function readResult(object: SecurityPolicy, answer: Answer): WriteResult {
  switch (answer.kind) {
    case 'ok': {
      const stored = asObject<SecurityPolicy>(answer.body);
      if (stored === undefined)
        return { kind: 'unavailable', message: 'API server answered a write with no object' };
      return stored.metadata.uid === object.metadata.uid ? { kind: 'ok', object: stored } : { kind: 'gone' };
    }
    case 'network':
      return { kind: 'unavailable', message: describeFailure(answer) };
    case 'status':
      return refusal(answer);
  }
}

function refusal(failure: StatusFailure): WriteResult {
  if (isOtherUid(failure)) return { kind: 'gone' };
  const { code, message } = failure;
  if (code === 404) return { kind: 'gone' };
  if (code === 409) return { kind: 'conflict' };
  // 401 is not for ever (a token is being rotated), nor are 408 and 429; every other 4xx is the server's last word.
  if (code >= 400 && code < 500 && code !== 401 && code !== 408 && code !== 429)
    return { kind: 'refused', message };
  return { kind: 'unavailable', message: describeFailure(failure) };
}

/** The uid precondition of an update (a 409), or the immutability of the field under a patch (a 422). */
function isOtherUid({ code, message, causes }: StatusFailure): boolean {
  if (code === 409) return message.includes('UID in precondition');
  return code === 422 && causes.some((cause) => cause.field === 'metadata.uid');
}
