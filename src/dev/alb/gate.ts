import { timingSafeEqual } from 'node:crypto';
import type { Clock, Millis } from '../../ports/clock.ts';
import type { AccessKey, KeyRing } from './keyring.ts';
import type { Refusal } from './outcome.ts';
import { signV1, stringToSignV1 } from './signature-v1.ts';
import { canonicalRequestV3, mustBeSigned, parseV3, sha256, signV3 } from './signature-v3.ts';
import { parameter, type WireRequest } from './wire.ts';

/** Whether a request is who it says it is. */
export type Admission =
  | { readonly kind: 'admitted'; readonly key: AccessKey }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly account: string };

/** What both signature versions say about a request. */
interface Claim {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly date: string | undefined;
  readonly nonce: string | undefined;
  /** The refusal of the signature by this secret; undefined for a good one. */
  readonly check: (secret: string) => Refusal | undefined;
}

/** Documented: a request's time may be this far from the cloud's. */
const LONGEST_SKEW: Millis = 15 * 60_000;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Checks signatures. Remembers the nonces of the time in which their requests would still be accepted. */
export class Gate {
  readonly #keys: KeyRing;
  readonly #clock: Clock;
  readonly #nonces = new Map<string, Millis>();

  constructor(keys: KeyRing, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Admits or refuses a request, by the V3 header if it has one, else by its V1 parameters. */
  admit(request: WireRequest): Admission {
    const authorization = request.headers.authorization;
    const claim = authorization?.startsWith('ACS3-') ? claimV3(request, authorization) : claimV1(request);
    if ('code' in claim) return { kind: 'refused', refusal: claim, account: '' };
    const key = this.#keys.find(claim.accessKeyId);
    if (key === undefined)
      return {
        kind: 'refused',
        refusal: refusal('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404),
        account: '',
      };
    const flaw =
      this.#checkKey(key, claim) ??
      this.#checkTime(claim) ??
      claim.check(key.secret) ??
      this.#checkNonce(key, claim);
    return flaw === undefined
      ? { kind: 'admitted', key }
      : { kind: 'refused', refusal: flaw, account: key.account };
  }

  #checkKey(key: AccessKey, claim: Claim): Refusal | undefined {
    if (key.active === false)
      return refusal('InvalidAccessKeyId.Inactive', 'Specified access key is disabled.');
    if (key.securityToken === undefined)
      return claim.securityToken === undefined
        ? undefined
        : refusal(
            'InvalidSecurityToken.MismatchWithAccessKey',
            'The security token is not of this access key.',
          );
    if (claim.securityToken === undefined)
      return refusal('MissingSecurityToken', 'SecurityToken is mandatory for this action.');
    if (claim.securityToken !== key.securityToken)
      return refusal('InvalidSecurityToken.Malformed', 'The security token is malformed.');
    if (key.expiresAt !== undefined && key.expiresAt <= this.#clock.now())
      return refusal('InvalidSecurityToken.Expired', 'The security token has expired.');
    return undefined;
  }

  #checkTime({ date }: Claim): Refusal | undefined {
    if (date === undefined || !DATE.test(date))
      return refusal('InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.');
    if (Math.abs(Date.parse(date) - this.#clock.now()) <= LONGEST_SKEW) return undefined;
    return refusal('InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
  }

  #checkNonce(key: AccessKey, { nonce }: Claim): Refusal | undefined {
    if (nonce === undefined || nonce === '')
      return refusal('MissingSignatureNonce', 'SignatureNonce is mandatory for this action.');
    const now = this.#clock.now();
    for (const [other, seen] of this.#nonces) {
      if (seen > now - 2 * LONGEST_SKEW) break;
      this.#nonces.delete(other);
    }
    const name = `${key.id} ${nonce}`;
    if (this.#nonces.has(name))
      return refusal('SignatureNonceUsed', 'Specified signature nonce was used already.');
    this.#nonces.set(name, now);
    return undefined;
  }
}

function refusal(code: string, message: string, status = 400): Refusal {
  return { status, code, message };
}

function equal(left: string, right: string): boolean {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function claimV3(request: WireRequest, header: string): Claim | Refusal {
  const authorization = parseV3(header);
  if (authorization === undefined)
    return refusal('IncompleteSignature', 'The Authorization header is malformed.');
  const { signedHeaders } = authorization;
  const unsigned = mustBeSigned(request).find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined) return refusal('IncompleteSignature', `The header ${unsigned} is not signed.`);
  const hash = request.headers['x-acs-content-sha256'];
  if (hash !== sha256(request.body))
    return refusal('InvalidContentSha256', 'The header x-acs-content-sha256 is not the hash of the body.');
  const canonical = canonicalRequestV3(request, signedHeaders);
  return {
    accessKeyId: authorization.accessKeyId,
    securityToken: request.headers['x-acs-security-token'],
    date: request.headers['x-acs-date'],
    nonce: request.headers['x-acs-signature-nonce'],
    // The real gateway repeats what it signed, session token and all, and so must this one: a client has to mask it.
    check: (secret) =>
      equal(signV3(canonical, secret), authorization.signature)
        ? undefined
        : refusal(
            'SignatureDoesNotMatch',
            `Specified signature is not matched with our calculation. server StringToSign is [ACS3-HMAC-SHA256\n${sha256(canonical)}] server CanonicalRequest is [${canonical}]`,
          ),
  };
}

function claimV1(request: WireRequest): Claim | Refusal {
  const accessKeyId = parameter(request, 'AccessKeyId');
  const signature = parameter(request, 'Signature');
  if (accessKeyId === undefined)
    return refusal('MissingAccessKeyId', 'AccessKeyId is mandatory for this action.');
  if (signature === undefined) return refusal('MissingSignature', 'Signature is mandatory for this action.');
  if (parameter(request, 'SignatureMethod') !== 'HMAC-SHA1')
    return refusal('InvalidSignatureMethod', 'Specified signature method is not valid.');
  const text = stringToSignV1(request);
  return {
    accessKeyId,
    securityToken: parameter(request, 'SecurityToken'),
    date: parameter(request, 'Timestamp'),
    nonce: parameter(request, 'SignatureNonce'),
    check: (secret) =>
      equal(signV1(text, secret), signature)
        ? undefined
        : refusal(
            'SignatureDoesNotMatch',
            `Specified signature is not matched with our calculation. server string to sign is:${text}`,
          ),
  };
}
