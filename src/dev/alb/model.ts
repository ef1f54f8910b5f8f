/**
 * The stand-in ALB as a pure state machine in virtual time: no I/O, no clock and no chance of its own. The HTTP server
 * puts it on a socket; a simulation calls it directly.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import { deleteSecurityPolicy, updateSecurityPolicyAttribute } from './change.ts';
import { Console } from './console.ts';
import { type Context, type Operation, unpredictable } from './context.ts';
import { createSecurityPolicy } from './creation.ts';
import { assumeRoleWithOidc, getCallerIdentity } from './identity.ts';
import { listAsynJobs } from './jobs.ts';
import { KeyRing } from './keyring.ts';
import { Ledger } from './ledger.ts';
import { listSecurityPolicies, listSecurityPolicyRelations, listSystemSecurityPolicies } from './listing.ts';
import { type AlbOptions, DEFAULT_OPTIONS } from './options.ts';
import { type Answer, type JsonObject, type Outcome, refused } from './outcome.ts';
import { bodyHash, type Parameters, text } from './parameters.ts';
import { listTagResources, moveResourceGroup, tagResources, unTagResources } from './tagging.ts';
import { throttle } from './throttle.ts';
import { World } from './world.ts';

/** Version of the ALB API. */
export const ALB_VERSION = '2020-06-16';
/** Version of the STS API. */
export const STS_VERSION = '2015-04-01';

/** A request whose signature has been checked. */
export interface AlbRequest {
  readonly action: string;
  readonly version: string;
  readonly region: string;
  readonly account: string;
  readonly parameters: Parameters;
  /** The User-Agent, for the ledger. */
  readonly instance?: string;
  /** The key it was signed with, for GetCallerIdentity and denied actions. */
  readonly accessKeyId?: string;
}

/** A policy as it really is, whatever lists show. */
export interface LivePolicy {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly tlsVersions: readonly string[];
  readonly ciphers: readonly string[];
  readonly resourceGroupId: string;
  readonly tags: Readonly<Record<string, string>>;
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [`${ALB_VERSION} CreateSecurityPolicy`, createSecurityPolicy],
  [`${ALB_VERSION} UpdateSecurityPolicyAttribute`, updateSecurityPolicyAttribute],
  [`${ALB_VERSION} DeleteSecurityPolicy`, deleteSecurityPolicy],
  [`${ALB_VERSION} ListSecurityPolicies`, listSecurityPolicies],
  [`${ALB_VERSION} ListSystemSecurityPolicies`, listSystemSecurityPolicies],
  [`${ALB_VERSION} ListSecurityPolicyRelations`, listSecurityPolicyRelations],
  [`${ALB_VERSION} ListAsynJobs`, listAsynJobs],
  [`${ALB_VERSION} TagResources`, tagResources],
  [`${ALB_VERSION} UnTagResources`, unTagResources],
  [`${ALB_VERSION} ListTagResources`, listTagResources],
  [`${ALB_VERSION} MoveResourceGroup`, moveResourceGroup],
  [`${STS_VERSION} GetCallerIdentity`, getCallerIdentity],
  [`${STS_VERSION} AssumeRoleWithOIDC`, assumeRoleWithOidc],
]);

/** The stand-in ALB. *Guarantees*: `call` is synchronous, never throws, and appends one ledger entry. */
export class AlbModel {
  readonly ledger = new Ledger();
  readonly keys = new KeyRing();
  /** What a person in the cloud console can do; it leaves no ledger entry. */
  readonly console: Console;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #worlds = new Map<string, World>();
  #options: AlbOptions;

  /** `options` are laid over the defaults. */
  constructor(options: Partial<AlbOptions>, clock: Clock, random: () => number) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.#clock = clock;
    this.#random = random;
    this.console = new Console((account, region) => this.context(account, region));
  }

  /** The switches in force. */
  get options(): AlbOptions {
    return this.#options;
  }

  /** Changes switches from now on. */
  configure(options: Partial<AlbOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Carries out a request. The ledger takes it as answered; `ledger.lose` says otherwise. */
  call(request: AlbRequest): Answer {
    const outcome = this.#perform(request);
    return this.#record(request, outcome);
  }

  /** Answers with a refusal of the caller's choice, and writes it down as any other answer. */
  refuse(request: AlbRequest, status: number, code: string, message: string): Answer {
    return this.#record(request, refused(status, code, message));
  }

  /** The policies that exist, of all worlds or of one account and region. */
  live(account?: string, region?: string): readonly LivePolicy[] {
    const found: LivePolicy[] = [];
    for (const world of this.#worlds.values()) {
      if (account !== undefined && world.account !== account) continue;
      if (region !== undefined && world.region !== region) continue;
      for (const { id, current } of world.policies.values()) {
        if (current === undefined) continue;
        const { name, tlsVersions, ciphers, resourceGroupId, tags } = current;
        const where = { id, account: world.account, region: world.region };
        found.push({ ...where, name, tlsVersions, ciphers, resourceGroupId, tags });
      }
    }
    return found;
  }

  /** What operations of one account and region see now. */
  context(account: string, region: string, accessKeyId?: string): Context {
    const name = `${account} ${region}`;
    const world = this.#worlds.get(name) ?? new World(account, region);
    this.#worlds.set(name, world);
    const [now, wall] = [this.#clock.monotonic(), this.#clock.now()];
    return { world, options: this.#options, now, wall, random: this.#random, keys: this.keys, accessKeyId };
  }

  #perform(request: AlbRequest): Outcome {
    const operation = OPERATIONS.get(`${request.version} ${request.action}`);
    if (operation === undefined)
      return refused(
        404,
        'InvalidAction.NotFound',
        'Specified api is not found, please check your url and method.',
      );
    const context = this.context(request.account, request.region, request.accessKeyId);
    const key = request.accessKeyId === undefined ? undefined : this.keys.find(request.accessKeyId);
    if (key?.denied?.includes(request.action) === true)
      return refused(403, 'NoPermission', `You are not authorized to do this action: alb:${request.action}.`);
    return throttle(context, request.action) ?? operation(context, request.parameters);
  }

  #record(request: AlbRequest, outcome: Outcome): Answer {
    const RequestId = unpredictable(this.#random, 32).toUpperCase();
    const answer = answered(outcome, RequestId);
    const clientToken = text(request.parameters, 'ClientToken');
    const commit = outcome.kind === 'done' ? outcome.commit : undefined;
    const sequence = this.ledger.append({
      at: this.#clock.now(),
      action: request.action,
      account: request.account,
      region: request.region,
      ...(clientToken === undefined ? {} : { clientToken }),
      bodyHash: bodyHash(request.parameters),
      parameters: request.parameters,
      committed: commit !== undefined,
      ...(commit === undefined ? {} : { id: commit.id }),
      answered: true,
      status: answer.status,
      ...(outcome.kind === 'refused' ? { code: outcome.refusal.code } : {}),
      ...(request.instance === undefined ? {} : { instance: request.instance }),
    });
    return { ...answer, sequence };
  }
}

function answered(outcome: Outcome, RequestId: string): Omit<Answer, 'sequence'> {
  switch (outcome.kind) {
    case 'done':
      return { status: 200, body: { RequestId, ...outcome.body }, headers: {} };
    case 'refused': {
      const { status, code, message, headers } = outcome.refusal;
      const body: JsonObject = { RequestId, Code: code, Message: message, HostId: 'alb.aliyuncs.com' };
      return { status, body, headers: headers ?? {} };
    }
  }
}
