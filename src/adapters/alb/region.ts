/**
 * The verbs of the ALB API (version 2020-06-16) in one region.
 * @module
 */
import type { Clock, Millis } from '../../ports/clock.ts';
import type { CloudResult, Draft, Region, Snapshot, Tag } from '../../ports/cloud.ts';
import type { Log } from '../../ports/log.ts';
import { createBurst } from './burst.ts';
import type { Call, CallRequest } from './call.ts';
import { ownError } from './errors.ts';
import { createInventory, type ReadPage } from './inventory.ts';
import { createSight, GATHERING, type ReadIds } from './sight.ts';
import {
  createQuery,
  flatStrings,
  flatTags,
  type Json,
  type Parameters,
  type Read,
  readCreated,
  readDone,
  readPage,
  readRelations,
  updateQuery,
} from './wire.ts';

/** The version of the ALB API. */
const VERSION = '2020-06-16';
/** `MaxResults` of a page: its largest value (API page of ListSecurityPolicies). */
const PAGE_SIZE = '100';
/** `Tag`, `TagKey`: 1 to 20 in one call (API pages of TagResources and UnTagResources). */
const MOST_TAGS = 20;
/** `ResourceType` of tags and moves. */
const RESOURCE_TYPE = 'securitypolicy';

/** A region with what this adapter offers beyond the port. */
export interface AlbRegion extends Region {
  /** Told every accepted snapshot; returns what ends that. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
}

/** What the verbs work with. */
export interface RegionOptions {
  readonly region: string;
  /** Scheme and host, checked. */
  readonly endpoint: string;
  /** Only by credentials of this `Credential.source`; by any, when undefined. */
  readonly source?: string | undefined;
  readonly call: Call;
  readonly clock: Clock;
  readonly log: Log;
  readonly gathering?: Millis;
}

type Do = <T>(
  action: string,
  parameters: Parameters,
  read: (body: Json) => Read<T>,
  more?: Partial<CallRequest>,
) => Promise<CloudResult<T>>;

/** The verbs of one identity and region. */
export function createRegion(options: RegionOptions): AlbRegion {
  const { region, endpoint, source, call, clock } = options;
  const log = options.log.with({ region });
  const base = { version: VERSION, origin: endpoint, region, source };
  const get: Do = (action, parameters, read, more) =>
    call({ ...base, action, parameters, mutating: false, ...more }, read);
  const set: Do = (action, parameters, read) => call({ ...base, action, parameters, mutating: true }, read);
  const inventory = createInventory(pageReader(get), clock, log);
  const burst = createBurst(clock);
  const gathering = options.gathering ?? GATHERING;
  const sight = createSight(idsReader(get), clock, { gathering, expectsMore: () => burst.goesOn() });

  const setTags = async (action: string, id: string, tags: readonly Tag[]): Promise<CloudResult<void>> => {
    if (tags.length === 0) return { kind: 'ok', value: undefined };
    if (tags.length > MOST_TAGS) {
      const message = `${action} takes at most ${MOST_TAGS} tags, not ${tags.length}`;
      return { kind: 'error', error: ownError('refused', 'TooManyTags', message) };
    }
    const resource = { ResourceType: RESOURCE_TYPE, ...flatStrings('ResourceId', [id]) };
    return set(action, { ...resource, ...flatTags(tags) }, readDone);
  };

  return {
    region,
    endpoint,
    list: (notBefore) => inventory.list(notBefore),
    subscribe: (listener) => inventory.subscribe(listener),
    sight,
    relations: (id) =>
      get('ListSecurityPolicyRelations', flatStrings('SecurityPolicyIds', [id]), (body) =>
        readRelations(body, id),
      ),
    async create(parameters, clientToken) {
      burst.begun();
      const result = await set('CreateSecurityPolicy', createQuery(parameters, clientToken), readCreated);
      burst.ended();
      return result;
    },
    async precheck(draft) {
      const result = await sendDraft(set, draft);
      if (result.kind === 'error' && result.error.code.toLowerCase() === 'dryrunoperation') {
        return { kind: 'ok', value: undefined };
      }
      if (result.kind === 'error') return result;
      // DryRun was ignored, and a policy of nobody may exist now: the next list and the orphan scan show it.
      const message = 'The cloud answered a precheck as if it had made the change';
      return { kind: 'error', error: ownError('indeterminate', 'BadAnswer', message) };
    },
    update: (id, parameters) => set('UpdateSecurityPolicyAttribute', updateQuery(id, parameters), readDone),
    async delete(id) {
      const result = await set('DeleteSecurityPolicy', { SecurityPolicyId: id }, readDone);
      if (result.kind === 'ok' || result.error.kind === 'notFound') inventory.forget(id);
      return result;
    },
    tag: (id, tags) => setTags('TagResources', id, tags),
    untag: (id, tags) => setTags('UnTagResources', id, tags),
    move: (id, resourceGroupId) =>
      set(
        'MoveResourceGroup',
        { ResourceType: RESOURCE_TYPE, ResourceId: id, NewResourceGroupId: resourceGroupId },
        readDone,
      ),
  };
}

function sendDraft(set: Do, draft: Draft): Promise<CloudResult<unknown>> {
  switch (draft.kind) {
    case 'create':
      return set('CreateSecurityPolicy', createQuery(draft.parameters, undefined), readDone);
    case 'update': {
      const query = { ...updateQuery(draft.id, draft.parameters), DryRun: 'true' };
      return set('UpdateSecurityPolicyAttribute', query, readDone);
    }
  }
}

function pageReader(get: Do): ReadPage {
  return ({ nextToken, until, onSend }) =>
    get(
      'ListSecurityPolicies',
      { MaxResults: PAGE_SIZE, ...(nextToken === undefined ? {} : { NextToken: nextToken }) },
      readPage,
      { until, onSend },
    );
}

function idsReader(get: Do): ReadIds {
  return async (ids) => {
    const parameters = { MaxResults: PAGE_SIZE, ...flatStrings('SecurityPolicyIds', ids) };
    const page = await get('ListSecurityPolicies', parameters, readPage);
    return page.kind === 'ok' ? { kind: 'ok', value: page.value.policies } : page;
  };
}
