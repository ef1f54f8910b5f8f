/**
 * What to do after a failed call: one table from HTTP status and code to a kind.
 * Codes are compared without case, because the family writes `ResourceNotFound.securitypolicy` as well.
 * @module
 */
import type { Millis } from '../../ports/clock.ts';
import type { CloudError, CloudErrorKind } from '../../ports/cloud.ts';
import type { HttpAnswer } from './exchange.ts';
import { mask } from './mask.ts';

/** An HTTP answer with a status, headers and a body. */
export type Answer = Extract<HttpAnswer, { kind: 'answer' }>;

interface Row {
  /** `4xx` also stands for a code in the body of a 200; a number is that status only. */
  readonly status?: number;
  /** In lower case. A trailing `*` is a prefix; else the code itself, or the code and a dot. */
  readonly code: string;
  readonly kind: CloudErrorKind;
}

/**
 * The first row that fits decides. `page` is the API page of the operation, `gateway` the common error codes of the
 * API gateway, `family` what NLB documents and ALB is known to share, `terraform` what Alibaba's provider retries.
 */
const ROWS: readonly Row[] = [
  // gateway: limits of user and API; terraform: Rejected.Throttling.
  { code: 'throttling', kind: 'throttled' },
  { code: 'rejected.throttling', kind: 'throttled' },
  { status: 429, code: '*', kind: 'throttled' },
  // page (Update, Delete): the policy is Configuring; terraform retries the like of load balancers.
  { code: 'incorrectstatus', kind: 'busy' },
  { code: 'incorrectbusinessstatus', kind: 'busy' },
  // family: NLB has ResourceInConfiguring.Listener; nothing of ALB names it, but it can only mean "later".
  { code: 'resourceinconfiguring', kind: 'busy' },
  // family and terraform: "System is busy, please try again later."
  { code: 'systembusy', kind: 'busy' },
  // terraform: the same token is being worked on.
  { code: 'idempotenceprocessing', kind: 'busy' },
  // terraform: retried on other ALB resources.
  { code: 'conflict.lock', kind: 'busy' },
  { code: 'lockfailed', kind: 'busy' },
  { code: 'operationconflict', kind: 'busy' },
  { code: 'operationfailed.resourcegroupstatuscheckfail', kind: 'busy' },
  { code: 'vipstatusnotsupport', kind: 'busy' },
  ...['-22001', '-21020', '-22031', '-21013', '-735'].map((code): Row => ({ code, kind: 'busy' })),
  // gateway: normally 500 and 503; with another status no more to be believed.
  { code: 'internalerror', kind: 'indeterminate' },
  { code: 'serviceunavailable', kind: 'indeterminate' },
  // gateway: this very request has arrived before, so a copy of it may have acted.
  { code: 'signaturenonceused', kind: 'indeterminate' },
  // family, and the idempotence pages of ECS and VPC: same token, other parameters.
  { code: 'idempotencesignaturemismatch', kind: 'tokenSpent' },
  { code: 'idempotentparametermismatch', kind: 'tokenSpent' },
  // page (Update, Delete, Relations, Tag, UnTag): only with 404; a 404 of another code names another thing.
  { status: 404, code: 'resourcenotfound.securitypolicy', kind: 'notFound' },
  // page (Delete).
  { code: 'resourceinuse', kind: 'inUse' },
  // page (Create): QuotaExceeded.SecurityPoliciesNum.
  { code: 'quotaexceeded', kind: 'exhausted' },
  // gateway: 400, 404 in some versions.
  { code: 'invalidaccesskeyid', kind: 'credentials' },
  { code: 'signaturedoesnotmatch', kind: 'credentials' },
  { code: 'incompletesignature', kind: 'credentials' },
  { code: 'invalidsignaturemethod', kind: 'credentials' },
  // gateway: the clocks differ by over 15 minutes, and signing by the cloud's did not help.
  { code: 'invalidtimestamp', kind: 'credentials' },
  // constants of public clients; status not documented.
  { code: 'invalidsecuritytoken', kind: 'credentials' },
  { code: 'missingsecuritytoken', kind: 'credentials' },
  // STS error codes of AssumeRoleWithOIDC.
  { code: 'authenticationfail', kind: 'credentials' },
  { status: 401, code: '*', kind: 'credentials' },
  // page: Forbidden.SecurityPolicy; gateway: Forbidden.RAM, NoPermission, Forbidden.RiskControl.
  { code: 'forbidden*', kind: 'denied' },
  { code: 'nopermission*', kind: 'denied' },
  { status: 403, code: '*', kind: 'denied' },
  // page (Create): a precheck that passed; to a call that was none it says "not created".
  { code: 'dryrunoperation', kind: 'refused' },
  // gateway: Missing{Param}, Invalid{Param}; family: IllegalParam.%s; page (Move): NotExist.ResourceGroup.
  { code: 'illegalparam*', kind: 'refused' },
  { code: 'missing*', kind: 'refused' },
  { code: 'invalid*', kind: 'refused' },
  { code: 'notexist', kind: 'refused' },
];

function fits(row: Row, status: number, code: string): boolean {
  if (row.status !== undefined && row.status !== status) return false;
  if (row.code.endsWith('*')) return code.startsWith(row.code.slice(0, -1));
  return code === row.code || code.startsWith(`${row.code}.`);
}

/**
 * The kind of a failed call. A 5xx, a redirect, a proxy's 407 and a 408 are `indeterminate` whatever their code;
 * an unknown code is `refused` on a 4xx and `indeterminate` on a 200, which says two things at once.
 */
export function kindOf(status: number, code: string): CloudErrorKind {
  const believable = (status >= 200 && status < 300) || (status >= 400 && status < 500);
  if (!believable || status === 407 || status === 408) return 'indeterminate';
  const lower = code.toLowerCase();
  const row = ROWS.find((candidate) => fits(candidate, status, lower));
  if (row !== undefined) return row.kind;
  return status < 300 ? 'indeterminate' : 'refused';
}

/** A code as the cloud writes them; anything else is not repeated. */
const CODE = /^[A-Za-z0-9-][A-Za-z0-9._-]{0,127}$/;

/** A cloud's code fit for status: masked, or `UnreadableCode`. */
export function safeCode(code: string, secrets: readonly string[]): string {
  return CODE.test(code) && mask(code, secrets) === code ? code : 'UnreadableCode';
}

/** No wait that a server asks for is followed beyond this: a wrong header must not stop an operator for days. */
const LONGEST_RETRY_AFTER: Millis = 3_600_000;

/**
 * How long the answer asks to wait, in milliseconds: `x-acs-retry-after` (ms), `TimeLeft` (ms) of the rate-limit
 * headers, then the standard `retry-after` (seconds, or a date compared with the wall time `now`).
 */
export function retryAfterOf(headers: Answer['headers'], now: Millis): Millis | undefined {
  const limits = `${headers['x-ratelimit-user-api'] ?? ''},${headers['x-ratelimit-user'] ?? ''}`;
  const standard = headers['retry-after'] ?? '';
  const candidates = [
    digits(headers['x-acs-retry-after']),
    digits(/\bTimeLeft:\s*(\d{1,15})\b/i.exec(limits)?.[1]),
    digits(standard, 1000),
    standard === '' || /^[\d\s]*$/.test(standard) ? undefined : Date.parse(standard) - now,
  ];
  const found = candidates.find((value) => value !== undefined && Number.isFinite(value));
  return found === undefined ? undefined : Math.min(Math.max(0, found), LONGEST_RETRY_AFTER);
}

function digits(text: string | undefined, scale = 1): number | undefined {
  const trimmed = text?.trim() ?? '';
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) * scale : undefined;
}

/** `usage 50/50` in the text of QuotaExceeded (API page of CreateSecurityPolicy). */
function usageOf(message: string): CloudError['usage'] {
  const found = /\busage\s+(\d{1,9})\s*\/\s*(\d{1,9})\b/i.exec(message);
  return found === null ? undefined : { used: Number(found[1]), limit: Number(found[2]) };
}

/** What to do about a refusal whose own text does not say it; codes in lower case, each also before a dot. */
const ADVICE: readonly (readonly [code: string, advice: string])[] = [
  [
    'invalidtimestamp.expired',
    "this machine's clock differs from the cloud's by over 15 minutes, or a proxy changes the date; set it right",
  ],
  ['invalidsecuritytoken', 'the session token has ended or is not of this key; give new session keys'],
];

function adviceOn(code: string): string {
  const lower = code.toLowerCase();
  const found = ADVICE.find(([start]) => lower === start || lower.startsWith(`${start}.`));
  return found === undefined ? '' : ` (${found[1]})`;
}

/** What a failed answer says of itself, from its body. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** The error of an answer that carries a code. `now` is wall time, for a `retry-after` that is a date. */
export function refusalError(
  answer: Answer,
  refusal: Refusal,
  context: { readonly secrets: readonly string[]; readonly now: Millis },
): CloudError {
  const kind = kindOf(answer.status, refusal.code);
  const retryAfter = retryAfterOf(answer.headers, context.now);
  const usage = kind === 'exhausted' ? usageOf(refusal.message) : undefined;
  return {
    kind,
    code: safeCode(refusal.code, context.secrets),
    message: mask(refusal.message, context.secrets) + adviceOn(refusal.code),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** An error of our own: there was no answer, or none that can be believed. */
export function ownError(
  kind: CloudErrorKind,
  code: string,
  message: string,
  retryAfter?: Millis,
): CloudError {
  return { kind, code, message, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** An error of our own for a request that never left: nothing has happened. */
export function unsentError(
  kind: CloudErrorKind,
  code: string,
  message: string,
  retryAfter?: Millis,
): CloudError {
  return { ...ownError(kind, code, message, retryAfter), unsent: true };
}

/** Keys that could not be had: their kind says whether it may pass (`...Unavailable`) or somebody must act. */
export function credentialError(code: string, message: string): CloudError {
  return unsentError(code.endsWith('Unavailable') ? 'indeterminate' : 'credentials', code, message);
}
