/**
 * The interleaving of a full region through the whole reconcile loop; see `interleavings.ts`.
 * @module
 */
import { conditionOf } from '../../../../src/domain/condition.ts';
import { isReady } from '../../../../src/domain/status.ts';
import type { Key } from '../../../../src/ports/store.ts';
import { PLACE, Simulation, SPEC, seeded } from '../simulation.ts';
import { broken, type Interleaving } from './interleavings.ts';

const MINUTE = 60_000;
const ROOM = 4;
/** Refused probes of a full region in half an hour: after 5, 10, 20, 40, 80 and 160 s, and then every 300 s. */
const PROBES = 11;

/** Past so many creates nobody waits for the end of a run. */
const HAMMERING = 200;

/** Ten objects of one operator. */
class Crowd {
  readonly world: Simulation;
  readonly keys: readonly Key[];
  readonly #due = new Map<Key, number>();

  constructor() {
    this.world = new Simulation({ quota: ROOM }, seeded(1));
    this.keys = Array.from({ length: 10 }, (_, index) => this.world.add(`web-${index}`, SPEC));
    for (const key of this.keys) {
      const kube = this.world.kubes.get(key);
      // The watch brings each new version back.
      if (kube !== undefined) kube.onStore = () => this.#due.set(key, 0);
    }
  }

  /** Each object is looked at when it asked to be, and once a minute; all that are due at the same time. */
  async run(time: number): Promise<void> {
    const { clock } = this.world;
    for (const end = clock.monotonic() + time; clock.monotonic() < end && this.sends < HAMMERING; ) {
      const due = this.keys.filter((key) => (this.#due.get(key) ?? 0) <= clock.monotonic());
      for (const key of due) this.#due.set(key, Number.POSITIVE_INFINITY);
      await Promise.all(due.map((key) => this.#look(key)));
      const next = Math.min(...this.keys.map((key) => this.#due.get(key) ?? 0));
      await clock.advance(Math.max(5, Math.min(next, end) - clock.monotonic()));
    }
  }

  async #look(key: Key): Promise<void> {
    const delay = await this.world.pass(key);
    const at = this.world.clock.monotonic() + Math.min(delay ?? MINUTE, MINUTE);
    this.#due.set(key, Math.min(at, this.#due.get(key) ?? at));
  }

  object(key: Key) {
    return this.world.kubes.get(key)?.object;
  }

  get ready(): readonly Key[] {
    return this.keys.filter((key) => {
      const object = this.object(key);
      return object !== undefined && isReady(object);
    });
  }

  /** Those that say that the region is full. */
  get waiting(): readonly Key[] {
    return this.keys.filter(
      (key) => conditionOf(this.object(key)?.status, 'Stalled')?.reason === 'QuotaExceeded',
    );
  }

  get sends(): number {
    return this.world.actions.filter((action) => action === 'CreateSecurityPolicy').length;
  }

  /** Versions of all objects, so that a status that is written for ever is found out. */
  get versions(): number {
    return this.keys.reduce((sum, key) => sum + (this.world.kubes.get(key)?.length ?? 0), 0);
  }
}

/** I9: ten objects and room for four; then one of the four is deleted. */
async function crowded(): Promise<readonly string[]> {
  const crowd = new Crowd();
  const { world } = crowd;
  await crowd.run(MINUTE);
  const [ready, waiting, sends, versions] = [crowd.ready, crowd.waiting, crowd.sends, crowd.versions];
  await crowd.run(30 * MINUTE);
  const probes = crowd.sends - sends;
  const written = crowd.versions - versions;
  const before = crowd.sends;
  const [gone = ''] = ready;
  world.kubes.get(gone)?.remove();
  await crowd.run(10 * MINUTE);
  const drawn = crowd.sends - before;
  const [left, still] = [crowd.ready, crowd.waiting];
  world.model.console.quota(PLACE, 50);
  await crowd.run(10 * MINUTE);
  return broken({
    [`O4 ${ready.length} of ten are Ready where there is room for ${ROOM}`]: ready.length === ROOM,
    [`O4 ${waiting.length} say QuotaExceeded, and not the other six`]: waiting.length === 10 - ROOM,
    [`O12 ${sends} creates of ten objects, and the probes of a minute`]: sends <= 10 + 4,
    [`O12 ${probes} creates in half an hour of a full region`]: probes > 0 && probes <= PROBES,
    [`O6 ${written} writes of status for ${probes} probes`]: written <= 2 * probes,
    'O5 the deleted one is still there': crowd.object(gone) === undefined,
    [`O4 ${left.length} are Ready after one has left its place`]: left.length === ROOM,
    [`O4 ${still.length} wait on`]: still.length === 10 - ROOM - 1,
    [`O12 one free place drew ${drawn} creates`]: drawn <= 1 + 7,
    [`O4 ${crowd.ready.length} are Ready when there is room for all`]: crowd.ready.length === 9,
    'O1 more policies than objects': world.model.live().length === 9,
  });
}

/** By the catalogue id. */
export const CROWDS = { I9loop: crowded } as const satisfies Record<string, Interleaving>;
