/**
 * Where keys come from. One provider is one configuration: it never falls through to another one,
 * because a pod must not drift onto the rights of its node.
 * @module
 */

/** Keys to sign with. `source` names the configuration: equal for refreshed session keys of it, never secret. */
export interface Credential {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
  readonly source: string;
}

/** The answer of a provider; `message` is masked. */
export type CredentialResult =
  | { readonly kind: 'ok'; readonly credential: Credential }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** A provider of keys. *Guarantees*: never rejects; settles within 10 s; concurrent callers share one fetch. */
export interface Credentials {
  current(): Promise<CredentialResult>;
  /** The cloud refused these keys: forget them if they are still the current ones. */
  refused(credential: Credential): void;
}

/** Text that a header can carry: printable ASCII without spaces. */
const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** Keys from strings that a file or a variable holds; surrounding white space, such as a last newline, is dropped. */
export function credentialOf(
  source: string,
  fields: { readonly id: string | undefined; readonly secret: string | undefined; readonly token?: string },
  names: { readonly id: string; readonly secret: string; readonly token: string },
): CredentialResult {
  const id = fields.id?.trim() ?? '';
  const secret = fields.secret?.trim() ?? '';
  const token = fields.token?.trim() ?? '';
  const missing = id === '' ? names.id : secret === '' ? names.secret : undefined;
  if (missing !== undefined) {
    return {
      kind: 'error',
      code: 'CredentialMissing',
      message: `Cannot sign: ${missing} is missing or empty`,
    };
  }
  const bad = [
    [names.id, id],
    [names.secret, secret],
    [names.token, token],
  ].find(([, value]) => value !== '' && !HEADER_SAFE.test(value ?? ''));
  if (bad !== undefined) {
    const message = `Cannot sign: ${bad[0]} holds a space, a control or a non-ASCII character`;
    return { kind: 'error', code: 'CredentialMalformed', message };
  }
  const session = token === '' ? {} : { securityToken: token };
  return { kind: 'ok', credential: { accessKeyId: id, accessKeySecret: secret, ...session, source } };
}

/** Names of the variables that Alibaba Cloud's own tools read. */
const ENVIRONMENT_NAMES = {
  id: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
  secret: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  token: 'ALIBABA_CLOUD_SECURITY_TOKEN',
} as const;

/** Keys from environment variables, as `main` hands them in. They cannot change while the process lives. */
export function environmentCredentials(
  environment: Readonly<Record<string, string | undefined>>,
): Credentials {
  const token = environment[ENVIRONMENT_NAMES.token];
  const fields = {
    id: environment[ENVIRONMENT_NAMES.id],
    secret: environment[ENVIRONMENT_NAMES.secret],
    ...(token === undefined ? {} : { token }),
  };
  const result = credentialOf('environment', fields, ENVIRONMENT_NAMES);
  return { current: async () => result, refused: () => {} };
}
