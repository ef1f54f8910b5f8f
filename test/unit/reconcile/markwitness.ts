import { OWNER_TAGS } from '../../../src/api/group.ts';
import type { LivePolicy } from '../../../src/dev/alb/model.ts';

/** The owner's UID on each policy from `at` on, until the next moment. */
interface Moment {
  readonly at: number;
  readonly marks: ReadonlyMap<string, string | undefined>;
}

/**
 * Whose marks were on which policy, and when: a list that lags still shows what was so. Also when an object put its
 * marks on a policy, since nobody may do that twice while lists lag. Shared by all clusters of one cloud.
 */
export class MarkWitness {
  readonly #moments: Moment[] = [];
  readonly #adopted = new Map<string, number>();

  /** To be called before and after each write, so that what other people did is known as well. */
  note(live: readonly LivePolicy[], now: number): void {
    const marks = new Map(live.map(({ id, tags }) => [id, tags[OWNER_TAGS.uid]]));
    const last = this.#moments.at(-1);
    const same =
      last?.marks.size === marks.size && [...marks].every(([id, mark]) => last.marks.get(id) === mark);
    if (!same) this.#moments.push({ at: now, marks });
  }

  /** Whether the policy had such a mark, or none where `fits` accepts that, at some moment since. */
  carried(id: string, since: number, fits: (mark: string | undefined) => boolean): boolean {
    return this.#moments.some((moment, index) => {
      const end = this.#moments[index + 1]?.at ?? Number.POSITIVE_INFINITY;
      return end >= since && moment.marks.has(id) && fits(moment.marks.get(id));
    });
  }

  /** The object's marks are on the policy now; answers how long ago it put them there before. */
  adopted(uid: string, id: string, now: number): number {
    const key = `${uid} ${id}`;
    const before = this.#adopted.get(key) ?? Number.NEGATIVE_INFINITY;
    this.#adopted.set(key, now);
    return now - before;
  }
}
