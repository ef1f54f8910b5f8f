import { describeFailure, field, text } from './answer.ts';
import type { Transport } from './transport.ts';

/** The cluster's own name, or why it could not be read. */
export type ClusterId =
  | { readonly kind: 'ok'; readonly id: string }
  | { readonly kind: 'error'; readonly message: string };

/**
 * Reads the uid of the namespace `kube-system`, which lives as long as its cluster. A cluster that is restored from a
 * backup into another has the same one; `--cluster-id` is for that.
 */
export async function readClusterId(transport: Transport): Promise<ClusterId> {
  const answer = await transport.call({ verb: 'get', path: '/api/v1/namespaces/kube-system' });
  if (answer.kind !== 'ok')
    return { kind: 'error', message: `Namespace "kube-system" cannot be read: ${describeFailure(answer)}` };
  const id = text(field(answer.body, 'metadata'), 'uid');
  return id === '' ? { kind: 'error', message: 'Namespace "kube-system" has no uid' } : { kind: 'ok', id };
}
