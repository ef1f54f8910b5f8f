import type { Millis } from '../../ports/clock.ts';
import type { KubeObject } from './kubeobject.ts';
import { listAll } from './listing.ts';
import { collectionPath } from './paths.ts';
import type { Transport } from './transport.ts';

/** Longest time for all pages of all namespaces. */
const PATIENCE: Millis = 120_000;

/**
 * The UIDs of all SecurityPolicies of these namespaces (of all, when none is named), whatever their labels, as they
 * are stored now; undefined when one of the namespaces could not be read.
 */
export async function readLiving(
  transport: Transport,
  namespaces: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const uids = new Set<string>();
  const signal = AbortSignal.timeout(PATIENCE);
  for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
    const path = collectionPath('securitypolicies', namespace);
    const list = await listAll<KubeObject>(transport, { path, signal, onPage: () => {} });
    if (list.kind !== 'ok') return undefined;
    for (const { metadata } of list.objects) uids.add(metadata.uid);
  }
  return uids;
}
