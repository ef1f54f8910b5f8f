import type { Millis } from '../../ports/clock.ts';
import type { SecretAnswer, SecretName } from '../../ports/secret.ts';
import { type Answer, describeFailure, field, text } from './answer.ts';
import type { Transport } from './transport.ts';

/** Half of the 10 s in which a provider of keys has to settle. */
const TIMEOUT: Millis = 5_000;
/** Most keys that a Secret may have here; one with keys to sign has three. */
const MOST_KEYS = 1_000;

/** Names of namespaces and Secrets (DNS subdomain), loosely: no text that could be another path. */
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * Reads one Secret by one get, never by a list or a watch: `get` on this one name is all the right that it takes.
 * The transport repeats it once with a fresh token, or after a dead connection, and cuts an answer off at 3 MiB.
 * No message holds a value of the Secret.
 */
export async function readSecret(
  transport: Pick<Transport, 'call'>,
  { namespace, name }: SecretName,
): Promise<SecretAnswer> {
  if (!NAME.test(namespace) || !NAME.test(name))
    return { kind: 'notFound', message: 'Namespace or name is not a name that Kubernetes allows' };
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  return secretOf(await transport.call({ verb: 'get', path, timeout: TIMEOUT }));
}

function secretOf(answer: Answer): SecretAnswer {
  if (answer.kind === 'network') return { kind: 'unavailable', message: describeFailure(answer) };
  if (answer.kind === 'status') {
    const message = describeFailure(answer);
    if (answer.code === 404) return { kind: 'notFound', message };
    if (answer.code === 403) return { kind: 'forbidden', message };
    return { kind: 'unavailable', message };
  }
  const metadata = field(answer.body, 'metadata');
  const resourceVersion = text(metadata, 'resourceVersion');
  if (text(answer.body, 'kind') !== 'Secret' || resourceVersion === '')
    return { kind: 'unavailable', message: 'API server answered with something that is not a Secret' };
  const data = entriesOf(field(answer.body, 'data'));
  if (data === undefined)
    return {
      kind: 'unavailable',
      message: `API server answered with data that is not at most ${MOST_KEYS} texts`,
    };
  return { kind: 'ok', data, resourceVersion };
}

/** A Secret without data has no field for it. */
function entriesOf(data: unknown): Readonly<Record<string, string>> | undefined {
  if (data === undefined || data === null) return {};
  if (typeof data !== 'object' || Array.isArray(data)) return undefined;
  const all: readonly (readonly [string, unknown])[] = Object.entries(data);
  const texts = all.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : []));
  return texts.length === all.length && all.length <= MOST_KEYS ? Object.fromEntries(texts) : undefined;
}
