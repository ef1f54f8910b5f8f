import { type KubeObject, keyOf } from './kubeobject.ts';
import { isOlder } from './resourceversion.ts';

/** What a step changed: the key, and the object that left, if one did ("final state unknown" when it left unseen). */
export interface Change<T extends KubeObject> {
  readonly key: string;
  readonly gone?: T;
}

/** The objects as last seen. Each step answers with what it changed; nothing is reported from here. */
export interface ObjectCache<T extends KubeObject> {
  get(key: string): T | undefined;
  keys(): IterableIterator<string>;
  values(): IterableIterator<T>;
  /** Takes an object; one that is older than the one we hold changes nothing. Same name and new uid: the old one is gone. */
  put(object: T): Change<T> | undefined;
  /** Forgets an object; the deletion of an older one of the same name changes nothing. */
  remove(object: T): Change<T> | undefined;
  /** Makes `objects` the whole content: what is not in it is gone. Answers only what differs. */
  replace(objects: ReadonlyMap<string, T>): Change<T>[];
}

/** An empty cache. */
export function createObjectCache<T extends KubeObject>(): ObjectCache<T> {
  let held = new Map<string, T>();

  function isStale(object: T, known: T | undefined): boolean {
    return known !== undefined && isOlder(object.metadata.resourceVersion, known.metadata.resourceVersion);
  }

  return {
    get: (key) => held.get(key),
    keys: () => held.keys(),
    values: () => held.values(),
    put(object) {
      const key = keyOf(object);
      const known = held.get(key);
      if (isStale(object, known)) return undefined;
      held.set(key, object);
      return change(key, known, object);
    },
    remove(object) {
      const key = keyOf(object);
      const known = held.get(key);
      if (known === undefined || isStale(object, known)) return undefined;
      held.delete(key);
      return { key, gone: known };
    },
    replace(objects) {
      const before = held;
      held = new Map(objects);
      const changes: Change<T>[] = [];
      for (const [key, object] of objects) {
        const known = before.get(key);
        const same =
          known?.metadata.uid === object.metadata.uid &&
          known.metadata.resourceVersion === object.metadata.resourceVersion;
        if (!same) changes.push(change(key, known, object));
      }
      for (const [key, known] of before) if (!objects.has(key)) changes.push({ key, gone: known });
      return changes;
    },
  };
}

function change<T extends KubeObject>(key: string, known: T | undefined, object: T): Change<T> {
  return known === undefined || known.metadata.uid === object.metadata.uid ? { key } : { key, gone: known };
}
