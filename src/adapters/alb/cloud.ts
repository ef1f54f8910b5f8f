/**
 * The cloud adapter: Alibaba Cloud's ALB API behind the port `Cloud`.
 * Read `cloud.ts` for the verbs, `call.ts` for one call, `inventory.ts` for what reads share.
 * @module
 */
import type { Clock, Millis } from '../../ports/clock.ts';
import type { Cloud, CloudError } from '../../ports/cloud.ts';
import type { Log } from '../../ports/log.ts';
import { type Buckets, createBuckets, type Rates } from './bucket.ts';
import { type Call, type CallRecord, createCall } from './call.ts';
import type { Credentials } from './credentials.ts';
import { type Endpoints, isRegion } from './endpoints.ts';
import { ownError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { createIdentity } from './identity.ts';
import { type AlbRegion, createRegion } from './region.ts';

/** What the adapter is made of. Time, chance and I/O come in here; the adapter reads nothing by itself. */
export interface CloudOptions {
  readonly credentials: Credentials;
  readonly endpoints: Endpoints;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly log: Log;
  /** A fresh text for each request, at least 128 random bits. */
  readonly nonce: () => string;
  readonly userAgent: string;
  /** Asked right before a mutating request is written: leader, and not read-only. By default always. */
  readonly mayWrite?: () => boolean;
  readonly onCall?: (record: CallRecord) => void;
  /** Of one process: give the same to every identity. By default own ones with `rates`. */
  readonly buckets?: Buckets;
  readonly rates?: Rates;
  /** Time that a call may take from its first byte, 10 s each by default. */
  readonly deadlines?: { readonly read?: Millis; readonly write?: Millis };
  /** How long `sight` gathers ids, 5 ms by default. */
  readonly gathering?: Millis;
  /** Aborts calls under way. */
  readonly signal?: AbortSignal;
}

/** The cloud of one identity. */
export interface AlbCloud extends Cloud {
  /** The ALB API of one region, by whatever credentials are configured at each call. */
  region(region: string): AlbRegion;
}

/** The longest that one call may take: the contract of `Cloud` allows 60 s for all. */
const DEADLINE: Millis = 10_000;

/** A region that does not exist: every call says so and no socket is opened. */
function noRegion(region: string, error: CloudError): AlbRegion {
  const refuse = async (): Promise<{ readonly kind: 'error'; readonly error: CloudError }> => ({
    kind: 'error',
    error,
  });
  return {
    region,
    endpoint: '',
    list: refuse,
    sight: refuse,
    relations: refuse,
    create: refuse,
    update: refuse,
    delete: refuse,
    tag: refuse,
    untag: refuse,
    move: refuse,
    precheck: refuse,
    subscribe: () => () => {},
  };
}

/** The cloud of one identity, wired. */
export function createCloud(options: CloudOptions): AlbCloud {
  const { clock, credentials, endpoints, log } = options;
  /** The regions by the credentials of `source`; without one, by any. */
  const anyone = new Map<string, AlbRegion>();
  let mine: { readonly source: string; readonly regions: Map<string, AlbRegion> } | undefined;
  const call: Call = createCall({
    ...options,
    credentials: {
      current: () => credentials.current(),
      refused(credential) {
        identity.doubt(credential.source);
        credentials.refused(credential);
      },
    },
    mayWrite: options.mayWrite ?? (() => true),
    onCall: options.onCall ?? (() => {}),
    buckets: options.buckets ?? createBuckets(clock, options.rates),
    account: () => identity.known(),
    deadlines: { read: options.deadlines?.read ?? DEADLINE, write: options.deadlines?.write ?? DEADLINE },
    signal: options.signal ?? new AbortController().signal,
  });
  const identity = createIdentity(call, credentials, endpoints);

  function make(region: string, source: string | undefined): AlbRegion {
    const endpoint = endpoints.alb(region);
    if (endpoint.kind === 'error') {
      const code = isRegion(region) ? 'InvalidEndpoint' : 'InvalidRegion';
      return noRegion(region, ownError('refused', code, endpoint.message));
    }
    const gathering = options.gathering === undefined ? {} : { gathering: options.gathering };
    return createRegion({ region, endpoint: endpoint.origin, source, call, clock, log, ...gathering });
  }

  function regionIn(regions: Map<string, AlbRegion>, region: string, source: string | undefined): AlbRegion {
    const known = regions.get(region);
    if (known !== undefined) return known;
    const made = make(region, source);
    // A text that is no region is not kept, so that nonsense in specs cannot fill memory.
    if (isRegion(region)) regions.set(region, made);
    return made;
  }

  /** The regions of these credentials; what others saw is dropped with them. */
  function regionsOf(source: string): Map<string, AlbRegion> {
    if (mine?.source !== source) mine = { source, regions: new Map() };
    return mine.regions;
  }

  return {
    async account() {
      const known = await identity.account();
      if (known.kind === 'error') return known;
      const { accountId, arn, source } = known.value;
      const regions = regionsOf(source);
      return {
        kind: 'ok',
        value: { accountId, arn, region: (region) => regionIn(regions, region, source) },
      };
    },
    region: (region) => regionIn(anyone, region, undefined),
  };
}
