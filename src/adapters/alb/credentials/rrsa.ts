/**
 * RAM Roles for Service Accounts: the token of a ServiceAccount is exchanged for session keys of a role
 * (sts:AssumeRoleWithOIDC, which is not signed).
 * @module
 */
import type { Clock, Millis } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { Credentials } from '../credentials.ts';
import type { Endpoints } from '../endpoints.ts';
import { type Answer, kindOf, retryAfterOf, safeCode } from '../errors.ts';
import type { Exchange, HttpAnswer } from '../exchange.ts';
import { mask } from '../mask.ts';
import { signatureDate } from '../sign.ts';
import { readBody, readRefusal } from '../wire.ts';
import { objectIn, readSession } from './keys.ts';
import { type SessionResult, sessionCredentials } from './session.ts';

/** Which role is assumed, and with whose token. */
export interface RrsaRole {
  /** `acs:ram::ACCOUNT:role/NAME`. */
  readonly roleArn: string;
  /** `acs:ram::ACCOUNT:oidc-provider/NAME`, the cluster's. */
  readonly oidcProviderArn: string;
  /** Path of the projected token; kubelet replaces the file before the token ends. */
  readonly tokenFile: string;
}

/** What keys of a role are fetched with. */
export interface RrsaOptions extends RrsaRole {
  /** Names the session in the cloud's audit log; made legal by `sessionNameOf`. */
  readonly sessionName: string;
  /** How long the keys shall live, in seconds: 900 to the role's maximum (3600 unless it was raised). Default 3600. */
  readonly durationSeconds?: number;
  readonly endpoints: Pick<Endpoints, 'sts'>;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly log: Log;
  readonly userAgent: string;
  /** Aborts what is under way at shutdown. */
  readonly signal: AbortSignal;
  /** Reads a text file; may reject. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Names of the variables that Alibaba Cloud's pod-identity webhook sets. */
const VARIABLES = {
  roleArn: 'ALIBABA_CLOUD_ROLE_ARN',
  oidcProviderArn: 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  tokenFile: 'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
} as const;

/** Where the webhook mounts the token. */
export const RRSA_TOKEN_FILE = '/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token';

/** The role that the webhook's variables name, or which of them is missing. */
export type RrsaEnvironment =
  | { readonly kind: 'ok'; readonly role: RrsaRole }
  | { readonly kind: 'missing'; readonly variables: readonly string[]; readonly message: string };

/** Reads the variables that the webhook sets into each pod of an enabled ServiceAccount. */
export function rrsaFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): RrsaEnvironment {
  const textOf = (name: string): string => environment[name]?.trim() ?? '';
  const variables = Object.values(VARIABLES).filter((name) => textOf(name) === '');
  if (variables.length > 0) {
    const message = `No role can be assumed: ${variables.join(', ')} ${variables.length === 1 ? 'is' : 'are'} missing or empty. The pod-identity webhook sets them when the pod is made: check its label and the annotation of its ServiceAccount`;
    return { kind: 'missing', variables, message };
  }
  const role = {
    roleArn: textOf(VARIABLES.roleArn),
    oidcProviderArn: textOf(VARIABLES.oidcProviderArn),
    tokenFile: textOf(VARIABLES.tokenFile),
  };
  return { kind: 'ok', role };
}

/** Path of the token: the webhook's variable, else the webhook's default. */
export function rrsaTokenFile(environment: Readonly<Record<string, string | undefined>>): string {
  return environment[VARIABLES.tokenFile]?.trim() || RRSA_TOKEN_FILE;
}

/** STS takes 2 to 64 letters, digits and `.@-_` (API page of AssumeRoleWithOIDC). */
const LONGEST_NAME = 64;
const SHORTEST_NAME = 2;

/** A legal RoleSessionName: other characters become `-`, what is too long is cut, what is too short is filled up. */
export function sessionNameOf(text: string): string {
  const legal = text.replace(/[^A-Za-z0-9.@_-]/g, '-').slice(0, LONGEST_NAME);
  return legal.length >= SHORTEST_NAME ? legal : `albsp-${legal}`;
}

/** Default of STS, and the least that a role's maximum can be. */
const DEFAULT_DURATION = 3600;
/** Characters that STS takes as a token (API page). */
const TOKEN_LENGTH = { least: 4, most: 20_000 } as const;
/** A JWT, as far as a form body cares: printable ASCII without spaces. */
const TOKEN = /^[\x21-\x7e]+$/;
/** Parts of a token that are shorter are no secrets. */
const SHORTEST_PART = 16;
/** Of the cloud's text, so much is repeated: what to check shall not be cut off. */
const LONGEST_TEXT = 160;

/** What to check, by the beginning of STS's code in lower case; the first that fits. */
const ADVICE: readonly (readonly [string, string])[] = [
  [
    'authenticationfail.nopermission',
    'the trust policy of the role must name this OIDC provider, oidc:aud sts.aliyuncs.com and oidc:sub system:serviceaccount:NAMESPACE:NAME of this pod',
  ],
  [
    'authenticationfail.oidctoken.audiencenotmatch',
    'the audience of the projected token, and a client id of the OIDC provider, must be sts.aliyuncs.com',
  ],
  ['authenticationfail.oidctoken.expired', 'is the token file still renewed, and is the clock right?'],
  [
    'authenticationfail.oidctoken',
    'the issuer of the OIDC provider must be the issuer of this cluster, and STS must reach its keys',
  ],
  ['invalidparameter.durationseconds', 'the maximum session duration of the role is shorter than asked for'],
  ['invalidtimestamp', 'the clock of the node is off by over 15 minutes'],
];
const GENERAL_ADVICE = 'the ARNs of the role and of the OIDC provider, and the trust policy of the role';

/** Keys of a role that the token of a ServiceAccount may assume. Never falls through to another provider. */
export function rrsaCredentials(options: RrsaOptions): Credentials {
  const { clock, log, roleArn } = options;
  const subject = `the RAM role ${roleArn}`;
  return sessionCredentials({ subject, fetch: (until) => assume(options, until), clock, log });
}

type TokenRead =
  | { readonly kind: 'ok'; readonly token: string }
  | { readonly kind: 'error'; readonly error: SessionResult };

function failure(code: string, message: string): SessionResult {
  return { kind: 'error', code, message };
}

async function readToken({ readFile, tokenFile }: RrsaOptions): Promise<TokenRead> {
  const bad = (code: string, rule: string): TokenRead => ({
    kind: 'error',
    error: failure(code, `The token of the ServiceAccount in ${tokenFile} ${rule}`),
  });
  let token: string;
  try {
    token = (await readFile(tokenFile)).trim();
  } catch (error) {
    // The text of the error is not repeated: nobody knows what a reader puts into it.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    return bad('TokenUnreadable', `cannot be read (${safeCode(code, [])}): is it mounted?`);
  }
  if (token.length < TOKEN_LENGTH.least || token.length > TOKEN_LENGTH.most)
    return bad('TokenMalformed', `has ${token.length} characters: STS takes 4 to 20,000`);
  if (!TOKEN.test(token))
    return bad('TokenMalformed', 'holds a space, a control or a non-ASCII character: is it a token?');
  return { kind: 'ok', token };
}

async function assume(options: RrsaOptions, until: Millis): Promise<SessionResult> {
  const { clock } = options;
  const endpoint = options.endpoints.sts();
  if (endpoint.kind === 'error') return failure('InvalidEndpoint', endpoint.message);
  const read = await readToken(options);
  if (read.kind === 'error') return read.error;
  const first = await send(options, { origin: endpoint.origin, ...read }, clock.now(), until);
  const theirs = timeRefused(first);
  const answer =
    theirs === undefined || clock.monotonic() >= until
      ? first
      : await send(options, { origin: endpoint.origin, ...read }, theirs, until);
  return resultOf(answer, options, { token: read.token, now: clock.now() });
}

function send(
  options: RrsaOptions,
  { origin, token }: { readonly origin: string; readonly token: string },
  wall: Millis,
  until: Millis,
): Promise<HttpAnswer> {
  const query = new URLSearchParams({
    Action: 'AssumeRoleWithOIDC',
    Version: '2015-04-01',
    Format: 'JSON',
    Timestamp: signatureDate(wall),
  });
  const form = new URLSearchParams({
    OIDCProviderArn: options.oidcProviderArn,
    OIDCToken: token,
    RoleArn: options.roleArn,
    RoleSessionName: sessionNameOf(options.sessionName),
    DurationSeconds: String(options.durationSeconds ?? DEFAULT_DURATION),
  });
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': options.userAgent,
  };
  const deadline = Math.max(1, until - options.clock.monotonic());
  const url = `${origin}/?${query.toString()}`;
  return options.exchange({ method: 'POST', url, headers, body: form.toString(), deadline }, options.signal);
}

/** The cloud's time, when it refused ours and told its own. */
function timeRefused(answer: HttpAnswer): Millis | undefined {
  if (answer.kind !== 'answer') return undefined;
  const body = readBody(answer.text);
  const refusal = body === undefined ? undefined : readRefusal(body);
  if (refusal?.code.toLowerCase() !== 'invalidtimestamp.expired') return undefined;
  const theirs = Date.parse(answer.headers.date ?? '');
  return Number.isFinite(theirs) ? theirs : undefined;
}

function unavailable(roleArn: string, what: string, retryAfter?: Millis): SessionResult {
  const message = `STS did not give keys of the role ${roleArn}: ${what}`;
  return {
    kind: 'error',
    code: 'StsUnavailable',
    message,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

function resultOf(
  answer: HttpAnswer,
  options: RrsaOptions,
  { token, now }: { readonly token: string; readonly now: Millis },
): SessionResult {
  const { roleArn } = options;
  switch (answer.kind) {
    case 'answer':
      return read(answer, options, { token, now });
    case 'failed':
      return unavailable(roleArn, `no answer (${answer.reason})`);
    case 'tooLarge':
      return unavailable(roleArn, 'the answer was too large to be one');
    case 'withheld':
      return unavailable(roleArn, 'nothing was sent');
  }
}

function read(
  answer: Answer,
  { roleArn, durationSeconds = DEFAULT_DURATION }: RrsaOptions,
  { token, now }: { readonly token: string; readonly now: Millis },
): SessionResult {
  const body = readBody(answer.text);
  const refusal = body === undefined ? undefined : readRefusal(body);
  if (refusal !== undefined) return refused(answer, refusal, roleArn, { token, now });
  if (body === undefined || answer.status < 200 || answer.status > 299) {
    const what = `HTTP ${answer.status}, which is not an answer of the API`;
    return unavailable(roleArn, what, retryAfterOf(answer.headers, now));
  }
  const keys = objectIn(body, 'Credentials');
  const session =
    keys === undefined
      ? { kind: 'bad' as const, reason: 'Credentials is missing' }
      : readSession(keys, `rrsa ${roleArn}`, { headers: answer.headers, now });
  if (session.kind === 'ok') {
    const { credential, life } = session.value;
    return { kind: 'ok', session: { credential, life: Math.min(life, durationSeconds * 1000) } };
  }
  return failure(
    'TokenExchangeFailed',
    `STS answered for the role ${roleArn} with keys that cannot be used: ${session.reason}`,
  );
}

function refused(
  answer: Answer,
  refusal: { readonly code: string; readonly message: string },
  roleArn: string,
  { token, now }: { readonly token: string; readonly now: Millis },
): SessionResult {
  const secrets = [token, ...token.split('.').filter((part) => part.length >= SHORTEST_PART)];
  const code = safeCode(refusal.code, secrets);
  const text = mask(refusal.message, secrets).slice(0, LONGEST_TEXT).toWellFormed();
  const retryAfter = retryAfterOf(answer.headers, now);
  const kind = kindOf(answer.status, refusal.code);
  if (kind === 'throttled' || kind === 'busy' || kind === 'indeterminate')
    return unavailable(roleArn, `${code}: ${text}`, retryAfter);
  const lower = refusal.code.toLowerCase();
  const advice = ADVICE.find(([start]) => lower.startsWith(start))?.[1] ?? GENERAL_ADVICE;
  return failure(
    'TokenExchangeFailed',
    `STS refused to give keys of the role ${roleArn}: ${code}. Check: ${advice}. STS says: ${text}`,
  );
}
