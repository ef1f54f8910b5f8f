import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { describeFailure, field, text } from '../../adapters/kube/answer.ts';
import { collectionPath } from '../../adapters/kube/paths.ts';
import type { Transport } from '../../adapters/kube/transport.ts';
import { API_VERSION } from '../../api/group.ts';

/** One document of a file. */
export interface Manifest {
  readonly file: string;
  /** `KIND NAMESPACE/NAME`, for people. */
  readonly title: string;
  readonly object: unknown;
}

/** What came of applying one; `refused` in the API server's words. */
export type Applied =
  | { readonly kind: 'created' | 'updated' }
  | { readonly kind: 'refused'; readonly message: string };

/** The documents of these files in order, or the first file that cannot be read and why. Never rejects. */
export async function readManifests(files: readonly string[]): Promise<readonly Manifest[] | string> {
  const found: Manifest[] = [];
  for (const file of files) {
    try {
      for (const document of parseAllDocuments(await readFile(file, 'utf8'))) {
        const [error] = document.errors;
        if (error !== undefined) return `File "${file}" is not YAML: ${error.message}`;
        const object: unknown = document.toJS();
        if (object !== null) found.push({ file, title: titleOf(object), object });
      }
    } catch (error) {
      return `File "${file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return found;
}

/** Creates the object, or lays the file over the one that is there. Never rejects. */
export async function applyManifest(person: Transport, { object }: Manifest): Promise<Applied> {
  const collection = collectionOf(object);
  if (collection === undefined) {
    const kind = `${text(object, 'apiVersion')} ${text(object, 'kind')}`;
    return { kind: 'refused', message: `Kind "${kind}" is not one of those that this command applies` };
  }
  const query = { fieldValidation: 'Strict' };
  const created = await person.call({ verb: 'create', path: collection, query, body: object });
  if (created.kind === 'ok') return { kind: 'created' };
  if (created.kind !== 'status' || created.reason !== 'AlreadyExists')
    return { kind: 'refused', message: describeFailure(created) };
  const path = `${collection}/${encodeURIComponent(text(field(object, 'metadata'), 'name'))}`;
  const patched = await person.call({ verb: 'patch', path, query, body: object });
  return patched.kind === 'ok' ? { kind: 'updated' } : { kind: 'refused', message: describeFailure(patched) };
}

/** What a manifest for the operator is made of: our kinds, and where its secrets are. */
function collectionOf(object: unknown): string | undefined {
  const namespace = namespaceOf(object);
  const inside = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  switch (`${text(object, 'apiVersion')} ${text(object, 'kind')}`) {
    case `${API_VERSION} SecurityPolicy`:
      return collectionPath('securitypolicies', namespace);
    case `${API_VERSION} ProviderConfig`:
      return collectionPath('providerconfigs', namespace);
    case `${API_VERSION} ClusterProviderConfig`:
      return collectionPath('clusterproviderconfigs');
    case 'v1 Secret':
      return `${inside}/secrets`;
    case 'v1 Namespace':
      return '/api/v1/namespaces';
    default:
      return undefined;
  }
}

function namespaceOf(object: unknown): string {
  return text(field(object, 'metadata'), 'namespace') || 'default';
}

function titleOf(object: unknown): string {
  const kind = text(object, 'kind') || 'an object without kind';
  const name = text(field(object, 'metadata'), 'name') || 'without name';
  const cluster = kind === 'Namespace' || kind === 'ClusterProviderConfig';
  return cluster ? `${kind} ${name}` : `${kind} ${namespaceOf(object)}/${name}`;
}
