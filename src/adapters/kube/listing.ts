import { type Failure, field, isExpired, text } from './answer.ts';
import { asObject, type KubeObject } from './kubeobject.ts';
import type { Transport } from './transport.ts';

/** A complete, consistent list. */
export type Listing<T extends KubeObject> =
  | { readonly kind: 'ok'; readonly objects: readonly T[]; readonly resourceVersion: string }
  | Failure;

/** Objects on a page, as client-go's pager asks for. */
const PAGE_SIZE = '500';

/** What to list. */
export interface ListRequest {
  readonly path: string;
  readonly labelSelector?: string;
  readonly signal: AbortSignal;
  /** Called after each page. */
  onPage(): void;
}

/**
 * Lists in pages of 500. No resource version is sent: the answer is what is stored now, never an old view, so a list
 * that a server behind the others answers cannot bring a deleted object back. A continue token that expired half-way
 * starts over with one list without pages, which cannot expire.
 */
export async function listAll<T extends KubeObject>(
  transport: Transport,
  request: ListRequest,
): Promise<Listing<T>> {
  const paged = await listPages<T>(transport, request, PAGE_SIZE);
  return paged.kind !== 'ok' && isExpired(paged) ? listPages<T>(transport, request, undefined) : paged;
}

async function listPages<T extends KubeObject>(
  transport: Transport,
  request: ListRequest,
  limit: string | undefined,
): Promise<Listing<T>> {
  const objects: T[] = [];
  let token = '';
  for (;;) {
    const answer = await transport.call({
      verb: 'list',
      path: request.path,
      query: {
        ...(request.labelSelector === undefined ? {} : { labelSelector: request.labelSelector }),
        ...(limit === undefined ? {} : { limit }),
        ...(token === '' ? {} : { continue: token }),
      },
      signal: request.signal,
    });
    if (answer.kind !== 'ok') return answer;
    request.onPage();
    const resourceVersion = text(field(answer.body, 'metadata'), 'resourceVersion');
    const items = field(answer.body, 'items');
    if (resourceVersion === '') return NO_LIST;
    for (const item of Array.isArray(items) ? items : []) {
      const object = asObject<T>(item);
      if (object === undefined) return NO_LIST;
      objects.push(object);
    }
    token = text(field(answer.body, 'metadata'), 'continue');
    if (token === '') return { kind: 'ok', objects, resourceVersion };
  }
}

const NO_LIST: Failure = {
  kind: 'network',
  code: 'AnswerNotList',
  message: 'API server answered something that is no list of objects',
};
