import { API_VERSION } from '../../../src/api/group.ts';
import type {
  SecurityPolicy,
  SecurityPolicySpec,
  SecurityPolicyStatus,
} from '../../../src/api/securitypolicy.ts';
import type { Cached, Key, PolicyStore, WriteResult } from '../../../src/ports/store.ts';

/** What goes wrong with one Kubernetes write. `lost`: stored, but the answer does not arrive. */
export type KubeFault = 'none' | 'refused' | 'lost' | 'crashBefore' | 'crashAfter';

/**
 * One object of an API server, with its versions, so that a stale view can be shown. It keeps what the real one
 * promises and the protocol leans on: conflicts, generation, finalizers, and no new version for an equal write.
 */
export class KubeWorld {
  #versions: (SecurityPolicy | undefined)[] = [];
  #version = 100;
  #uids: number;
  writes = 0;
  /** Called after each new version. */
  onStore: () => void = () => {};

  /** Objects of worlds with another `firstUid` have other UIDs. */
  constructor(firstUid = 0) {
    this.#uids = firstUid;
  }

  get object(): SecurityPolicy | undefined {
    return this.#versions.at(-1);
  }

  /** The object as a view that is `behind` versions late shows it. */
  view(behind: number): SecurityPolicy | undefined {
    return this.#versions[Math.max(0, this.#versions.length - 1 - behind)];
  }

  get length(): number {
    return this.#versions.length;
  }

  create(name: string, spec: SecurityPolicySpec): void {
    this.#uids += 1;
    const uid = `00000000-0000-4000-8000-${String(this.#uids).padStart(12, '0')}`;
    this.#store({
      apiVersion: API_VERSION,
      kind: 'SecurityPolicy',
      metadata: { name, namespace: 'team-a', uid, resourceVersion: '', generation: 1 },
      spec,
      status: { observedGeneration: -1 },
    });
  }

  /** Edits the spec; false when a rule of the CRD refuses it. */
  edit(spec: SecurityPolicySpec): boolean {
    const object = this.object;
    if (object === undefined || !mayBecome(object, spec)) return false;
    const changed = JSON.stringify(object.spec) !== JSON.stringify(spec);
    const generation = object.metadata.generation + (changed ? 1 : 0);
    this.#store({ ...object, spec, metadata: { ...object.metadata, generation } });
    return true;
  }

  annotate(annotations: Record<string, string>): void {
    const object = this.object;
    if (object !== undefined) this.#store({ ...object, metadata: { ...object.metadata, annotations } });
  }

  remove(): void {
    const object = this.object;
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    if ((object.metadata.finalizers ?? []).length === 0) {
      this.#versions.push(undefined);
      return;
    }
    const { generation } = object.metadata;
    this.#store({
      ...object,
      metadata: { ...object.metadata, generation: generation + 1, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
  }

  setStatus(status: SecurityPolicyStatus): void {
    const object = this.object;
    if (object !== undefined) this.#store({ ...object, status });
  }

  /** A write of the status or the finalizers, as the API server judges it. */
  write(
    based: SecurityPolicy,
    change: { status: SecurityPolicyStatus } | { finalizers: readonly string[] },
  ): WriteResult {
    const object = this.object;
    if (object === undefined || object.metadata.uid !== based.metadata.uid) return { kind: 'gone' };
    if (object.metadata.resourceVersion !== based.metadata.resourceVersion) return { kind: 'conflict' };
    this.writes += 1;
    if ('status' in change) {
      if (JSON.stringify(object.status) === JSON.stringify(change.status)) return { kind: 'ok', object };
      return { kind: 'ok', object: this.#store({ ...object, status: structuredClone(change.status) }) };
    }
    const next = this.#store({ ...object, metadata: { ...object.metadata, finalizers: change.finalizers } });
    if (next.metadata.deletionTimestamp !== undefined && change.finalizers.length === 0)
      this.#versions.push(undefined);
    return { kind: 'ok', object: next };
  }

  #store(object: SecurityPolicy): SecurityPolicy {
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#versions.push(stored);
    this.onStore();
    return stored;
  }
}

/** The rules of the CRD on modes and adoption: adopt is frozen with `status.target`, and DryRun is not entered then. */
function mayBecome({ spec: before, status }: SecurityPolicy, spec: SecurityPolicySpec): boolean {
  const { managementPolicy: mode } = spec;
  if (mode === 'Observe' && spec.adopt === undefined && status?.securityPolicyId === undefined) return false;
  if (status?.target === undefined) return true;
  const frozen = JSON.stringify(before.adopt) === JSON.stringify(spec.adopt);
  return frozen && (mode !== 'DryRun' || before.managementPolicy === 'DryRun');
}

/** What a simulated store asks of its surroundings. */
export interface StoreHooks {
  fault(): KubeFault;
  /** Versions that the view is late. */
  lag(): number;
  /** Never resolves: the process is dead. */
  crash(): Promise<never>;
}

/** The port over a `KubeWorld`: reads may be late, but never older than an own write that was answered. */
export function simulatedStore(world: KubeWorld, hooks: StoreHooks): PolicyStore {
  let own: SecurityPolicy | undefined;
  const write = async (
    based: SecurityPolicy,
    change: Parameters<KubeWorld['write']>[1],
  ): Promise<WriteResult> => {
    const fault = hooks.fault();
    if (fault === 'crashBefore') return hooks.crash();
    if (fault === 'refused') return { kind: 'unavailable', message: 'injected' };
    const result = world.write(based, change);
    if (fault === 'crashAfter') return hooks.crash();
    if (fault === 'lost') return { kind: 'unavailable', message: 'injected' };
    if (result.kind === 'ok') own = result.object;
    return result;
  };
  return {
    read(_key: Key): Cached {
      const seen = world.view(hooks.lag());
      if (seen === undefined) return world.object === undefined ? { kind: 'absent' } : { kind: 'stale' };
      const older =
        own !== undefined && Number(seen.metadata.resourceVersion) < Number(own.metadata.resourceVersion);
      const object = older && own !== undefined ? own : seen;
      return world.object === undefined && older ? { kind: 'absent' } : { kind: 'found', object };
    },
    lives: async (uid) => (world.object?.metadata.uid === uid ? 'alive' : 'gone'),
    writeStatus: (object, status) => write(object, { status }),
    writeFinalizers: (object, finalizers) => write(object, { finalizers }),
  };
}
