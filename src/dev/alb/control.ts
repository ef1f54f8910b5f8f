/**
 * The control API of the stand-in, for tests and demonstrations in another process: JSON over HTTP under `/_control/`.
 * @module
 */
import type { Edit, ManualPolicy, Place } from './console.ts';
import type { FaultRule, Faults, Release } from './faults.ts';
import type { AccessKey } from './keyring.ts';
import type { AlbModel } from './model.ts';
import type { AlbOptions } from './options.ts';
import type { AttachedListener } from './policy.ts';

/** One thing to do, by the path below `/_control/`. All but `GET` ones are POST with a JSON object. */
export interface ControlRequests {
  readonly 'console/create': { readonly place: Place; readonly policy: ManualPolicy };
  readonly 'console/edit': { readonly place: Place; readonly id: string; readonly edit: Edit };
  readonly 'console/delete': { readonly place: Place; readonly id: string };
  readonly 'console/tag': {
    readonly place: Place;
    readonly id: string;
    readonly tags: Record<string, string>;
  };
  readonly 'console/untag': { readonly place: Place; readonly id: string; readonly keys: readonly string[] };
  readonly 'console/attach': {
    readonly place: Place;
    readonly id: string;
    readonly listener: AttachedListener;
  };
  readonly 'console/detach': { readonly place: Place; readonly id: string; readonly listenerId?: string };
  readonly 'console/quota': { readonly place: Place; readonly quota?: number };
  readonly 'keys/add': AccessKey;
  readonly 'keys/remove': { readonly id: string };
  readonly 'options/set': Partial<AlbOptions>;
  readonly 'faults/add': FaultRule;
  readonly 'faults/remove': { readonly name: string };
  readonly 'faults/clear': Record<string, never>;
  readonly 'faults/release': { readonly name?: string; readonly how?: Release };
  readonly 'faults/wait': { readonly name: string };
  readonly 'ledger/entries': { readonly since?: number };
  readonly policies: { readonly account?: string; readonly region?: string };
  readonly options: Record<string, never>;
  readonly faults: Record<string, never>;
}

type Verbs = { readonly [Path in keyof ControlRequests]: (request: ControlRequests[Path]) => unknown };

/** JSON has no infinity: it is written as the text `Infinity`, both ways. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part === Number.POSITIVE_INFINITY ? 'Infinity' : part));
}

/** Reads what `toJson` wrote. Throws a SyntaxError for anything that is no JSON. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => (part === 'Infinity' ? Number.POSITIVE_INFINITY : part));
}

/** Tools beside the API itself. */
export class Control {
  readonly #verbs: Verbs;

  constructor(model: AlbModel, faults: Faults) {
    const { console } = model;
    this.#verbs = {
      'console/create': ({ place, policy }) => ({ id: console.create(place, policy) }),
      'console/edit': ({ place, id, edit }) => ({ found: console.edit(place, id, edit) }),
      'console/delete': ({ place, id }) => ({ found: console.delete(place, id) }),
      'console/tag': ({ place, id, tags }) => ({ found: console.tag(place, id, tags) }),
      'console/untag': ({ place, id, keys }) => ({ found: console.untag(place, id, keys) }),
      'console/attach': ({ place, id, listener }) => ({ found: console.attach(place, id, listener) }),
      'console/detach': ({ place, id, listenerId }) => ({ found: console.detach(place, id, listenerId) }),
      'console/quota': ({ place, quota }) => done(console.quota(place, quota)),
      'keys/add': (key) => done(model.keys.add(key)),
      'keys/remove': ({ id }) => done(model.keys.remove(id)),
      'options/set': (options) => done(model.configure(options)),
      'faults/add': (rule) => ({ name: faults.add(rule) }),
      'faults/remove': ({ name }) => done(faults.remove(name)),
      'faults/clear': () => done(faults.clear()),
      'faults/release': ({ name, how }) => ({ released: faults.release(name, how) }),
      'faults/wait': async ({ name }) => done(await faults.whenHeld(name)),
      'ledger/entries': ({ since }) => ({ entries: model.ledger.entries(since), last: model.ledger.last }),
      policies: ({ account, region }) => ({ policies: model.live(account, region) }),
      options: () => model.options,
      faults: () => ({ rules: faults.list(), held: faults.held }),
    };
  }

  /** Answers `/_control/<path>` with a body of JSON text; an empty body is an empty object. */
  async answer(path: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
    if (!Object.hasOwn(this.#verbs, path))
      return { status: 404, text: toJson({ error: `No control "${path}"` }) };
    try {
      const verb = this.#verbs[path as keyof Verbs] as (request: unknown) => unknown;
      return { status: 200, text: toJson(await verb(body === '' ? {} : fromJson(body))) };
    } catch (error) {
      return { status: 400, text: toJson({ error: String(error) }) };
    }
  }
}

function done(_: unknown): { readonly done: true } {
  return { done: true };
}
