/**
 * The RAM role of an ECS instance, from the metadata service of the node; version 2 of its protocol only.
 * @module
 */
import type { Clock, Millis } from '../../../ports/clock.ts';
import type { Log } from '../../../ports/log.ts';
import type { Credentials } from '../credentials.ts';
import { type EndpointResult, isLoopback } from '../endpoints.ts';
import { type Answer, safeCode } from '../errors.ts';
import type { Exchange, HttpAnswer, HttpRequest } from '../exchange.ts';
import { readBody, readRefusal } from '../wire.ts';
import { readSession } from './keys.ts';
import { type SessionResult, sessionCredentials } from './session.ts';

/** What keys of the node's role are fetched with. */
export interface EcsRamRoleOptions {
  /** The role; without it the one that the node has. */
  readonly roleName?: string;
  /** Scheme and host, as `checkMetadataEndpoint` gives them. Default `http://100.100.100.200`. */
  readonly endpoint?: string;
  /** Must allow plain HTTP to `endpoint`, and send it through no proxy. */
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly log: Log;
  readonly userAgent: string;
  /** Aborts what is under way at shutdown. */
  readonly signal: AbortSignal;
}

/** The metadata service, which answers on the node only (ECS documentation, instance metadata). */
export const METADATA_ENDPOINT = 'http://100.100.100.200';

/** The address of ECS, and link-local ones: they never leave the node's network. */
const ON_THE_NODE = /^(100\.100\.100\.200|169\.254(\.\d{1,3}){2})$/;

/**
 * Checks `--metadata-endpoint`: plain HTTP, as the service speaks it, to the address of ECS, a link-local one or
 * loopback. What answers there hands out keys, so no other host is asked.
 */
export function checkMetadataEndpoint(text: string): EndpointResult {
  const fail = (rule: string): EndpointResult => ({
    kind: 'error',
    message: `The metadata endpoint cannot be used: ${rule}`,
  });
  const url = URL.parse(text);
  if (url === null) return fail('it is not a URL');
  if (url.username !== '' || url.password !== '') return fail('it must not hold a user or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return fail('it must be a scheme and a host only');
  if (url.protocol !== 'http:') return fail('it must be http');
  if (!ON_THE_NODE.test(url.hostname) && !isLoopback(url.hostname))
    return fail('its host must be 100.100.100.200, link-local (169.254.x.x) or loopback');
  return { kind: 'ok', origin: url.origin };
}

const TOKEN_PATH = '/latest/api/token';
const CREDENTIALS_PATH = '/latest/meta-data/ram/security-credentials/';
/** A token is used at once and never again, so it lives as short as makes sense (1 s to 6 h are allowed). */
const TOKEN_SECONDS = 60;
/** Text that a header can carry, and no longer than a token is. */
const TOKEN = /^[\x21-\x7e]{1,1024}$/;
/** Names of RAM roles (RAM API, CreateRole). */
const ROLE = /^[A-Za-z0-9._-]{1,64}$/;

/** Keys of the node's RAM role. Never falls through to another provider, nor to version 1 of the protocol. */
export function ecsRamRoleCredentials(options: EcsRamRoleOptions): Credentials {
  const { clock, log, roleName } = options;
  const subject =
    roleName === undefined ? 'the RAM role of the node' : `the RAM role "${roleName}" of the node`;
  return sessionCredentials({ subject, fetch: (until) => fetchKeys(options, until), clock, log });
}

type Step<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'error'; readonly error: SessionResult };

function stop(code: string, message: string): { readonly kind: 'error'; readonly error: SessionResult } {
  return { kind: 'error', error: { kind: 'error', code, message } };
}

async function fetchKeys(options: EcsRamRoleOptions, until: Millis): Promise<SessionResult> {
  const token = await fetchToken(options, until);
  if (token.kind === 'error') return token.error;
  const role =
    options.roleName === undefined
      ? await discover(options, token.value, until)
      : ({ kind: 'ok', value: options.roleName } as const);
  if (role.kind === 'error') return role.error;
  if (!ROLE.test(role.value))
    return stop('InstanceRoleNotFound', 'The metadata service named a RAM role that is not a name').error;
  const answer = await get(options, `${CREDENTIALS_PATH}${role.value}`, token.value, until);
  if (answer.kind === 'error') return answer.error;
  return readKeys(answer.value, role.value, { token: token.value, now: options.clock.now() });
}

async function fetchToken(options: EcsRamRoleOptions, until: Millis): Promise<Step<string>> {
  const headers = { 'x-aliyun-ecs-metadata-token-ttl-seconds': String(TOKEN_SECONDS) };
  const answer = whole(await send(options, { method: 'PUT', path: TOKEN_PATH, headers }, until));
  if (answer.kind === 'error') return answer;
  const { status, text } = answer.value;
  if (status >= 500) return stop('MetadataUnavailable', `The metadata service answered HTTP ${status}`);
  if (status !== 200)
    return stop(
      'MetadataRefused',
      `The metadata service answered HTTP ${status} to the request for a token: is version 2 of it enabled on this node, and may pods reach it?`,
    );
  const token = text.trim();
  if (!TOKEN.test(token))
    return stop('MetadataUnavailable', 'The metadata service answered with a token that no header can carry');
  return { kind: 'ok', value: token };
}

async function discover(options: EcsRamRoleOptions, token: string, until: Millis): Promise<Step<string>> {
  const answer = await get(options, CREDENTIALS_PATH, token, until);
  if (answer.kind === 'error') return answer;
  const role = answer.value.text.trim();
  return role === '' ? noRole(undefined) : { kind: 'ok', value: role };
}

function noRole(roleName: string | undefined): { readonly kind: 'error'; readonly error: SessionResult } {
  const which = roleName === undefined ? 'no RAM role' : `no RAM role "${roleName}"`;
  return stop(
    'InstanceRoleNotFound',
    `The node has ${which}: attach it to the ECS instance, or choose other credentials`,
  );
}

/** Reads with the token; an answer other than 200 is an error. */
async function get(
  options: EcsRamRoleOptions,
  path: string,
  token: string,
  until: Millis,
): Promise<Step<Answer>> {
  const headers = { 'x-aliyun-ecs-metadata-token': token };
  const answer = whole(await send(options, { method: 'GET', path, headers }, until));
  if (answer.kind === 'error') return answer;
  const { status } = answer.value;
  if (status === 200) return answer;
  if (status === 404) return noRole(options.roleName);
  if (status >= 500) return stop('MetadataUnavailable', `The metadata service answered HTTP ${status}`);
  return stop('MetadataRefused', `The metadata service answered HTTP ${status} to a request with its token`);
}

function send(
  options: EcsRamRoleOptions,
  { method, path, headers }: Pick<HttpRequest, 'method' | 'headers'> & { readonly path: string },
  until: Millis,
): Promise<HttpAnswer> {
  const url = `${options.endpoint ?? METADATA_ENDPOINT}${path}`;
  const deadline = Math.max(1, until - options.clock.monotonic());
  const all = { ...headers, 'user-agent': options.userAgent };
  return options.exchange({ method, url, headers: all, deadline }, options.signal);
}

function whole(answer: HttpAnswer): Step<Answer> {
  switch (answer.kind) {
    case 'answer':
      return { kind: 'ok', value: answer };
    case 'failed':
      return stop(
        'MetadataUnavailable',
        `The metadata service did not answer (${answer.reason}): is this an ECS instance, and may pods reach it?`,
      );
    case 'tooLarge':
      return stop('MetadataUnavailable', 'The answer of the metadata service was too large to be one');
    case 'withheld':
      return stop('MetadataUnavailable', 'Nothing was sent to the metadata service');
  }
}

function readKeys(
  { text, headers }: Answer,
  role: string,
  { token, now }: { readonly token: string; readonly now: Millis },
): SessionResult {
  const body = readBody(text);
  const code = body === undefined ? undefined : readRefusal(body)?.code;
  const bad = (what: string): SessionResult => ({
    kind: 'error',
    code: 'MetadataUnavailable',
    message: `The metadata service gave no keys of the RAM role "${role}": ${what}`,
  });
  if (body === undefined) return bad('its answer is not JSON');
  if (code !== 'Success') return bad(`its answer says ${safeCode(code ?? '', [token])}`);
  const session = readSession(body, `ecs-ram-role ${role}`, { headers, now });
  return session.kind === 'ok' ? { kind: 'ok', session: session.value } : bad(session.reason);
}
